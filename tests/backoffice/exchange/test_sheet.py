import pytest

from backoffice.exchange import Column, FileError, Options, Sheet, sheets
from backoffice.exchange.cells import KEEP, reader
from backoffice.exchange.numbered import problems
from tests.library.exchange import BOOKS
from tests.library.models import Book
from tests.shapes.models import Part


def test_sheets_are_found_by_name():
    assert sheets()["books"] is BOOKS


@pytest.mark.parametrize(
    ("model", "names", "found"),
    [
        (Book, ["author", "title"], []),
        (Part, ["name"], ["E104"]),
        (Part, ["maker", "tester"], ["E104", "E105", "E105"]),
    ],
)
def test_a_sheet_of_rows_that_are_known_by_other_than_numbers_is_reported(model, names, found):
    sheet = Sheet("some", model, names[0], [Column(name) for name in names])
    assert [message.id.removeprefix("backoffice.") for message in problems(sheet)] == found


def test_headers_match_in_any_case_with_spaces_and_other_names():
    columns = BOOKS.match(["ISBN", "Sequel to ISBN", "published", "Shelf"])
    assert [column and column.name for column in columns] == ["isbn", "sequel_to", "published_on", None]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (["isbn", "price", ""], "Unknown column: “price”, “”. Known columns: isbn, title, author,"),
        (
            ["isbn", "published", "published_on"],
            "Two columns mean the same: “published”, “published_on”. Keep one.",
        ),
        (["title"], "The column isbn is missing: rows are found by it."),
    ],
)
def test_a_header_that_does_not_fit_is_refused(header, sentence):
    with pytest.raises(FileError) as error:
        BOOKS.match(header)
    assert str(error.value).startswith(sentence)


def test_an_empty_cell_empties_what_may_be_empty():
    assert reader(Book._meta.get_field("published_on"), Options())("") is None


def test_an_empty_cell_keeps_what_has_a_default():
    field = Book._meta.get_field("title").clone()
    field.default = "Untitled"
    assert reader(field, Options())("") is KEEP
