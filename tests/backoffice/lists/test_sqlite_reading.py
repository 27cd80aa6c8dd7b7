"""How SQLite reads a list of many rows: in the order's own index, a page at a time."""

import pytest
from django.db import connection
from django.db.models import F

from backoffice.admin.lists.keyset import read_page
from backoffice.admin.lists.order import Order
from backoffice.admin.lists.sqlite_reading import parents_first, row_by_row
from backoffice.search import matching
from tests.library.models import Author, Book

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite plans"),
]
BY_TITLE = Order(Book, ("title", "pk"))
BY_AUTHOR = Order.of(Book, ["author"])


@pytest.fixture(autouse=True)
def books():
    """Thirty books, of which SQLite thinks as of many."""
    jane, mary = Author.objects.bulk_create([Author(name="Jane"), Author(name="Mary")])
    Book.objects.bulk_create(
        Book(title=f"Title {number}", isbn=str(number), author=mary if number % 3 else jane)
        for number in range(30)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("UPDATE sqlite_stat1 SET stat = '100000 8 1 1'")
        cursor.execute("ANALYZE sqlite_master")
        yield
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("ANALYZE sqlite_master")


def plan(rows, order=BY_TITLE):
    return rows.order_by(*(F(path).asc() for path in order.paths)).values("pk")[:5].explain()


def test_rows_of_a_filter_are_met_in_the_order_of_the_list():
    rows = Book.objects.filter(author__in=Author.objects.filter(name="Jane"))
    assert "book_of_author" in plan(rows)
    one_by_one = row_by_row(rows, BY_TITLE)
    assert "book_by_title" in plan(one_by_one)
    assert "TEMP B-TREE" not in plan(one_by_one)
    assert set(one_by_one) == set(rows)


def test_what_is_searched_for_is_looked_up_in_the_text_of_each_row():
    rows = Book.objects.filter(matching("title 2"))
    assert "VIRTUAL TABLE" in plan(rows)
    assert "VIRTUAL TABLE" not in plan(row_by_row(rows, BY_TITLE))
    assert set(row_by_row(rows, BY_TITLE)) == set(rows)


def test_a_range_of_the_sorted_column_keeps_its_index():
    rows = row_by_row(Book.objects.filter(title__gte="Title 2", isbn__gte="2"), BY_TITLE)
    assert "title>?" in plan(rows)


def test_exact_matches_are_found_by_their_key_before_a_filter_is_asked():
    rows = row_by_row(Book.objects.filter(matching("title"), author__name="Jane")).filter(isbn="3")
    assert "isbn=?" in rows.explain()
    assert [book.title for book in rows] == ["Title 3"]


def test_a_list_sorted_by_a_parent_reads_the_parents_first():
    with_parents_first = Book.objects.filter(parents_first(BY_AUTHOR, BY_AUTHOR.paths, "default"))
    assert "library_book" in plan(Book.objects.all(), BY_AUTHOR).splitlines()[0]
    assert "library_author" in plan(with_parents_first, BY_AUTHOR).splitlines()[0]
    assert len(with_parents_first) == 30


def test_a_page_by_parent_holds_parents_without_a_name():
    Author.objects.filter(name="Jane").update(name="")
    first = read_page(Book.objects.all(), BY_AUTHOR, 3).rows
    assert {book.author.name for book in first} == {""}
