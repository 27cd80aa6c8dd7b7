"""Which reads may be late, and for whom; with a real replica in tests/deploy/test_replica.py."""

import socket
import threading
import time
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from backoffice import replica
from backoffice.databases import database, lacking
from backoffice.databases import replica as entry
from backoffice.deadline import Question
from backoffice.models import Job, Operation
from backoffice.replica.counting import Readers, Server, place_of
from backoffice.replica.watching import ANYTHING, FOREIGN, Identity, Primary, Watch, flushed, position
from tests.library.models import Author


@pytest.mark.parametrize("model", [Author, Author.history_model, Operation])
def test_what_is_recorded_may_be_read_from_the_replica(model):
    router = replica.Router()
    assert router.db_for_read(model) == "default"
    with replica.reading():
        assert router.db_for_read(model) == "replica"
        assert router.db_for_write(model) == "default"
    assert not router.allow_migrate("replica", "library")


@pytest.mark.parametrize("model", [User, Permission, Session, Job])
def test_who_may_do_what_is_never_read_from_the_replica(model):
    with replica.reading():
        assert replica.Router().db_for_read(model) == "default"


def asked(path, method="get", cookie=""):
    request = getattr(RequestFactory(), method)(path)
    request.resolver_match = resolve(path)
    request.COOKIES = {"written": cookie}
    return request


@pytest.mark.parametrize(
    ("path", "method", "much"),
    [
        ("/admin/library/author/", "get", True),
        ("/admin/library/author/", "post", False),
        ("/admin/library/author/1/change/", "get", False),
        ("/admin/library/book/bulk/export/", "post", True),
        ("/admin/library/book/bulk/delete/", "post", False),
        ("/admin/library/author/1/delete/", "get", False),
        ("/admin/", "get", True),
        ("/admin/library/author/chart/", "get", True),
        ("/account/login/", "get", False),
    ],
)
def test_lists_read_much_and_forms_do_not(path, method, much):
    assert replica.reads_much(asked(path, method)) is much


def test_who_wrote_wants_what_they_wrote(settings):
    assert replica.written(asked("/admin/", cookie="")) == 0
    assert replica.written(asked("/admin/", cookie="1/A")) == 2**32 + 10
    assert replica.written(asked("/admin/", cookie="1/A; DROP")) == 0
    settings.REPLICA_LAG_SECONDS = 10
    assert replica.written(asked("/admin/", cookie=f"t{int(time.time())}")) == ANYTHING
    assert replica.written(asked("/admin/", cookie=f"t{int(time.time()) - 11}")) == 0


@pytest.mark.django_db
def test_a_write_leaves_its_position_with_who_wrote(settings):
    response = HttpResponse()
    replica.remember(response, replica._position())
    cookie = response.cookies["written"]
    assert replica.POSITION.fullmatch(cookie.value)
    assert cookie["httponly"]


def test_a_file_is_read_to_its_end_from_the_primary_where_the_replica_fails(monkeypatch):
    monkeypatch.setattr(replica, "watch", MagicMock())
    monkeypatch.setattr(replica, "readers", MagicMock())
    asked = []

    def read(piece):
        asked.append((piece, replica.Router().db_for_read(Author)))
        if asked[-1] == (1, "replica"):
            raise OperationalError
        return piece

    def steps():
        yield from (replica.surely(partial(read, piece)) for piece in range(3))

    assert list(replica._streamed(steps())) == [0, 1, 2]
    assert asked == [(0, "replica"), (1, "replica"), (1, "default"), (2, "default")]


@pytest.fixture
def watch(monkeypatch):
    """One whose replica is at `watch.there`; None is lost."""
    watch = Watch("replica")
    watch.there, watch.looks, watch.reads_by = 5, 0, MagicMock()

    def look():
        watch.looks += 1
        watch._note(watch.there is not None)

    watch._question = Question(look, "test")
    monkeypatch.setattr("backoffice.replica.watching.connections", {"replica": watch.reads_by})
    monkeypatch.setattr("backoffice.replica.watching.position", lambda connection: watch.there)
    return watch


def test_a_server_is_read_from_when_it_has_what_was_written(watch):
    assert watch.has(0)
    assert watch.has(5)
    assert not watch.has(6)
    watch.there = 6
    assert watch.has(6)
    watch.reads_by.close.assert_not_called()


def test_a_server_that_is_far_behind_is_left_for_another_one(watch):
    watch.there = None
    assert not watch.has(0)
    watch.reads_by.close.assert_called_once()
    assert not watch.is_lost


def test_a_server_that_fails_when_it_is_asked_is_lost(watch, monkeypatch):
    monkeypatch.setattr("backoffice.replica.watching.position", MagicMock(side_effect=OperationalError))
    assert not watch.has(0)
    assert watch.is_lost


def test_a_replica_has_what_the_primary_had_so_many_seconds_ago(settings, monkeypatch):
    settings.REPLICA_LAG_SECONDS = 10
    positions = iter(range(100))
    monkeypatch.setattr("backoffice.replica.watching.flushed", lambda connection: next(positions))
    primary, due = Primary(), {}
    for second in (0, 0.5, 2, 4, 9, 13, 300):
        monkeypatch.setattr(time, "monotonic", lambda second=second: second)
        due[second] = primary.due()
    assert due == {0: 0, 0.5: 0, 2: 0, 4: 0, 9: 0, 13: 2, 300: 5}


@pytest.mark.django_db
def test_the_primary_is_not_asked_as_if_it_were_its_own_replica():
    if connection.vendor != "postgresql":
        pytest.skip("asks PostgreSQL")
    assert flushed(connection) > 0
    assert position(connection) is None


@pytest.mark.parametrize(
    ("behind", "there"),
    [([0], 0), ([10], 0), ([0, 3], 0), ([11], None), ([0, None], None), ([None], None), ([], None)],
)
def test_a_replica_of_mariadb_is_asked_while_it_is_known_to_be_near(settings, behind, there):
    settings.REPLICA_LAG_SECONDS = 10
    asked = MagicMock(vendor="mysql")
    cursor = asked.cursor.return_value.__enter__.return_value
    cursor.description = [("Connection_name",), ("Seconds_Behind_Master",), ("Master_Server_Id",)]
    cursor.fetchall.return_value = [("", seconds, 1) for seconds in behind]
    assert position(asked) == there


def test_an_answer_counts_for_a_while(watch):
    assert [watch.answers() for _ in range(5)] == [True] * 5
    assert watch.looks == 1


def test_a_replica_that_is_lost_is_not_waited_for_until_it_is_back(watch, monkeypatch):
    monkeypatch.setattr("backoffice.replica.watching.PAUSE", 0.2)
    watch.there = None
    assert not watch.answers()
    assert not watch.answers()
    assert watch.looks == 1
    watch.there = 7
    time.sleep(0.3)
    watch.answers()  # asks without waiting
    watch._question.answer(1)
    assert watch.answers()


def test_a_replica_that_hangs_costs_one_wait(watch, monkeypatch):
    monkeypatch.setattr("backoffice.replica.watching.DEADLINE", 0.05)
    watch._question = Question(lambda: time.sleep(0.5), "hangs")
    assert not watch.answers()
    started = time.monotonic()
    assert not any(watch.answers() for _ in range(100))
    assert time.monotonic() - started < 0.4


WRITES = Identity(database=5, cluster=1, started=datetime(2024, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "is_copy"),
    [
        ({}, True),  # several hosts, and no replica answers
        ({"started": None}, True),
        (
            {"started": datetime(2024, 1, 2, tzinfo=UTC)},
            False,
        ),  # promoted, while the other one writes as well
        ({"started": None, "database": 6}, False),
        ({"started": None, "cluster": 2}, False),
    ],
)
def test_a_replica_is_of_the_same_database(monkeypatch, caplog, changes, is_copy):
    ours = Watch("replica")
    servers = {one: MagicMock(vendor="postgresql", alias=one) for one in ("default", "replica")}
    servers["default"].copy.return_value = asked = MagicMock(alias="default")
    identities = {"default": WRITES, "replica": WRITES._replace(**changes)}
    monkeypatch.setattr("backoffice.replica.watching.connections", servers)
    monkeypatch.setattr("backoffice.replica.watching.position", lambda connection: 7)
    monkeypatch.setattr(
        "backoffice.replica.watching.identity", lambda connection: identities[connection.alias]
    )
    ours._look()
    ours._look()
    assert ours.is_lost is not is_copy
    assert caplog.messages == ([] if is_copy else [FOREIGN])
    identities["default"] = identities["replica"]  # as after a failover
    ours._look()
    assert not ours.is_lost
    asked.close.assert_called()


def test_a_replica_is_of_the_same_kind(tmp_path):
    primary = database("postgres://a/x")
    assert entry("postgres://b,a/x", primary)["OPTIONS"]["target_session_attrs"] == "prefer-standby"
    with pytest.raises(Exception, match=r"^REPLICA_URL has to name a replica of the PostgreSQL or MariaDB"):
        entry(f"sqlite:///{tmp_path}/x", primary)


def test_the_password_is_for_a_url_without_one():
    assert lacking("postgres://hr@b/x", "secret") == "secret"
    assert lacking("postgres://hr:own@b/x", "secret") == ""
    assert entry("postgres://hr@b/x", database("postgres://a/x"), password="secret")["PASSWORD"] == "secret"


class Read:
    """A connection by which a page reads from one of two hosts, which answers whoever asks it or nobody."""

    alias = "replica"

    def __init__(self, answers):
        self.answers, self.asked = answers, []
        self.line, self.other = socket.socketpair()
        info = SimpleNamespace(host="b", hostaddr="10.0.0.2", port=5433)
        self.connection = SimpleNamespace(pgconn=SimpleNamespace(socket=self.line.fileno()), info=info)
        self.Database = SimpleNamespace(connect=self.connect)

    def get_connection_params(self):
        return {"host": "a,b", "port": "5432,5433", "dbname": "x", "target_session_attrs": "prefer-standby"}

    def connect(self, **parameters):
        self.asked.append(parameters)
        if not self.answers:
            raise OperationalError
        return MagicMock()


@pytest.mark.parametrize("answers", [True, False])
def test_the_host_that_is_read_from_is_asked_and_no_other(answers):
    replica = Read(answers)
    with replica.line, replica.other:
        server = Server(place_of(replica), replica)
        assert not server.is_silent()  # not yet
        server._answered = float("-inf")
        assert server.is_silent() is not answers
    itself = {"host": "b", "hostaddr": "10.0.0.2", "port": 5433, "target_session_attrs": "any"}
    assert replica.asked == [{**itself, "dbname": "x", "autocommit": True}] * 2


def test_who_reads_from_a_replica_that_answers_nobody_is_cut_off(monkeypatch):
    replica = Read(answers=False)
    monkeypatch.setattr("backoffice.replica.counting.EVERY", 0.01)
    monkeypatch.setattr("backoffice.replica.counting.PATIENCE", 0.05)
    monkeypatch.setattr("backoffice.replica.counting.connections", {"replica": replica})
    with replica.line, replica.other, Readers("replica").entered():
        replica.line.settimeout(60)
        assert replica.line.recv(1) == b""


def test_nobody_watches_when_nobody_reads(monkeypatch):
    replica, before = Read(answers=True), watching()  # those of tests before are still on their way out
    monkeypatch.setattr("backoffice.replica.counting.EVERY", 0.01)
    monkeypatch.setattr("backoffice.replica.counting.connections", {"replica": replica})
    with replica.line, replica.other:
        with Readers("replica").entered():
            (ours,) = watching() - before
        ours.join(10)
        assert not ours.is_alive()


def watching():
    return {thread for thread in threading.enumerate() if thread.name == "replica readers"}
