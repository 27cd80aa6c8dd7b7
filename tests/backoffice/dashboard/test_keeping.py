"""Figures of a large table are kept, are the same as those counted at the moment, and are written once."""

import datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.dashboard import keeping, sources
from backoffice.dashboard.models import KeptBoard, KeptFigures
from backoffice.models import Operation
from tests.access.conftest import make_author
from tests.library.dashboard import BOOKS
from tests.library.models import Author, Book, Loan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_row_is_many(monkeypatch):
    monkeypatch.setattr(keeping, "LIVE", 1)


@pytest.fixture
def library():
    make_author("Otto")
    Book.objects.update(published_on=timezone.localdate())
    make_author("Emma")


def later(**of):
    KeptBoard.objects.update(counted_at=timezone.now() - datetime.timedelta(**of))


def test_what_is_kept_is_what_is_counted_now(library):
    keeping.count(BOOKS)
    kept, live = sources.source_of(BOOKS), sources.Live(BOOKS)
    places = [0, *(entry.place for entry in live.below(0, 10))]
    assert sorted(kept.entries(places)) == sorted(live.entries(places))
    assert [entry.place for entry in kept.below(0, 10)] == [entry.place for entry in live.below(0, 10)]
    [everything] = kept.entries([0])
    assert (everything.size, everything.counts.total("published")) == (4, 2)


def test_only_what_changed_is_written(library):
    keeping.count(BOOKS)
    before = dict(KeptFigures.objects.values_list("place", "pk"))
    book = Book.objects.first()
    book.delete()
    keeping.count(BOOKS)
    after = dict(KeptFigures.objects.values_list("place", "pk"))
    assert {place for place in before if before[place] != after[place]} == {0, book.author_id}


def test_what_is_gone_is_forgotten(library):
    keeping.count(BOOKS)
    author = Book.objects.first().author
    key = author.pk
    Loan.objects.all().delete()
    author.delete()
    keeping.count(BOOKS)
    assert not KeptFigures.objects.filter(place=key).exists()


def test_it_is_counted_when_something_happened_but_at_most_every_minute(library):
    keeping.count(BOOKS)
    assert not keeping.is_due(BOOKS)
    later(minutes=2)
    assert not keeping.is_due(BOOKS)
    Book.objects.filter(loan=None).first().delete()
    assert keeping.is_due(BOOKS)
    keeping.count(BOOKS)
    Book.objects.filter(loan=None).first().delete()
    assert not keeping.is_due(BOOKS)


def test_it_is_counted_on_another_day_after_an_hour_and_when_asked_for(library):
    keeping.count(BOOKS)
    later(minutes=2)
    KeptBoard.objects.update(day="2001-01-31")
    assert keeping.is_due(BOOKS)
    keeping.count(BOOKS)
    later(hours=2)
    assert keeping.is_due(BOOKS)
    keeping.count(BOOKS)
    later(seconds=30)
    KeptBoard.objects.update(asked_at=timezone.now())
    assert keeping.is_due(BOOKS)


def test_two_workers_do_not_count_at_once(library):
    KeptBoard.objects.create(board="books", began_at=timezone.now())
    assert not keeping.count(BOOKS)
    KeptBoard.objects.update(began_at=timezone.now() - datetime.timedelta(hours=1))
    assert keeping.count(BOOKS)


def test_keys_are_kept_up_to_a_bound(library, monkeypatch):
    keeping.count(BOOKS)
    undated = Book.objects.filter(published_on=None).values_list("pk", flat=True)
    assert sorted(sources.kept_keys("books", "undated")) == sorted(undated)
    monkeypatch.setattr(keeping, "KEYS", 1)
    keeping.count(BOOKS)
    assert sources.kept_keys("books", "undated") is None


def test_the_command_counts_and_writes_no_operation(library, capsys):
    before = Operation.objects.count()
    call_command("count_figures")
    assert "Counted books" in capsys.readouterr().out
    assert Operation.objects.count() == before


def test_counting_takes_as_many_statements_for_many_rows(library, monkeypatch):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            list(keeping.counts.entries(BOOKS, timezone.localdate()))
        return len(captured)

    few = statements()
    Author.objects.bulk_create(Author(name=f"Author {number}") for number in range(30))
    Book.objects.bulk_create(Book(title="Book", author=author) for author in Author.objects.all())
    assert statements() == few
