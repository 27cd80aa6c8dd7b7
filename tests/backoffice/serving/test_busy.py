"""Somebody else keeps the database busy: a page that says so, from which what was typed can be sent again."""

import sqlite3
from contextlib import closing

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection, connections, transaction

from backoffice.models import Operation
from backoffice.serving.busy import impatient, is_busy
from tests.library.admin import AuthorAdmin, BookAdmin
from tests.library.models import Author

pytestmark = pytest.mark.django_db

ADD = "/admin/library/author/add/"


@pytest.fixture
def locked(tmp_path):
    """What a connection to an SQLite file gets while another one writes."""
    file = tmp_path / "file"
    with closing(sqlite3.connect(file)) as writer, closing(sqlite3.connect(file, timeout=0)) as other:
        writer.execute("BEGIN IMMEDIATE")
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            found = OperationalError(*error.args)
            found.__cause__ = error
    return found


@pytest.fixture
def busy(monkeypatch, locked):
    """No author can be saved."""

    def refuse(*_args, **_kwargs):
        raise locked

    monkeypatch.setattr(AuthorAdmin, "save_model", refuse)


def text(response):
    return " ".join(response.content.decode().split())


def test_a_busy_database_is_said_and_what_was_typed_can_be_sent_again(panel, busy, monkeypatch):
    typed = {"name": 'Ada "L" & Bo', "book_set-TOTAL_FORMS": "0", "book_set-INITIAL_FORMS": "0"}
    response = panel.post(f"{ADD}?_popup=1", typed)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Nothing was changed, and nothing that you typed is lost" in text(response)
    assert f'<form method="post" action="{ADD}?_popup=1"' in text(response)
    assert '<input type="hidden" name="name" value="Ada &quot;L&quot; &amp; Bo">' in text(response)
    monkeypatch.undo()
    assert panel.post(ADD, dict(response.context["posted"])).status_code == 302
    assert Author.objects.get().name == 'Ada "L" & Bo'


def test_a_page_that_cannot_be_shown_offers_another_try(panel, locked, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise locked

    monkeypatch.setattr(BookAdmin, "get_queryset", refuse)
    response = panel.get("/admin/library/book/?q=a")
    assert response.status_code == 503
    assert '<a href="/admin/library/book/?q=a">Try again</a>' in text(response)


def test_the_busy_page_asks_the_database_nothing(panel, busy, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("backoffice.admin.recording.operation", AuthorAdmin.save_model)
    with django_assert_num_queries(2):  # the session and its user
        assert panel.post(ADD, {"name": "Ada"}).status_code == 503


def test_a_password_is_not_written_into_the_page(client, locked, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise locked

    monkeypatch.setattr("allauth.account.adapter.DefaultAccountAdapter.authenticate", refuse)
    response = client.post("/account/login/", {"login": "ada", "password": "s3cret-word"})
    assert response.status_code == 503
    assert "s3cret-word" not in text(response)


def test_a_session_that_cannot_be_stored_is_said_so(client, locked, monkeypatch, django_user_model):
    def refuse(*_args, **_kwargs):
        raise locked

    django_user_model.objects.create_user("ada", password="s3cret-word", is_staff=True)
    monkeypatch.setattr(SessionStore, "save", refuse)
    client.raise_request_exception = False
    response = client.post("/account/login/", {"login": "ada", "password": "s3cret-word"})
    assert response.status_code == 503
    assert "The database is busy" in text(response)


def test_another_error_of_the_database_stays_an_error(panel, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OperationalError("no such table")

    monkeypatch.setattr(AuthorAdmin, "save_model", refuse)
    panel.raise_request_exception = False
    posted = {"name": "Ada", "book_set-TOTAL_FORMS": "0", "book_set-INITIAL_FORMS": "0"}
    assert panel.post(ADD, posted).status_code == 500


def test_an_undo_that_cannot_be_tried_now_is_offered_all_the_same(panel, locked, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise locked

    Author.objects.create(name="Ada")
    monkeypatch.setattr("backoffice.admin.undo.asked.trial", refuse)
    response = panel.get(f"/admin/backoffice/operation/{Operation.objects.get().pk}/undo/")
    assert "Somebody else is writing at this moment" in text(response)
    assert "1 author removed again" in text(response).lower()
    assert 'class="bo-danger"' in text(response)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a server's locks")
@pytest.mark.django_db(transaction=True)
def test_who_only_looks_does_not_wait_long_for_a_lock():
    author = Author.objects.create(name="Ada")
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM library_author FOR UPDATE")
        with pytest.raises(OperationalError) as caught, impatient("default", 1):
            list(Author.objects.select_for_update().filter(pk=author.pk))
        assert is_busy(caught.value)
    finally:
        other.close()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a server's limit")
def test_a_statement_that_took_too_long_counts_as_busy():
    def sleep():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 10; SELECT pg_sleep(1)")

    with pytest.raises(OperationalError) as caught:
        sleep()
    assert is_busy(caught.value)
