"""How many rows a search or a sub-tree finds."""

import pytest
from django.db import connection

from backoffice import tree
from backoffice.admin import counting
from backoffice.admin.lists import found, near
from backoffice.admin.lists.found import count_below, count_found, count_near
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def authors():
    """Ann, her three students, and three of each of those."""
    ann = Author.objects.create(name="Ann")
    students = [Author.objects.create(name=f"Bea {n}", mentor=ann) for n in range(3)]
    Author.objects.bulk_create(Author(name=f"Cid {n}", mentor=students[n % 3]) for n in range(9))
    Book.objects.bulk_create(Book(title=f"By {author}", author=author) for author in Author.objects.all())
    return ann, students


@pytest.fixture
def sampled(monkeypatch):
    """Even a small table is looked at first."""
    monkeypatch.setattr(found, "SMALL", 0)


def test_a_count_is_exact_up_to_the_limit_and_says_more_above(authors, monkeypatch):
    cids = Author.objects.filter(name__startswith="Cid")
    assert count_found(cids).size == (9, "exact")
    monkeypatch.setattr(counting, "LIMIT", 8)
    assert count_found(cids).size == (8, "more")


def test_nothing_is_found_where_nothing_can_be():
    assert count_found(Author.objects.filter(pk__in=[])).size == (0, "exact")
    keys = tree.descendants(Author, "mentor", [])
    assert count_below(Book.objects.all(), "author_id", keys).size == (0, "exact")


def test_a_sub_tree_is_counted_with_its_root_and_once(authors):
    ann, students = authors
    for root, number in ((ann, 13), (students[0], 4)):
        keys = tree.descendants(Author, "mentor", [root.pk, root.pk, 0])
        assert count_below(Book.objects.all(), "author_id", keys).size == (number, "exact")
        assert count_below(Author.objects.all(), "pk", keys).size == (number, "exact")
        cids = Book.objects.filter(title__startswith="By Cid")
        assert count_below(cids, "author_id", keys).size == (9 if root == ann else 3, "exact")


def test_plenty_is_seen_in_a_sample_and_not_counted(authors, sampled, monkeypatch):
    monkeypatch.setattr(found, "PLENTY", 5)
    cids = Author.objects.filter(name__startswith="Cid")
    postgres = connection.vendor == "postgresql"
    assert count_found(cids, cids).plenty is postgres
    assert count_found(cids, cids).size.kind == ("more" if postgres else "exact")


def test_what_is_not_plenty_in_a_sample_is_counted(authors, sampled):
    cids = Author.objects.filter(name__startswith="Cid")
    assert count_found(cids, cids) == ((9, "exact"), False)


@pytest.mark.parametrize(("far", "enough", "expected"), [(8, 2, (4, "more")), (8, 5, None), (20, 2, None)])
def test_what_no_index_finds_is_looked_for_among_the_first_rows(authors, monkeypatch, far, enough, expected):
    """Of 13 authors, four of the first eight are Cids; a table of no more than are looked at is counted as a whole."""
    monkeypatch.setattr(near, "FAR", far)
    monkeypatch.setattr(found, "A_PAGE", enough)
    monkeypatch.setattr(found, "table_estimate", lambda model, using: 13)
    counted = count_near(Author.objects.filter(name__startswith="Cid"))
    assert (counted and counted.size) == expected
