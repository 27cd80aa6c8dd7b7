import os
from urllib.parse import urlsplit

import pytest
from django.db import Error, OperationalError
from django.db.utils import ConnectionHandler

from backoffice import start
from backoffice.databases import database
from backoffice.deadline import seconds
from backoffice.env import wrong_settings_in_one_sentence
from backoffice.start import connect, direct
from tests.postgres import free_port


class Refusing:
    def __init__(self, words):
        self.words = words
        self.closed = False

    def ensure_connection(self):
        raise OperationalError(self.words)

    def close(self):
        self.closed = True


@pytest.mark.parametrize(
    "words",
    [
        'FATAL: database "hr" does not exist',
        'FATAL: password authentication failed for user "hr"',
        "fe_sendauth: no password supplied",
        'FATAL: no pg_hba.conf entry for host "10.0.0.1", user "hr", database "hr", no encryption',
        "server does not support SSL, but SSL was required",
        'connection is bad: invalid sslmode value: "yes"',
        'FATAL: unrecognized configuration parameter "jit_"',
        "file is not a database",
        'definition of service "hr" not found',
    ],
)
def test_what_waiting_does_not_mend_stops_the_start(words):
    connection = Refusing(words)
    with pytest.raises(OperationalError):
        connect(connection)
    assert connection.closed


@pytest.mark.parametrize(
    "words",
    [
        'connection to server at "db", port 5432 failed: Connection refused',
        'connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory',
        "connection timeout expired",
        "failed to resolve host 'db': Name or service not known",
        "FATAL: the database system is starting up",
        "FATAL: sorry, too many clients already",
        "database is locked",
    ],
)
def test_an_outage_is_waited_out(words):
    connect(Refusing(words))


@pytest.mark.django_db
def test_an_outage_of_a_server_is_waited_out():
    entry = database(f"postgres://hr@127.0.0.1:{free_port()}/hr")
    connect(ConnectionHandler({"default": entry})["default"])


@pytest.mark.django_db
def test_a_replica_may_be_gone_for_now_and_not_for_ever(monkeypatch):
    def look(options):
        url = f"postgres://hr@127.0.0.1:{free_port()}/hr?{options}"
        entry = database(url, variable="REPLICA_URL")
        monkeypatch.setattr(start, "connections", ConnectionHandler({"default": entry, "replica": entry}))
        with wrong_settings_in_one_sentence():
            start.look_for_replica()

    look("")
    said = (
        r'invalid connection option "sslmod". Check the server, the login and the options in REPLICA_URL\.$'
    )
    with pytest.raises(SystemExit, match=said):
        look("sslmod=require")


@pytest.mark.django_db
@pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="asks a server")
@pytest.mark.parametrize(
    "change", [{"path": "/nowhere"}, {"query": "sslmode=require"}, {"path": "/nowhere", "query": "pool=1-4"}]
)
def test_a_server_that_refuses_stops_the_start(change):
    if "query" in change and not os.environ["TEST_DATABASE_URL"].startswith("postgres"):
        pytest.skip("sslmode is a word of libpq")
    entry = database(urlsplit(os.environ["TEST_DATABASE_URL"])._replace(**change).geturl())
    with pytest.raises(Error):
        connect(direct(ConnectionHandler({"default": entry})["default"]))


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "soon"])
def test_what_is_no_time_to_wait_is_refused(text):
    with pytest.raises(ValueError, match=text):
        seconds(text)
