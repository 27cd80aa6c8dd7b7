"""What the columns of the library say about people; authors are the people."""

from backoffice.privacy import subjects
from backoffice.privacy.registry import Names, declare, internal, none, personal
from tests.library.models import Author

KEPT = "As long as the author writes"

declare(
    "library.Author",
    {
        "name": personal("To tell authors apart", KEPT, names=Names.OWN),
        "mentor": personal("Who taught them", KEPT),
        "search_text": personal("To find them", KEPT),
    },
)
declare(
    "library.Book",
    {
        **dict.fromkeys(("isbn", "published_on", "withdrawn_on", "sequel_to", "search_text"), none()),
        "title": internal(names=Names.TEXT),
        "author": personal("Who wrote it", KEPT),
    },
)
declare("library.Chapter", {"book": none(), "title": internal(names=Names.TEXT)})
declare(
    "library.Loan",
    {"book": none(), "borrower": personal("Who has the book", "Until it is back", names=Names.TEXT)},
)
declare("library.Readership", dict.fromkeys(("user", "author", "role"), personal("Who may read", KEPT)))

subjects.register(
    subjects.Subject(
        Author,
        due=lambda rows, before: rows.filter(name__startswith="Retired"),
        days="LEAVER_RETENTION_DAYS",
        since="name",
    )
)
