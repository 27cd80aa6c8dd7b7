"""The database keeps how many books an author has that are not withdrawn, in whatever way they are written."""

import datetime
import threading
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count

from backoffice.operations import guard
from backoffice.sql import tallies
from backoffice.sql.bulk_load import load_rows
from tests.library.models import Author, Book

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere rows are counted"),
]
TODAY = datetime.date(2026, 11, 29)


@pytest.fixture
def authors():
    return Author.objects.bulk_create(Author(name=name) for name in ("Ada", "Bo"))


def kept():
    return tallies.tallied(Book, Author.objects.values_list("pk", flat=True))


def counted():
    books = Book.objects.filter(withdrawn_on=None).order_by()
    return dict(books.values_list("author").annotate(Count("pk")))


def changes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM library_book_tally")
        return cursor.fetchone()[0]


def test_every_way_of_writing_counts(authors):
    ada, bo = authors
    Book.objects.bulk_create(Book(title=str(n), author=ada) for n in range(5))
    load_rows(Book, ["title", "author_id"], [["copied", bo.pk]] * 3)
    assert kept() == counted() == {ada.pk: 5, bo.pk: 3}
    book = Book.objects.get(title="0")
    book.title = "Another"
    book.save()
    Book.objects.get(title="1").delete()
    Book.objects.filter(title__in=["2", "3"]).update(author=bo)
    Book.objects.filter(title="4").update(withdrawn_on=TODAY)
    assert kept() == counted() == {ada.pk: 1, bo.pk: 5}
    with guard.writing(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM library_book WHERE title = 'copied'")
    assert kept() == counted() == {ada.pk: 1, bo.pk: 2}


def test_what_is_taken_back_does_not_count(authors):
    with transaction.atomic():
        Book.objects.create(title="Never", author=authors[0])
        transaction.set_rollback(True)
    assert kept() == {}


def test_a_migration_can_have_others_counted_and_go_back(authors):
    for title in ("Good", "Bad", "Bad"):
        Book.objects.create(title=title, author=authors[0])
    was, where = "withdrawn_on IS NULL", "title <> 'Bad'"
    change = tallies.ChangeTally("book", by="author", was=was, where=where)
    state = SimpleNamespace(apps=apps)
    for step, number in ((change.database_forwards, 1), (change.database_backwards, 5)):
        with connection.schema_editor() as editor:
            step("library", editor, state, state)
        Book.objects.create(title="Bad", author=authors[0])
        assert kept() == {authors[0].pk: number}


def test_many_changes_of_one_parent_become_one(authors):
    ada, bo = authors
    Book.objects.create(title="Of Bo", author=bo)
    for n in range(tallies.CROWDED + 5):
        Book.objects.create(title=str(n), author=ada)
    assert kept() == counted()
    assert changes() < 10


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_wait_for_each_other_and_both_count(authors):
    ada = authors[0]
    for n in range(tallies.CROWDED):
        Book.objects.create(title=str(n), author=ada)

    def another():
        Book.objects.create(title="At the same time", author=ada)
        connection.close()

    with transaction.atomic():
        Book.objects.create(title="The one that tidies up", author=ada)
        thread = threading.Thread(target=another)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    assert kept() == counted() == {ada.pk: tallies.CROWDED + 2}


@pytest.mark.django_db(transaction=True)
def test_the_migration_counts_what_is_there_and_can_go_back(authors):
    Book.objects.create(title="Before", author=authors[0])
    call_command("migrate", "library", "0006", verbosity=0)
    Book.objects.create(title="Meanwhile", author=authors[0])
    call_command("migrate", "library", verbosity=0)
    assert kept() == counted() == {authors[0].pk: 2}
