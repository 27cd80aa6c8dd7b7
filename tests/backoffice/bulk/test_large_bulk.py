"""Bulk actions on selections that are too large to be looked at row by row before they are confirmed."""

import datetime

import pytest

from backoffice import admin
from backoffice.rules import Refusal
from tests.backoffice.bulk.bulk_pages import LATE, answer, authors, make_books, said, select_all, text
from tests.library.actions import WithdrawBooks
from tests.library.admin import BookAdmin
from tests.library.models import Author, Book, Chapter

pytestmark = pytest.mark.django_db


def test_a_large_set_is_previewed_by_a_sample(panel, ana, otto, small_limits):
    make_books(ana, 30)
    page = text(answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk))
    assert "10+ books are selected." in page
    assert "Author from Ana to Otto: 5" in page
    assert "Change 10+ books: all of them or none" in page


def test_a_large_set_is_looked_at_in_the_order_of_its_rows(panel, ana, otto, small_limits):
    """An index of the field that changes has first all rows with the same value."""
    ida = Author.objects.create(name="Ida")
    make_books(ana, 30)
    Book.objects.filter(title__in=["Book 10", "Book 11"]).update(author=ida)  # third and fourth by title
    page = text(answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk))
    assert "Only the first 5 of them were looked at; the others may change from other values, too." in page
    assert "Author from Ana to Otto: 3" in page
    assert "Author from Ida to Otto: 2" in page


def test_a_large_set_is_counted_exactly_when_asked(panel, ana, otto, small_limits):
    make_books(ana, 30)
    make_books(otto, 3)
    make_books(Author.objects.create(name="Ida"), 12)
    page = answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk)
    counted = text(answer(panel, page, "count", author=otto.pk))
    assert "45 books are selected. All of them were counted." in counted
    assert "3 are so already and stay as they are." in counted
    assert "Author from Ana to Otto: 30" in counted
    assert "Author from Ida to Otto: 12" in counted
    assert "Change 42 books: all of them or none" in counted
    assert "Count exactly" not in counted


def test_those_who_are_refused_are_not_counted_among_what_changes(panel, ana, late, small_limits):
    make_books(ana, 13)
    page = answer(panel, select_all(panel, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    counted = text(answer(panel, page, "count", withdrawn_on="2025-01-01"))
    assert "38 books are selected." in counted
    assert "25 cannot be changed so." in counted
    assert "Withdrawn on from – to Jan. 1, 2025: 13" in counted


def test_a_large_set_is_changed_whole(panel, ana, otto, small_limits):
    make_books(ana, 30)
    page = answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk)
    assert said(answer(panel, page, "apply", author=otto.pk)) == ["Changed 30 books."]


def test_who_has_left_a_large_set_is_named(panel, ana, otto, small_limits):
    books = make_books(ana, 30)
    page = answer(panel, select_all(panel, f"?author={ana.pk}"), "preview", author=otto.pk)
    Book.objects.filter(pk__in=[book.pk for book in books[:2]]).update(
        author=Author.objects.create(name="Ida")
    )
    books[2].delete()
    Author.objects.create(name="Eve").book_set.create(title="Of another")
    again = answer(panel, page, "apply", author=otto.pk)
    assert "the selection is not what you looked at. 3 books are gone: Book 0, Book 1 and Book 2." in text(
        again
    )
    assert said(answer(panel, again, "apply", author=otto.pk)) == ["Changed 27 books."]


def test_the_plan_for_one_large_set_is_not_good_for_another(panel, ana, otto, small_limits):
    make_books(ana, 30)
    make_books(otto, 30)
    some = answer(panel, select_all(panel, f"?author={ana.pk}"), "preview", author=otto.pk)
    all_of_them = answer(panel, select_all(panel), "preview", author=otto.pk)
    mixed = answer(panel, all_of_them, "apply", author=otto.pk, plan=some.context["plan"])
    assert "Nothing was changed: the selection is not what you looked at." in text(mixed)


def test_a_large_set_is_left_alone_when_one_of_it_cannot_be_changed(panel, ana, small_limits):
    make_books(ana, 30)
    make_books(ana, 1, published_on=datetime.date(2030, 1, 1))
    selected = select_all(panel, "?q=book", action="withdraw")
    page = answer(panel, selected, "preview", withdrawn_on="2025-01-01")
    assert "1 cannot be changed so." in text(page)
    refused = answer(panel, page, "apply", withdrawn_on="2025-01-01")
    assert "Nothing was changed: 1 of them cannot be changed so." in text(refused)
    done = answer(panel, refused, "apply_possible", withdrawn_on="2025-01-01")
    assert said(done) == ["Changed 30 books. 1 of the selected was left as it is."]


def test_more_than_can_be_looked_at_may_be_refused_and_left_out(panel, ana, late, small_limits):
    make_books(ana, 3)
    page = answer(panel, select_all(panel, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    assert f"{LATE} (25)" in text(page)
    assert "25 of them cannot be changed." in text(page)
    refused = answer(panel, page, "apply", withdrawn_on="2025-01-01")
    assert "Nothing was changed: 25 of them cannot be changed so." in text(refused)
    done = answer(panel, refused, "apply_possible", withdrawn_on="2025-01-01")
    assert said(done) == ["Changed 3 books. 25 of the selected were left as they are."]
    assert Book.objects.filter(withdrawn_on__isnull=False).count() == 3


def test_a_large_set_of_which_none_can_be_changed_is_left_alone(panel, late, small_limits):
    page = answer(panel, select_all(panel, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    assert "there is nothing to change" in text(
        answer(panel, page, "apply_possible", withdrawn_on="2025-01-01")
    )


def test_others_who_cannot_be_changed_than_could_not_are_shown_again(panel, ana, small_limits, monkeypatch):
    def refusals(self, rows, answers):
        yield Refusal(rows.filter(chapter__title="Lent"), "withdrawn_on", "Somebody reads it")

    monkeypatch.setattr(WithdrawBooks, "refusals", refusals)
    books = make_books(ana, 30)
    lent = Chapter.objects.create(title="Lent", book=books[3])
    page = answer(panel, select_all(panel, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    assert "1 cannot be changed so." in text(page)
    Chapter.objects.filter(pk=lent.pk).update(book=books[4])  # as many, and another one
    page = answer(panel, page, "apply_possible", withdrawn_on="2025-01-01")
    assert "the selection is not what you looked at. Here is what would happen now." in text(page)
    lent.delete()
    again = answer(panel, page, "apply_possible", withdrawn_on="2025-01-01")
    assert "1 could not be changed so when you looked, and 0 cannot now." in text(again)
    assert said(answer(panel, again, "apply", withdrawn_on="2025-01-01")) == ["Changed 30 books."]


def test_a_large_set_that_grew_is_shown_again(panel, ana, otto, small_limits):
    make_books(ana, 30)
    page = answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk)
    make_books(ana, 2)
    assert "2 books are new: Book 0 and Book 1." in text(answer(panel, page, "apply", author=otto.pk))
    assert set(authors()) == {"Ana"}


def test_a_large_set_that_grew_by_a_move_above_its_rows_is_shown_again(
    panel, ana, otto, small_limits, monkeypatch
):
    monkeypatch.setattr(BookAdmin, "list_filter", (("author", admin.tree_filter("mentor")),))
    make_books(ana, 30)
    ida = Author.objects.create(name="Ida")
    make_books(ida, 2)
    selected = select_all(panel, f"?author={ana.pk}&author__below=1")
    page = answer(panel, answer(panel, selected, "preview", author=otto.pk), "count", author=otto.pk)
    assert "30 books are selected. All of them were counted." in text(page)
    Author.objects.filter(pk=ida.pk).update(mentor=ana)
    again = answer(panel, page, "apply", author=otto.pk)
    assert "the selection is not what you looked at. 1 author has other values now." in text(again)
    assert said(answer(panel, again, "apply", author=otto.pk)) == ["Changed 32 books."]


def test_a_large_set_with_a_value_that_changed_is_shown_again(panel, ana, otto, small_limits):
    book = make_books(ana, 30)[7]
    page = answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk)
    Book.objects.filter(pk=book.pk).update(author=Author.objects.create(name="Eve"))
    assert "1 book has other values now: Book 7." in text(answer(panel, page, "apply", author=otto.pk))
    assert set(authors()) == {"Ana", "Eve"}


def test_a_large_set_does_not_mind_what_happens_to_other_rows(panel, ana, otto, small_limits):
    make_books(ana, 30)
    letters = Book.objects.create(title="Letters", author=ana)
    page = answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk)
    Book.objects.filter(pk=letters.pk).update(title="Poems")
    assert said(answer(panel, page, "apply", author=otto.pk)) == ["Changed 30 books."]
