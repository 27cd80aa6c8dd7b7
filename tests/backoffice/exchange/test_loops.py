from backoffice.exchange import loops
from tests.backoffice.exchange.conftest import reasons
from tests.library.models import Book

HEADER = "isbn,title,author,sequel_to_isbn"


def test_a_loop_inside_the_file_is_refused(plan, jane):
    made = plan(HEADER, "1,A,Jane,2", "2,B,Jane,3", "3,C,Jane,1", "4,D,Jane,1")
    assert reasons(made)[:3] == [
        (2, "sequel_to_isbn", "2 comes after this book."),
        (3, "sequel_to_isbn", "3 comes after this book."),
        (4, "sequel_to_isbn", "1 comes after this book."),
    ]
    assert reasons(made)[3:] == [(5, "sequel_to_isbn", "Line 2, which brings this one, is refused.")]


def test_loops_are_told_from_long_chains(plan, jane, monkeypatch):
    monkeypatch.setattr(loops, "ROUNDS", 0)
    monkeypatch.setattr(loops, "PAGE", 2)
    made = plan(
        HEADER,
        "1,A,Jane,2",
        "2,B,Jane,3",
        "3,C,Jane,2",
        "4,D,Jane,5",
        "5,E,Jane,6",
        "6,F,Jane,",
        "7,G,Jane,7",
    )
    assert [line for line, _column, reason in reasons(made) if "comes after" in reason] == [3, 4, 8]


def test_a_row_that_refers_to_itself_is_refused(plan, jane):
    assert reasons(plan(HEADER, "1,A,Jane,1")) == [(2, "sequel_to_isbn", "1 comes after this book.")]


def test_a_loop_through_stored_rows_is_refused(plan, emma):
    middle = Book.objects.create(title="Middle", isbn="2", author=emma.author, sequel_to=emma)
    Book.objects.create(title="End", isbn="3", author=emma.author, sequel_to=middle)
    assert reasons(plan("isbn,sequel_to_isbn", "1,3")) == [(2, "sequel_to_isbn", "3 comes after this book.")]


def test_a_chain_can_be_turned_round_in_one_file(plan, emma):
    Book.objects.create(title="Second", isbn="2", author=emma.author, sequel_to=emma)
    made = plan("isbn,sequel_to_isbn", "1,2", "2,")
    assert reasons(made) == []
    assert made.counts.updated == 2


def test_a_loop_that_arises_because_another_row_is_refused_is_refused_too(plan, emma):
    Book.objects.create(title="Second", isbn="2", author=emma.author, sequel_to=emma)
    made = plan("isbn,published,sequel_to_isbn", "1,,2", "2,never,")
    assert made.refused_lines == {2, 3}
