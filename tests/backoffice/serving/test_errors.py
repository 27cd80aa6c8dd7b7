"""What an error says, which may name a person, is in no log; where in the code it was is."""

import io
import json
import logging
import sys
from logging.config import DictConfigurator
from smtplib import SMTPServerDisconnected
from socket import gaierror
from ssl import SSLError

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction

from backoffice.serving.errors import kind_of, traceback_of
from backoffice.serving.logs import TextLines
from tests.library.models import Author, Book

FORMS = pytest.mark.parametrize("form", ["line", "json"])


def formatted(form, message, *args, error=None):
    config = dict(settings.LOGGING["formatters"][form])  # which is used up
    formatter = DictConfigurator(settings.LOGGING).configure_formatter(config)
    args = args[0] if args and isinstance(args[0], dict) else args  # as logging does
    facts = {"msg": message, "args": args, "exc_info": error and (type(error), error, error.__traceback__)}
    return formatter.format(logging.makeLogRecord(facts))


def caught(deed):
    try:
        deed()
    except Exception as error:
        return error


def chained():
    part = caught(lambda: {}["alice"])
    try:
        int("alice")
    except ValueError as error:
        error.add_note("of alice")
        raise ExceptionGroup("of alice", [part]) from error


def raise_from(error):
    raise KeyError("bob") from error


def refused(deed):
    def asked():
        with transaction.atomic():
            deed()

    return caught(asked)


@FORMS
def test_a_traceback_has_all_frames_and_no_text_of_an_error(form):
    text = formatted(form, "Failed.", error=caught(chained))
    said = json.loads(text)["traceback"] if form == "json" else text
    assert "alice" not in said.replace('int("alice")', "").replace('{}["alice"]', "").replace(
        '"of alice"', ""
    )
    assert said.count("Traceback (most recent call last)") == 3
    parts = [
        "ValueError: …",
        "the direct cause",
        "in caught",
        "in chained",
        "ExceptionGroup: …",
        "KeyError: …",
    ]
    assert [part for part in parts if part not in said] == []


@FORMS
@pytest.mark.parametrize("message", ["%s", "Job %s met %s"])
def test_an_error_in_a_message_stands_there_by_its_kind(form, message):
    error = ValueError("alice")
    args = [7, error][-message.count("%s") :]
    assert "ValueError: …" in (said := formatted(form, message, *args))
    assert "alice" not in said
    assert "alice" not in formatted(form, error)
    assert "alice" not in formatted(form, str(error), error=error)
    assert "alice" not in formatted(form, "%(error)s", {"error": error})
    said = formatted(form, "%s: %s", str(error), "/admin/", error=caught(lambda: raise_from(error)))
    assert "alice" not in said
    assert "ValueError: …: /admin/" in said


def test_all_is_said_where_that_is_asked_for():
    error = caught(chained)
    record = logging.makeLogRecord({"msg": "Met %s", "args": (error,), "exc_info": (None, error, None)})
    assert "of alice" in TextLines(whole=True).format(record)


@pytest.mark.django_db
def test_of_a_refusal_of_the_database_it_is_told_what_refused():
    author = Author.objects.create(name="Alice")
    Book.objects.create(title="One", isbn="alice-1", author=author)
    error = refused(lambda: Book.objects.create(title="Two", isbn="alice-1", author=author))
    text = traceback_of(error)
    assert str(error) not in text or connection.vendor == "sqlite"
    assert "(alice-1)" not in text
    assert "'alice-1'" not in text
    assert "isbn" in kind_of(error)
    assert text.count("isbn") >= 2  # the driver's own error says it as well
    assert {"sqlite": "SQLITE_CONSTRAINT_UNIQUE", "postgresql": "SQLSTATE 23505", "mysql": "1062"}[
        connection.vendor
    ] in kind_of(error)


@pytest.mark.django_db
def test_a_statement_that_quotes_a_value_is_told_by_number(django_db_blocker):
    with connection.cursor() as cursor:
        error = refused(lambda: cursor.execute("SELECT alice FROM library_author"))
    assert isinstance(error, DatabaseError)
    assert "alice" in str(error)
    assert "alice" not in kind_of(error)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Others have no classes of errors.")
@pytest.mark.django_db
def test_a_table_that_is_not_there_is_named():
    with connection.cursor() as cursor:
        error = refused(lambda: cursor.execute("SELECT 1 FROM library_none"))
    assert kind_of(error).endswith('(SQLSTATE 42P01, relation "library_none" does not exist)')


@pytest.mark.parametrize("error", [ImproperlyConfigured("no key"), ImportError("no key")])
def test_words_of_the_program_are_kept(error):
    assert kind_of(error).endswith(": no key")


def test_a_disk_that_is_full_is_said():
    assert kind_of(OSError(28, "No space", "/of/alice")) == "OSError: … (No space left on device)"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SSLError(1, "certificate verify failed"), "ssl.SSLError: … (certificate verify failed)"),
        (gaierror(-2, "Name or service not known"), "socket.gaierror: … (Name or service not known)"),
        (SMTPServerDisconnected("timed out"), "smtplib.SMTPServerDisconnected: timed out"),
    ],
)
def test_why_another_machine_is_not_reached_is_said(error, said):
    assert kind_of(error) == said


def test_each_error_is_told_once_where_a_part_of_a_group_is_raised_again():
    part: BaseException = ValueError("alice")
    try:
        try:
            raise ExceptionGroup("of alice", [part, KeyError("alice")])
        except ExceptionGroup as group:
            raise group.exceptions[0]  # noqa: B904  # as careless code does
    except ValueError as error:
        text = traceback_of(error)
    assert [text.count(kind) for kind in ("ValueError: …", "KeyError: …", "ExceptionGroup: …")] == [1, 1, 1]
    for _level in range(1_500):
        part = ExceptionGroup("of alice", [part])
    assert traceback_of(part) == "ExceptionGroup: …"


def test_what_ends_a_command_or_a_thread_is_a_line_of_the_log(monkeypatch, caplog):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    caplog.handler.setFormatter(TextLines())
    error = caught(lambda: int("al" + "ice"))
    sys.excepthook(type(error), error, error.__traceback__)
    assert "An error ended this process." in caplog.text
    assert "ValueError: …" in caplog.text
    assert "alice" not in caplog.text + sys.stderr.getvalue()
