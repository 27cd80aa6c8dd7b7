"""The scope of the library: whoever looks after an author looks after their books, chapters and loans."""

from backoffice import access
from backoffice.access import permissions_of
from backoffice.models import Operation
from tests.library.models import Author, Book, Chapter, Loan, Readership

MODELS = (Author, Book, Chapter, Loan)
READING = frozenset().union(*(permissions_of(model, "view") for model in MODELS))
KEEPING = READING.union(*(permissions_of(model, "add", "change", "delete") for model in MODELS))
EXPORTING = permissions_of(Book, "export")
LOG = permissions_of(Operation, "view") | {"backoffice.undo_others", "backoffice.share_views"}

access.declare_role("reader", "Reader", READING)
access.declare_role("keeper", "Keeper", KEEPING | LOG | EXPORTING)
access.declare(
    access.Tree(
        Author,
        grants=Readership,
        root="author",
        paths={Book: "author", Chapter: "book__author", Loan: "book__author", Readership: "author"},
    )
)
