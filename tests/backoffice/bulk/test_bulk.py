"""Bulk actions, on Book: one that sets a relation, one that sets a date a constraint speaks of."""

import csv
import re
from html import unescape

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from backoffice import operations
from backoffice.admin.bulk import plan
from backoffice.models import Operation
from tests.backoffice.bulk.bulk_pages import (
    LATE,
    LIST,
    answer,
    authors,
    make_books,
    said,
    select,
    select_all,
    text,
)
from tests.library.actions import ReassignBooks
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

REASSIGN, WITHDRAW = f"{LIST}bulk/reassign/", f"{LIST}bulk/withdraw/"


@pytest.fixture
def books(ana):
    return make_books(ana, 3)


def test_the_form_says_how_many_are_selected(panel, books):
    assert "2 books are selected." in text(select(panel, *books[:2]))


def test_the_preview_says_what_would_change_and_changes_nothing(panel, books, ana, otto):
    Book.objects.filter(pk=books[2].pk).update(author=otto)
    page = answer(panel, select_all(panel), "preview", author=otto.pk)
    assert "3 books are selected. 1 is so already and stays as it is." in text(page)
    assert "Author from Ana to Otto: 2" in text(page)
    assert "Change 2 books" in text(page)
    assert authors() == ["Ana", "Ana", "Otto"]


def test_confirming_changes_exactly_what_was_previewed(panel, books, ana, otto):
    make_books(ana, 1)
    page = answer(panel, select(panel, *books), "preview", author=otto.pk)
    done = answer(panel, page, "apply", author=otto.pk)
    assert said(done) == ["Changed 3 books."]
    assert authors() == ["Ana", "Otto", "Otto", "Otto"]


def test_afterwards_the_list_is_there_with_its_filters(panel, books, otto):
    page = answer(panel, select_all(panel, "?q=book&o=1"), "preview", author=otto.pk)
    assert answer(panel, page, "apply", author=otto.pk)["Location"] == f"{LIST}?q=book&o=1"


def test_all_that_match_is_what_is_changed(panel, books, otto):
    page = answer(panel, select_all(panel, "?q=book+1"), "preview", author=otto.pk)
    answer(panel, page, "apply", author=otto.pk)
    assert authors() == ["Ana", "Ana", "Otto"]


def test_a_change_stands_in_the_log_as_one_line(panel, hr, books, otto):
    page = answer(panel, select(panel, *books), "preview", author=otto.pk)
    answer(panel, page, "apply", author=otto.pk)
    line = Operation.objects.first()
    assert (line.actor, line.kind, line.rows) == (hr, "reassign", {"library.Book": {"updated": 3}})


def test_groups_are_the_ten_largest_and_the_rest_as_a_number(panel, otto):
    for number in range(12):
        make_books(Author.objects.create(name=f"Author {number:02}"), 12 - number)
    page = text(answer(panel, select_all(panel), "preview", author=otto.pk))
    assert "Author from Author 00 to Otto: 12" in page
    assert "Author from Author 10 to Otto" not in page
    assert "Author from 2 other values: 3" in page


def test_the_sample_shows_twenty_and_can_be_searched(panel, ana, otto):
    make_books(ana, 30)
    selected = select_all(panel)
    assert text(answer(panel, selected, "preview", author=otto.pk)).count("Ana → Otto") == 20
    found = text(answer(panel, selected, "preview", author=otto.pk, sample_q="book 29"))
    assert found.count("Ana → Otto") == 1
    assert "Nothing that changes matches “nobody”." in text(
        answer(panel, selected, "preview", author=otto.pk, sample_q="nobody")
    )


# Who cannot be changed


def withdraw(panel, *rows, stage="preview", **answers):
    page = answer(panel, select(panel, *rows, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    return page if stage == "preview" else answer(panel, page, stage, withdrawn_on="2025-01-01", **answers)


def test_the_preview_says_who_cannot_be_changed_and_why(panel, books, late):
    page = text(withdraw(panel, *books, *late))
    assert "25 cannot be changed so." in page
    assert f"{LATE} (25)" in page
    assert "and 5 more" in page
    assert "Change 3 books" in page


def test_nothing_is_changed_when_one_cannot_be(panel, books, late):
    page = text(withdraw(panel, *books, late[0], stage="apply"))
    assert "Nothing was changed: 1 of them cannot be changed so." in page
    assert not Book.objects.filter(withdrawn_on__isnull=False).exists()


def test_the_ones_that_can_are_changed_when_that_is_wanted(panel, books, late):
    done = withdraw(panel, *books, *late, stage="apply_possible")
    assert said(done) == ["Changed 3 books. 25 of the selected were left as they are."]
    assert Book.objects.filter(withdrawn_on__isnull=False).count() == 3


def test_one_that_cannot_be_changed_is_told_of_as_one(panel, books, late):
    page = text(withdraw(panel, *books, late[0]))
    assert (
        "1 cannot be changed. Change the 3 that can be, all at once, and leave the other as it is; or" in page
    )
    assert "Change 3 books, leave 1 as it is" in page
    assert "Change 3 books, leave 2 as they are" in text(withdraw(panel, *books, *late[:2]))


def test_nothing_is_offered_when_none_can_be_changed(panel, late):
    page = withdraw(panel, *late)
    assert "There is nothing to change." in text(page)
    assert 'value="apply' not in page.content.decode()
    assert "there is nothing to change" in text(
        answer(panel, page, "apply_possible", withdrawn_on="2025-01-01")
    )


# Between preview and confirm


@pytest.fixture
def looked_at(panel, books, otto):
    return answer(panel, select_all(panel, "?q=book"), "preview", author=otto.pk)


def test_a_set_that_grew_is_shown_again(panel, looked_at, ana, otto):
    make_books(ana, 1)
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "the selection is not what you looked at. 1 book is new: Book 0." in page
    assert "There were 3 when you selected them." in page
    assert authors() == ["Ana"] * 4


def test_a_set_that_shrank_is_shown_again(panel, looked_at, books, otto):
    books[0].delete()
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "1 book is gone: Book 0." in page
    assert authors() == ["Ana"] * 2


def test_a_value_that_somebody_changed_is_shown_again(panel, looked_at, books, otto):
    Book.objects.filter(pk=books[0].pk).update(author=Author.objects.create(name="Eve"))
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "1 book has other values now: Book 0." in page
    assert "Author from Eve to Otto: 1" in page


def test_a_change_of_something_else_does_not_matter(panel, looked_at, books, otto):
    Book.objects.filter(pk=books[0].pk).update(title="Book, second edition")
    assert said(answer(panel, looked_at, "apply", author=otto.pk)) == ["Changed 3 books."]


def test_what_was_chosen_and_is_called_otherwise_now_is_shown_again(panel, looked_at, otto):
    Author.objects.filter(pk=otto.pk).update(name="Nobody")
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "Nothing was changed: it is not what you looked at. “Otto” is “Nobody” by now." in page
    assert "Author from Ana to Nobody: 3" in page
    assert authors() == ["Ana"] * 3


def test_other_answers_than_the_previewed_ones_are_shown_again(panel, looked_at, otto):
    eve = Author.objects.create(name="Eve")
    page = text(answer(panel, looked_at, "apply", author=eve.pk))
    assert "Nothing was changed" in page
    assert authors() == ["Ana"] * 3


def test_a_preview_that_was_looked_at_is_good_for_the_next_confirm(panel, looked_at, ana, otto):
    make_books(ana, 1)
    again = answer(panel, looked_at, "apply", author=otto.pk)
    assert said(answer(panel, again, "apply", author=otto.pk)) == ["Changed 4 books."]


def test_an_old_preview_is_made_again(panel, looked_at, otto, monkeypatch):
    monkeypatch.setattr(plan, "MAX_AGE", -1)
    assert "this preview is older than an hour" in text(answer(panel, looked_at, "apply", author=otto.pk))
    assert authors() == ["Ana"] * 3


def test_what_the_database_refuses_becomes_a_new_preview(panel, looked_at, otto, monkeypatch):
    def refuse(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(ReassignBooks, "apply", refuse)
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "Nothing was changed: somebody changed or deleted something" in page


def test_who_is_gone_is_named_also_when_deleted(panel, looked_at, books, ana, otto):
    books[0].delete()
    Book.objects.filter(pk=books[1].pk).update(title="Letters")
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "2 books are gone: Letters and Book 0." in page
    assert authors() == ["Ana"] * 2


def test_twenty_are_named_and_the_others_counted(panel, looked_at, ana, otto):
    make_books(ana, 23)
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "23 books are new: Book 0, Book 1," in page
    assert "Book 19 and 3 more." in page


def test_a_book_that_may_no_longer_be_seen_is_not_named(panel, looked_at, books, otto, monkeypatch):
    admin = site._registry[Book]
    monkeypatch.setattr(admin, "get_queryset", lambda request: Book.objects.exclude(pk=books[0].pk))
    page = text(answer(panel, looked_at, "apply", author=otto.pk))
    assert "1 book is gone: 1 more." not in page
    assert "1 book is gone." in page


# The reason


def test_the_reason_stands_in_the_log(panel, looked_at, otto):
    answer(panel, looked_at, "apply", author=otto.pk, operation_reason=" He wrote them.\x00 ")
    assert Operation.objects.first().reason == "He wrote them."


def test_a_reason_that_is_required_is_asked_for(panel, looked_at, otto, monkeypatch):
    monkeypatch.setattr(ReassignBooks, "reason_required", True)
    page = answer(panel, looked_at, "apply", author=otto.pk, operation_reason=" ")
    assert "Nothing was changed: say why, below, and confirm again." in text(page)
    assert authors() == ["Ana"] * 3
    done = answer(panel, page, "apply", author=otto.pk, operation_reason="Merged")
    assert said(done) == ["Changed 3 books."]


def test_a_reason_stays_in_its_box_when_the_preview_comes_back(panel, looked_at, ana, otto):
    make_books(ana, 1)
    page = answer(panel, looked_at, "apply", author=otto.pk, operation_reason="Merged")
    assert ">Merged</textarea>" in page.content.decode()


def test_a_search_in_the_sample_sends_the_reason_along(panel, looked_at, otto):
    html = looked_at.content.decode()
    assert re.search(r'<input type="search" name="sample_q"[^>]* form="bulk-confirm"', html)
    assert re.search(r'<form [^>]*id="bulk-confirm"', html)
    page = answer(panel, looked_at, "preview", author=otto.pk, sample_q="1", operation_reason="Merged")
    assert ">Merged</textarea>" in page.content.decode()


def test_a_reason_survives_the_choice_of_other_values(panel, looked_at, otto):
    page = answer(panel, looked_at, "edit", author=otto.pk, operation_reason="Merged & sold")
    assert '<input type="hidden" name="operation_reason" value="Merged &amp; sold">' in page.content.decode()


# A file of who cannot be changed


def download(panel, page, **answers):
    response = answer(panel, page, "refused", **answers)
    return list(csv.reader(response.getvalue().decode("utf-8-sig").splitlines()))


def test_the_refused_can_be_downloaded_with_their_reasons(panel, books, ana):
    Book.objects.create(title="=1+1", isbn="=2", author=ana, published_on="2030-01-01")
    page = answer(panel, select_all(panel, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    lines = download(panel, page, withdrawn_on="2025-01-01")
    assert lines[0] == ["ID", "ISBN", "Book", "Reason"]
    assert [line[1:] for line in lines[1:]] == [["'=2", "'=1+1", LATE]]
    assert not Book.objects.filter(withdrawn_on__isnull=False).exists()


def test_all_refused_of_a_large_set_can_be_downloaded(panel, ana, late, small_limits):
    make_books(ana, 30)
    page = answer(panel, select_all(panel, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    assert len(download(panel, page, withdrawn_on="2025-01-01")) == 1 + 25


def test_the_file_about_many_needs_somebody_who_has_just_shown_who_they_are(panel, ana, late, settings):
    make_books(ana, 5)
    page = answer(panel, select_all(panel, action="withdraw"), "preview", withdrawn_on="2025-01-01")
    settings.FRESH_ROWS, settings.FRESH_SECONDS = 10, 0
    asked = answer(panel, page, "refused", withdrawn_on="2025-01-01")
    assert (asked.status_code, "/account/reauthenticate/" in asked.url) == (302, True)


def test_the_file_needs_the_permission_of_the_action(panel, hr, late):
    page = withdraw(panel, *late)
    User.objects.filter(pk=hr.pk).update(is_superuser=False)
    assert answer(panel, page, "refused", withdrawn_on="2025-01-01").status_code == 403


@pytest.mark.parametrize("stage", ["preview", "apply", "refused"])
def test_a_preview_asks_as_much_for_5_rows_as_for_5000(panel, ana, otto, stage):
    def asked(count):
        Book.objects.all().delete()
        make_books(ana, count)
        page = select_all(panel, "?q=book", action="withdraw")
        if stage != "preview":
            page = answer(panel, page, "preview", withdrawn_on="2025-01-01")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = answer(panel, page, stage, withdrawn_on="2025-01-01")
            response.getvalue()
        assert response.status_code == (302 if stage == "apply" else 200)
        return [query["sql"][:80] for query in captured.captured_queries]

    asked(1)
    assert len(asked(5)) == len(asked(5000))


# Who may not, and what cannot be


def test_without_the_permission_there_is_no_action_and_no_page(client, books):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_book"))
    client.force_login(viewer)
    assert "reassign" not in client.get(LIST).content.decode()
    assert select(client, *books).status_code == 403
    assert client.get(REASSIGN).status_code == 403


def test_a_permission_lost_after_the_preview_is_missed(panel, hr, looked_at, otto):
    User.objects.filter(pk=hr.pk).update(is_superuser=False)
    assert answer(panel, looked_at, "apply", author=otto.pk).status_code == 403
    assert authors() == ["Ana"] * 3


def test_a_stranger_is_sent_to_the_login(client):
    assert client.get(REASSIGN)["Location"].startswith("/admin/login/")


def test_a_link_alone_changes_nothing(panel, books, otto):
    page = select(panel, *books)
    url = page.redirect_chain[-1][0]
    assert panel.get(f"{url}&stage=apply&author={otto.pk}").status_code == 200
    assert authors() == ["Ana"] * 3


def test_other_methods_are_refused(panel):
    assert panel.put(REASSIGN).status_code == 405


def test_an_unknown_action_is_not_found(panel):
    assert panel.get(f"{LIST}bulk/nothing/").status_code == 404


def test_a_forged_selection_is_refused(panel):
    assert panel.get(f"{REASSIGN}?selection=forged").status_code == 403


@pytest.mark.parametrize("forged", ["", "forged"])
def test_a_forged_plan_is_refused(panel, looked_at, otto, forged):
    assert answer(panel, looked_at, "apply", author=otto.pk, plan=forged).status_code == 403
    assert authors() == ["Ana"] * 3


def test_the_plan_of_another_action_is_refused(panel, looked_at):
    looked_at.wsgi_request.path = WITHDRAW
    assert answer(panel, looked_at, "apply", withdrawn_on="2025-01-01").status_code == 403


def test_nothing_selected_is_told_in_the_list(panel, books):
    page = select(panel)
    assert page.redirect_chain == [(LIST, 302)]
    assert "Nothing is selected. Tick some rows of the list first." in text(page)


def test_the_page_of_an_action_without_a_selection_leads_to_the_list(panel):
    page = panel.get(REASSIGN, follow=True)
    assert page.redirect_chain == [(LIST, 302)]
    assert "Nothing is selected." in text(page)


def test_an_answer_that_is_missing_is_asked_for_again(panel, books):
    page = answer(panel, select(panel, *books), "preview", author="")
    assert "This field is required." in text(page)
    assert "3 books are selected." in text(page)


def test_a_row_that_may_not_be_seen_cannot_be_chosen(panel, books, otto, monkeypatch):
    monkeypatch.setattr(
        site._registry[Author], "get_queryset", lambda request: Author.objects.exclude(pk=otto.pk)
    )
    page = answer(panel, select(panel, *books), "preview", author=otto.pk)
    assert "not one of the available choices" in text(page)


def test_rows_that_vanished_are_told(panel, books, otto):
    selected = select(panel, *books)
    Book.objects.all().delete()
    page = text(answer(panel, selected, "preview", author=otto.pk))
    assert "0 books are selected. There were 3 when you selected them." in page
    assert "There is nothing to change." in page


def test_a_selection_too_long_for_a_link_is_posted_on(panel, ana, otto):
    books = make_books(ana, 800)
    page = select(panel, *books, query="?o=1")
    assert page.redirect_chain == [(f"{REASSIGN}?o=1", 307)]
    assert "800 books are selected." in text(page)
    done = answer(panel, answer(panel, page, "preview", author=otto.pk), "apply", author=otto.pk)
    assert (said(done), done["Location"]) == (["Changed 800 books."], f"{LIST}?o=1")


def test_other_values_can_be_chosen_after_the_preview(panel, looked_at, otto):
    page = answer(panel, looked_at, "edit", author=otto.pk)
    assert f'<option value="{otto.pk}" selected>Otto</option>' in page.content.decode()


@pytest.mark.parametrize("stage", ["preview", "edit"])
def test_who_chooses_another_language_keeps_selection_values_and_the_way_back(panel, books, ana, otto, stage):
    form = select(panel, *books[:2], query=f"?author={ana.pk}")
    page = answer(panel, form, stage, author=otto.pk, operation_reason="Merger")
    [here] = re.findall(r'name="next" value="([^"]*)"', page.content.decode())
    there = panel.post("/account/language/", {"language": "de", "next": unescape(here)}, follow=True)
    assert there.context["form"]["author"].value() == str(otto.pk)
    assert (there.context["reason"], there.context["list_url"]) == ("Merger", f"{LIST}?author={ana.pk}")
    assert "2 books sind ausgewählt." in text(there)


def test_the_list_offers_its_actions_and_not_djangos_delete(panel, books):
    page = panel.get(LIST).content.decode()
    assert re.findall(r'<option value="(\w+)"', page)[:3] == ["reassign", "withdraw", "set_fields"]
    assert "delete_selected" not in page


def test_a_command_changes_rows_without_an_actor(books, otto):
    assert (
        operations.update(Book.objects.all(), {"author": otto}, actor=None, kind="merge", reason="Same") == 3
    )
    line = Operation.objects.first()
    assert (line.actor, line.actor_name, line.kind, line.reason) == (None, "", "merge", "Same")
