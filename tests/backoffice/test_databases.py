import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice.databases import database


def test_postgres_notices_a_lost_network():
    entry = database("postgres://hr:secret@db:5433/staff")
    assert (entry["ENGINE"], entry["HOST"], entry["PORT"], entry["NAME"]) == (
        "django.db.backends.postgresql",
        "db",
        5433,
        "staff",
    )
    assert entry["OPTIONS"]["tcp_user_timeout"] == 5000
    assert entry["CONN_HEALTH_CHECKS"]


def test_options_in_the_url_win():
    options = database("postgres://db/staff?connect_timeout=1&sslmode=require")["OPTIONS"]
    assert (options["connect_timeout"], options["sslmode"], options["keepalives_count"]) == (1, "require", 3)


def test_sqlite_waits_for_its_turn(tmp_path):
    options = database(f"sqlite:///{tmp_path}/hr.sqlite3")["OPTIONS"]
    assert (options["transaction_mode"], options["timeout"]) == ("IMMEDIATE", 20)
    assert "journal_mode=WAL" in options["init_command"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is a text without ://, not a database URL that can be used. Write it as postgres://"),
        ("staff", "is a text without ://, not a database URL that can be used."),
        ("postgres://db:99999/staff", "is 'postgres://db:99999/staff', not a database URL that can be used."),
        ("postgres://db", "is 'postgres://db', which names no database."),
        ("postgres://db/", "is 'postgres://db/', which names no database."),
        ("oracle://db/staff", "is for a database that is not supported."),
        ("sqlite://", "names no file. Write it as sqlite:////absolute/path.sqlite3."),
        ("sqlite:////none/hr", "puts the SQLite file into /none, which is no folder that can be written to."),
        (
            "mysql://db/staff",
            "is for MySQL, which this version does not support yet. Write it as postgres://",
        ),
    ],
)
def test_a_url_that_cannot_work_is_refused_and_shown(url, said):
    with pytest.raises(ImproperlyConfigured) as caught:
        database(url, variable="REPLICA_URL")
    assert str(caught.value).startswith(f"REPLICA_URL {said}")


def test_a_password_is_not_repeated():
    with pytest.raises(ImproperlyConfigured) as caught:
        database("postgres://hr:hunter2@db:99999/staff")
    assert "hunter2" not in str(caught.value)


def test_an_empty_file_and_a_database_are_taken(tmp_path):
    (tmp_path / "empty").touch()
    assert database(f"sqlite:///{tmp_path}/empty")["NAME"] == f"{tmp_path}/empty"
    with contextlib.closing(sqlite3.connect(tmp_path / "full")) as connection:
        connection.execute("CREATE TABLE book (id integer)")
    assert database(f"sqlite:///{tmp_path}/full")["NAME"] == f"{tmp_path}/full"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("folder", "is a folder"),
        ("text", "is not an SQLite database"),
        ("link", "is a link to nowhere"),
        ("pipe", "is no ordinary file"),
    ],
)
def test_what_is_no_sqlite_database_is_refused(tmp_path, name, what):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("root:x:0:0")
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImproperlyConfigured) as caught:
        database(f"sqlite:///{tmp_path}/{name}")
    assert str(caught.value) == (
        f"DATABASE_URL names {tmp_path}/{name}, which {what}. "
        "Name an SQLite database, or a file that is not there yet."
    )


def test_a_file_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    (tmp_path / "hr").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_dir())  # root may write anything
    with pytest.raises(ImproperlyConfigured, match="/hr, which cannot be read and written"):
        database(f"sqlite:///{tmp_path}/hr")


def test_the_hints_name_what_is_supported():
    with pytest.raises(ImproperlyConfigured) as caught:
        database("oracle://db/staff")
    assert "mysql" not in str(caught.value).lower()


@pytest.mark.parametrize("url", ["postgres://hr:a/b@c@db:99999/x", "postgres://:hunter2@db:99999/x"])
def test_a_url_is_shown_without_its_password(url):
    with pytest.raises(ImproperlyConfigured) as caught:
        database(url)
    assert "***@db:99999/x" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "a/b" not in str(caught.value)
