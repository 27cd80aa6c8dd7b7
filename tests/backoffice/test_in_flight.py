"""Somebody has written a row and not committed yet when an undo or a bulk action comes to it: theirs is not lost."""

import re

import pytest
from django.db import connection

from backoffice.operations import operation
from backoffice.operations.undo import trial, undo
from backoffice.saved_views import SavedView
from backoffice.sql import locks
from tests.backoffice.bulk.bulk_pages import answer, make_books, said, select_all, text
from tests.backoffice.deletion.deletion_pages import confirm, look
from tests.backoffice.deletion.deletion_pages import select as choose_to_delete
from tests.in_flight import in_flight
from tests.library.models import Author, Book

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer; MySQL's transactions here are alike"
    ),
]


def moved(books, author):
    with operation("reassign") as it:
        Book.objects.filter(pk__in=[book.pk for book in books]).update(author=author)
    return it.operation


def test_a_view_that_somebody_else_is_just_saving_is_asked_about_and_not_saved_twice(panel):
    def save():
        locks.take(SavedView)
        SavedView.objects.create(model="library.book", name="Mine")

    with in_flight(save):
        asked = panel.post("/admin/library/book/views/", {"name": "Mine", "query": "q=two", "shared": "on"})
    assert "Replace the view “Mine”" in text(asked)
    assert [view.query for view in SavedView.objects.all()] == [{}]


@pytest.mark.parametrize("touched", [False, True])
def test_an_undo_leaves_what_somebody_is_just_changing(ana, otto, touched):
    books = make_books(ana, 3)
    it = moved(books, otto)
    eve = Author.objects.create(name="Eve")
    if touched:
        Author.objects.create(name="Another")  # something was recorded since: the undo asks row by row
    with in_flight(lambda: Book.objects.filter(pk=books[0].pk).update(author=eve)):
        outcome = undo(it)
    assert (outcome.number, [row.reason for row in outcome.left]) == (
        2,
        ["Changed since by another operation"],
    )
    assert list(Book.objects.order_by("pk").values_list("author", flat=True)) == [eve.pk, ana.pk, ana.pk]


def test_an_undo_does_not_delete_what_somebody_is_just_changing(ana):
    with operation("add") as it:
        books = [Book.objects.create(title=title, author=ana) for title in "AB"]
    with in_flight(lambda: Book.objects.filter(pk=books[0].pk).update(title="Edited")):
        assert undo(it.operation).number == 1
    assert Book.objects.get().title == "Edited"


def test_a_look_at_an_undo_sees_what_somebody_is_just_writing(ana):
    book = Book.objects.create(title="One", author=ana, isbn="1")
    with operation("delete") as it:
        book.delete()
    with in_flight(lambda: Book.objects.create(title="Two", author=ana, isbn="1")):
        outcome = trial(it.operation)
    assert [row.reason for row in outcome.left] == ["The ISBN belongs to another row now"]


@pytest.mark.parametrize("page", ["add/", "{}/change/"])
def test_a_form_says_that_what_it_points_at_is_just_being_deleted(panel, ana, page):
    otto = Author.objects.create(name="Otto")
    book = Book.objects.create(title="One", author=ana)
    address = f"/admin/library/book/{page.format(book.pk)}"
    panel.get(address)
    typed = {"title": "Typed by hand", "author": otto.pk}
    with in_flight(otto.delete):
        answer = panel.post(address, typed)
    assert answer.status_code == 200
    assert "Select a valid choice" in text(answer)
    assert "Typed by hand" in answer.content.decode()
    assert "successfully" not in text(answer)
    assert list(Book.objects.values_list("title", "author")) == [("One", ana.pk)]


def test_putting_back_what_is_just_being_taken_says_so(panel, ana):
    book = Book.objects.create(title="One", author=ana, isbn="1")
    Book.objects.filter(pk=book.pk).update(isbn="2")
    version = Book.history_model.objects.filter(row=book.pk).order_by("pk").first()
    address = f"/admin/library/book/{book.pk}/history/?to={version.pk}&field=isbn"
    seen = re.search(r'name="seen" value="(\d+)"', panel.get(address).content.decode())[1]
    with in_flight(lambda: Book.objects.create(title="Two", author=ana, isbn="1")):
        answer = panel.post(address, {"seen": seen, "fields": "isbn", "reason": "Because"})
    assert "somebody changed something at that moment. Try again." in text(answer)
    assert 'value="Because"' in answer.content.decode()
    assert Book.objects.get(pk=book.pk).isbn == "2"


def test_a_deletion_that_somebody_else_is_just_doing_is_not_done_again(panel, ana):
    page = look(panel, ana)
    with in_flight(Author.objects.get(pk=ana.pk).delete):
        again = confirm(panel, page)
    assert "This author does not exist (any more)." in text(again)
    assert "Deleted" not in text(again)


def test_a_selection_that_somebody_else_is_just_deleting_is_not_deleted_again(panel, ana, otto):
    page = choose_to_delete(panel, ana, otto)
    with in_flight(Author.objects.all().delete):
        again = confirm(panel, page)
    assert "Nothing was deleted" in text(again)


def test_a_form_says_that_its_number_is_just_being_taken(panel, ana):
    with in_flight(lambda: Book.objects.create(title="Two", author=ana, isbn="1")):
        answer = panel.post("/admin/library/book/add/", {"title": "One", "author": ana.pk, "isbn": "1"})
    assert "This is taken already" in text(answer)
    assert Book.objects.get().title == "Two"


def test_a_large_bulk_action_is_not_done_over_what_somebody_is_just_changing(panel, ana, otto, small_limits):
    books = make_books(ana, 30)
    eve = Author.objects.create(name="Eve")
    page = answer(panel, select_all(panel), "preview", author=otto.pk)
    with in_flight(lambda: Book.objects.filter(pk=books[0].pk).update(author=eve)):
        again = answer(panel, page, "apply", author=otto.pk)
    assert "the selection is not what you looked at. 1 book has other values now: Book 0." in text(again)
    assert Book.objects.filter(author=eve).get() == books[0]
    assert said(answer(panel, again, "apply", author=otto.pk)) == ["Changed 30 books."]
