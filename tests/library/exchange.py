"""The files that a library brings."""

from backoffice import exchange
from backoffice.exchange import Column, Sheet
from tests.library.models import Author, Book

AUTHORS = exchange.register(Sheet(name="authors", model=Author, key="name", columns=[Column("name")]))

BOOKS = exchange.register(
    Sheet(
        name="books",
        model=Book,
        key="isbn",
        columns=[
            Column("isbn"),
            Column("title", loose=("heading",), never=("Chapter 1",)),
            Column("author", by="name", or_by=("name",), can_create=True),
            Column("sequel_to_isbn", "sequel_to", by="isbn", loop="%(target)s comes after this book."),
            Column("published_on", also=("published",)),
            Column("withdrawn_on"),
        ],
        ignored=["shelf"],
    )
)
