"""What each choice of a filter would leave."""

import pytest
from django.db.models import Q

from backoffice import tree
from backoffice.admin import counting
from backoffice.admin.lists.facets import count_each
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

CHOICES = [Q(title="A"), Q(title="B"), Q(title="C"), Q(pk__in=[])]


@pytest.fixture
def authors():
    """Ann with five books and her student Bea with one."""
    ann = Author.objects.create(name="Ann")
    bea = Author.objects.create(name="Bea", mentor=ann)
    Book.objects.bulk_create(Book(title=title, author=ann) for title in "AAABB")
    Book.objects.create(title="A", author=bea)
    return ann, bea


def counts(rows, *more):
    return [str(count) if count else None for count in count_each(rows, CHOICES, *more)]


def test_each_choice_is_counted_in_one_query(authors, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert counts(Book.objects.all()) == ["4", "2", "0", "0"]


def test_of_a_sub_tree_its_rows_are_counted(authors):
    keys = tree.descendants(Author, "mentor", [authors[1].pk])
    assert counts(Book.objects.all(), ("author_id", keys)) == ["1", "0", "0", "0"]


def test_of_more_rows_than_are_counted_it_is_said_how_many_there_are_at_least(authors, monkeypatch):
    monkeypatch.setattr(counting, "LIMIT", 5)
    assert counts(Book.objects.all()) == ["4+", "2+", None, None]


def test_where_nothing_is_nothing_is_left():
    assert counts(Book.objects.none()) == ["0", "0", "0", "0"]
