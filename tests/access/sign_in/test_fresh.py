"""Before something grave one shows once more who one is."""

import datetime
import time

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.access.kept import CHANGES, keep
from backoffice.models import Operation
from backoffice.security.locks import housekeeping
from tests.access.sign_in.conftest import PASSWORD, code, sign_in, text
from tests.backoffice.bulk.bulk_pages import answer, make_books, select_all
from tests.library.models import Author, Book
from tests.scale.forms import posted_from

AGAIN = "/account/reauthenticate/"
LOG = "/admin/backoffice/operation/log.csv"


@pytest.fixture
def few(settings):
    """More than two rows are many."""
    settings.FRESH_ROWS = 2


@pytest.fixture
def stale(panel):
    """`hr`, who signed in long ago."""
    return panel


@pytest.fixture
def ada(db):
    return Author.objects.create(name="Ada")


def deletion(client, author):
    path = f"/admin/library/author/{author.pk}/delete/"
    context = client.get(path).context
    page = context["page"]
    return path, {**context["hidden"], "previewed": page.fingerprint, "typed": page.to_type}


def test_few_rows_go_without_asking(stale, ada, few):
    make_books(ada, 1)
    stale.post(*deletion(stale, ada))
    assert not Author.objects.exists()


def test_pieces_of_a_deletion_within_an_hour_are_a_whole(stale, ada, few):
    other = Author.objects.create(name="Bo")
    make_books(ada, 1)
    assert stale.post(*deletion(stale, ada))["Location"] == "/admin/library/author/"
    assert stale.post(*deletion(stale, other))["Location"].startswith(AGAIN)
    assert Author.objects.get() == other
    with housekeeping():
        Operation.objects.update(at=timezone.now() - datetime.timedelta(hours=2))
    stale.post(*deletion(stale, other))
    assert not Author.objects.exists()


def test_files_of_whatever_kind_within_an_hour_are_a_whole(stale, ada, few):
    Author.objects.create(name="Bo")
    first, second = (
        f"/admin/backoffice/operation/{operation.pk}/rows.csv" for operation in Operation.objects.all()
    )
    assert stale.get(first).status_code == stale.get(second).status_code == 200
    for file in (first, LOG):
        assert stale.get(file)["Location"].startswith(AGAIN)


def test_whoever_edits_one_by_one_is_not_asked(stale, ada, few):
    other = Author.objects.create(name="Bo")
    make_books(other, 1)
    stale.post(*deletion(stale, other))
    path = f"/admin/library/author/{ada.pk}/change/"
    for name in ("Ada One", "Ada Two", "Ada Three"):
        stale.post(path, posted_from(text(stale.get(path)), "name") | {"name": name})
        assert Author.objects.get().name == name


def test_many_rows_ask_and_what_was_posted_comes_back(stale, ada, few):
    make_books(ada, 3)
    path, post = deletion(stale, ada)
    asked = stale.post(path, post)
    assert asked["Location"] == f"{AGAIN}?next=%2Faccount%2Fgo-on%2F"
    assert Author.objects.exists()
    back = stale.post(AGAIN, {"password": PASSWORD, "next": "/account/go-on/"})
    assert back["Location"] == "/account/go-on/"
    page = stale.get("/account/go-on/")
    assert f'action="{path}"' in text(page)
    kept = dict(page.context["kept"][0].fields)
    assert kept == {name: str(value) for name, value in post.items()}
    assert "Deleted Ada and 3 books." in text(stale.post(path, kept, follow=True))


def test_what_was_posted_stays_in_its_page_where_there_is_no_room_for_it(stale, ada, few, monkeypatch):
    monkeypatch.setattr("backoffice.access.kept.MOST", 1)
    stale.post("/account/on-its-way/?to=/admin/library/author/add/&form=a", {"name": "Bo"})
    make_books(ada, 3)
    page = stale.post(*deletion(stale, ada))
    assert (page.status_code, 'name="previewed"' in text(page)) == (507, True)
    assert Author.objects.exists()


def test_a_wrong_password_changes_nothing(stale, ada, few):
    make_books(ada, 3)
    path, post = deletion(stale, ada)
    stale.post(path, post)
    stale.post(AGAIN, {"password": "wrong", "next": "/account/go-on/"})
    assert stale.post(path, post)["Location"].startswith(AGAIN)
    assert Author.objects.exists()


def test_whoever_has_just_signed_in_is_not_asked(client, hr, ada, few):
    sign_in(client)
    make_books(ada, 3)
    client.post(*deletion(client, ada))
    assert not Author.objects.exists()


def test_it_is_asked_again_when_the_minutes_are_over(client, hr, ada, few, monkeypatch):
    sign_in(client)
    make_books(ada, 3)
    path, post = deletion(client, ada)
    later = time.time() + 16 * 60
    monkeypatch.setattr("backoffice.access.fresh.time.time", lambda: later)
    assert client.post(path, post)["Location"].startswith(AGAIN)


def test_a_code_shows_it_as_well(stale, ada, few, hr, second_factor):
    make_books(ada, 3)
    path, post = deletion(stale, ada)
    stale.post(path, post)
    stale.post("/account/factors/reauthenticate/", {"code": code(), "next": "/account/go-on/"})
    stale.post(path, post)
    assert not Author.objects.exists()


def test_a_popup_asks_as_well(stale, ada, few):
    make_books(ada, 3)
    path, post = deletion(stale, ada)
    assert stale.post(path, {**post, "_popup": "1"})["Location"].startswith(AGAIN)


def test_a_bulk_action_on_many_rows_asks(stale, ada, few):
    bo = Author.objects.create(name="Bo")
    make_books(ada, 3)
    page = answer(stale, select_all(stale), "preview", author=bo.pk)
    asked = answer(stale, page, "apply", author=bo.pk)
    assert asked["Location"].startswith(AGAIN)
    assert Book.objects.filter(author=bo).count() == 0


def test_undoing_many_rows_asks(stale, ada, few, settings):
    make_books(ada, 3)
    Author.objects.filter(pk=ada.pk).delete()
    operation = Operation.objects.first()
    asked = stale.post(reverse("admin:backoffice_operation_undo", args=[operation.pk]))
    assert asked["Location"].startswith(AGAIN)


def test_what_is_kept_holds_no_password(rf, clerk):
    request = rf.post("/anything/", {"password1": "quite another sentence", "oldpassword": "x", "name": "y"})
    keep(request, clerk.pk)
    [(_gone, [kept])] = request.META[CHANGES]
    assert kept["post"] == "name=y"
