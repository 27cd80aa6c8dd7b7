import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice.databases import database, each_host


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


def test_with_another_host_to_go_to_it_is_noticed_sooner():
    assert database("postgres://a,b/staff")["OPTIONS"]["tcp_user_timeout"] == 3000
    options = database("postgres:///x?host=a,b&port=1,2&tcp_user_timeout=900")["OPTIONS"]
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == (2, 900)


def test_options_in_the_url_win():
    options = database("postgres://db/staff?connect_timeout=1&sslmode=require")["OPTIONS"]
    assert (options["connect_timeout"], options["sslmode"], options["keepalives_count"]) == (1, "require", 3)


def test_sqlite_waits_for_its_turn(tmp_path):
    options = database(f"sqlite:///{tmp_path}/hr.sqlite3")["OPTIONS"]
    assert (options["transaction_mode"], options["timeout"]) == ("IMMEDIATE", 20)
    assert "journal_mode=WAL" in options["init_command"]


@pytest.mark.parametrize(
    ("hosts", "host", "port"),
    [
        ("h1:5432,h2:5433", "h1,h2", "5432,5433"),
        ("h1,[::1]:5433", "h1,::1", "5432,5433"),
        ("%2Fvar%2Frun%2Fpostgresql,h2", "/var/run/postgresql,h2", "5432,5432"),
        ("%2Fvar%2Frun%2Fpostgresql", "/var/run/postgresql", ""),
        ("[fe80::1]", "fe80::1", ""),
    ],
)
def test_hosts_are_written_as_libpq_writes_them(hosts, host, port):
    entry = database(f"postgres://hr:a,b@c@{hosts}/staff")
    assert (entry["HOST"], str(entry["PORT"]), entry["PASSWORD"]) == (host, port, "a,b@c")
    assert ("target_session_attrs" in entry["OPTIONS"]) == ("," in host)


def test_of_several_hosts_the_one_that_can_be_written_to_is_taken_unless_the_url_says_otherwise():
    assert database("postgres://a,b/x")["OPTIONS"]["target_session_attrs"] == "read-write"
    assert database("postgres://a,b/x?target_session_attrs=any")["OPTIONS"]["target_session_attrs"] == "any"
    entry = database("postgres:///x?host=a,b&port=1,2", attributes="prefer-standby")
    assert entry["OPTIONS"]["target_session_attrs"] == "prefer-standby"


@pytest.mark.parametrize(
    ("rest", "hosts"),
    [
        ("a:1,b/x", ["a:1", "b:5432"]),
        ("/x?host=a,b&port=1,2", ["a:1", "b:2"]),
        ("/x?host=a,b&port=1", ["a:1", "b:1"]),
        ("a/x", []),
        ("a,b/x?target_session_attrs=any", []),  # the first that answers is taken, whatever it is
    ],
)
def test_of_several_hosts_each_can_be_asked_whether_it_is_written_to(rest, hosts):
    found = each_host({"HOST": "", "PORT": "", **database(f"postgres://{rest}")})
    assert [f"{one['HOST']}:{one['PORT']}" for one in found] == hosts


def test_a_service_names_its_database_itself():
    options = database("postgres:///?service=hr")["OPTIONS"]
    assert (options["service"], options["target_session_attrs"]) == ("hr", "read-write")


def test_a_pool_keeps_the_connections():
    entry = database("postgres://db/staff?pool=1-4")
    assert entry["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 4, "timeout": 5, "reconnect_timeout": 5}
    assert (entry["CONN_MAX_AGE"], entry["CONN_HEALTH_CHECKS"]) == (0, True)


def test_pgbouncer_takes_no_cursors_and_no_startup_options():
    entry = database("postgres://db/staff?pgbouncer=1&conn_max_age=5")
    assert entry["DISABLE_SERVER_SIDE_CURSORS"]
    assert "options" not in entry["OPTIONS"]
    assert "pgbouncer" not in entry["OPTIONS"]
    assert entry["CONN_MAX_AGE"] == 5


def test_options_of_the_server_are_added_to_ours():
    options = database("postgres://db/staff?options=-c%20search_path%3Dhr")["OPTIONS"]
    assert options["options"] == "-c jit=off -c search_path=hr"


def test_a_password_may_come_apart():
    assert database("postgres://hr@db/staff", password="hunter2")["PASSWORD"] == "hunter2"
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_PASSWORD is set, and DATABASE_URL has a pass"):
        database("postgres://hr:a@db/staff", password="hunter2")


def test_mariadb_is_spoken_to_in_all_of_unicode():
    entry = database("mariadb://hr:secret@db/staff")
    assert (entry["ENGINE"], entry["HOST"]) == ("django.db.backends.mysql", "db")
    assert entry["OPTIONS"]["charset"] == "utf8mb4"


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
        ("postgres://h1,h2:99999/staff", "is 'postgres://h1,h2:99999/staff', not a database URL that"),
        (
            "postgres://db/x?pool=4",
            "has pool=4. Write the fewest and the most connections of a process: pool=1-4.",
        ),
        ("postgres://db/x?pool=1-9999", "has pool=1-9999. Write the fewest and the most connections"),
        (
            "postgres://db/x?prepare_threshold=abc",
            "has prepare_threshold=abc. Use a whole number from 0, or none.",
        ),
        ("postgres://db/x?client_encoding=latin1", "has client_encoding=latin1. Use one of UTF8, "),
        ("postgres://db/x?row_factory=x", "has row_factory, which is not for a URL to say. Leave it out."),
        ("postgres://db/x?pool=5-4", "has pool=5-4. Write the fewest and the most connections"),
        ("postgres://db/x?sslmode=yes", "has sslmode=yes. Use one of disable, allow, prefer, require, "),
        ("postgres://db/x?target_session_attrs=master", "has target_session_attrs=master. Use one of any, "),
        ("postgres://db/x?sslrootcert=/none", "has sslrootcert=/none, where no file is."),
        ("postgres://db/x?conn_max_age=long", "has conn_max_age=long. Use a whole number of seconds from 0."),
        ("postgres://db/x?pgbouncer=yes", "has pgbouncer=yes. Use one of 0, 1."),
        (
            "postgres://db/x?connect_timeout=abc&pool=1-4",
            "has connect_timeout=abc. Use a whole number from 0.",
        ),
        ("sqlite://:memory:", "names no file. Write it as sqlite:////absolute/path.sqlite3."),
        ("sqlite:////tmp/x?timeout=abc", "has timeout=abc. Use a whole number from 0."),
        ("sqlite:////tmp/x?transaction_mode=none", "has transaction_mode=none. Use one of DEFERRED, "),
        ("sqlite:////tmp/x?foo=abc", "has foo, which is no option of SQLite here. Use timeout, transaction"),
        ("mysql://h1,h2/x", "names several hosts, which only PostgreSQL can be given."),
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
