"""A real replica of MariaDB is asked while it is known to be near, and by a login that may know."""

from urllib.parse import urlsplit

import pytest
from django.db.utils import ConnectionHandler

from backoffice.databases import database
from backoffice.replica.watching import UNKNOWN, Watch, position
from tests.deploy.cluster import until
from tests.mariadb import NoMariaDB, server

pytestmark = [pytest.mark.deploy, pytest.mark.engineless]
FOLLOW = """
CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos,
    MASTER_DELAY = {delay}
"""


@pytest.fixture
def servers(monkeypatch, django_db_blocker):
    """The primary, the replica that follows it, and the replica as whom the panel reads it."""
    try:
        with (
            django_db_blocker.unblock(),
            server("--log-bin=bin", "--server-id=1") as primary,
            server("--server-id=2") as replica,
        ):
            urls = {"default": primary, "root": replica, "replica": replica.replace("root", "panel")}
            there = ConnectionHandler({alias: database(url) for alias, url in urls.items()})
            monkeypatch.setattr("backoffice.replica.watching.connections", there)
            for alias in ("default", "root"):
                there[alias].settings_dict["NAME"] = None
            say(there["root"], "CREATE USER panel@localhost")
            follow(there["root"], primary)
            say(there["default"], "CREATE DATABASE test")
            say(there["default"], "GRANT SELECT ON test.* TO panel@localhost IDENTIFIED BY ''")
            yield there, primary
            there.close_all()
    except NoMariaDB as error:
        pytest.skip(str(error))


def say(connection, *statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def follow(connection, primary, delay=0):
    say(connection, FOLLOW.format(port=urlsplit(primary).port, delay=delay), "START SLAVE")


def test_a_replica_whose_lag_is_not_known_or_too_long_is_not_asked(servers, settings, caplog):
    there, primary = servers
    watch = Watch("replica")
    until(lambda: position(there["root"]) == 0, "It does not follow.")
    until(lambda: watch._look() or UNKNOWN in caplog.messages, "It says nothing.")
    assert watch.is_lost
    watch._look()
    assert caplog.messages.count(UNKNOWN) == 1
    say(there["root"], "GRANT REPLICA MONITOR ON *.* TO panel@localhost")
    watch._look()
    assert not watch.is_lost
    assert position(there["default"]) is None  # follows nobody
    say(there["root"], "STOP SLAVE")
    watch._look()
    assert watch.is_lost
    settings.REPLICA_LAG_SECONDS = 1
    follow(there["root"], primary, delay=600)
    until(lambda: position(there["root"]) == 0, "It does not follow.")
    say(there["default"], "CREATE TABLE test.written (id int)")
    until(lambda: position(there["root"]) is None, "It is asked however far behind.")
