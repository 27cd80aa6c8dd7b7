"""A host that does not answer is waited for once, not by each new connection."""

import socket
import threading

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.db.utils import ConnectionHandler

from backoffice.databases import database
from backoffice.sql import hosts


@pytest.fixture
def gone():
    """A host that ends each conversation: its port, and who came."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            while True:
                try:
                    line, address = server.accept()
                except OSError:
                    return
                came.append(address)
                line.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def tries(monkeypatch, url, came):
    """How often the host that is gone was asked after a connection, another, and one of another thread."""
    there = ConnectionHandler({"default": database(url)})
    monkeypatch.setattr(hosts, "connections", there)
    counts = []
    for ask in (there.__getitem__, there.__getitem__, there.create_connection):
        one = ask("default")
        one.connect()
        counts.append(len(came))
        one.connection.close()  # under a pool, which makes another one
        one.close()
    one.close_pool()
    return counts


@pytest.mark.django_db
@pytest.mark.parametrize("question", ["", "?pool=1-1"])
@pytest.mark.parametrize(("is_installed", "expected"), [(True, [1, 1, 1]), (False, [1, 2, 3])])
def test_the_host_that_was_written_to_is_asked_first(monkeypatch, gone, question, is_installed, expected):
    if connection.vendor != "postgresql":
        pytest.skip("asks PostgreSQL")
    if not is_installed:
        monkeypatch.setattr(connection_created, "send", lambda *_args, **_facts: None)
    params = connection.get_connection_params()
    port, came = gone
    url = "postgres://{user}@127.0.0.1:{gone},{host}:{port}/{dbname}".format(**params, gone=port)
    assert tries(monkeypatch, url + question, came) == expected


@pytest.mark.parametrize(
    ("url", "order"),
    [
        ("postgres://a,b:5433,c/x", ("b,a,c", "5433,5432,5432")),
        ("postgres:///x?host=a,b&port=5433", ("b,a", "5433,5433")),
        ("postgres://b:5433,a/x", None),
        ("postgres://a,b/x", None),  # at another port
        ("postgres://a,b:5433/x?target_session_attrs=prefer-standby", ("b,a", "5433,5432")),
        ("postgres://a,b:5433/x?target_session_attrs=any", None),  # the order is a wish
    ],
)
def test_the_others_keep_their_order(url, order):
    entry = {"HOST": "", "PORT": "", **database(url)}
    made = Made(entry)
    hosts._ask_first(made)
    if order is None:
        assert made.settings_dict is entry
    else:
        assert (made.settings_dict["HOST"], made.settings_dict["PORT"]) == order


def test_a_replica_that_is_far_behind_is_asked_last():
    made = Made(database("postgres://b:5433,a,c/x", attributes="prefer-standby"))
    hosts.ask_last(made)
    assert (made.settings_dict["HOST"], made.settings_dict["PORT"]) == ("a,c,b", "5432,5432,5433")


class Made:
    """A connection to b:5433."""

    vendor, alias, pool = "postgresql", "none", None

    def __init__(self, entry):
        self.settings_dict = entry
        self.connection = self.info = self
        self.host, self.port = "b", 5433
