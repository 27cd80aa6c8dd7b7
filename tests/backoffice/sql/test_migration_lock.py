import io
import time

import pytest
from django.db import connection
from django.db.utils import ConnectionHandler

from backoffice.databases import database
from backoffice.sql.migration_lock import NothingToDo, Turn, migration_lock

pytestmark = pytest.mark.django_db
SNAPSHOTS = (
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%advisory_xact%%' AND pid <> pg_backend_pid()"
)


@pytest.fixture
def turn():
    return Turn(5, io.StringIO(), lambda: False)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Others have no CREATE INDEX CONCURRENTLY.")
def test_the_lock_holds_no_snapshot_that_an_index_would_wait_for(turn):
    with migration_lock(connection, turn), connection.cursor() as cursor:
        cursor.execute(SNAPSHOTS)
        assert cursor.fetchone() == (1,)
        cursor.execute(f"{SNAPSHOTS} AND backend_xmin IS NOT NULL")
        assert cursor.fetchone() == (0,)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Others lock a session.")
def test_the_lock_outlasts_the_patience_of_the_server(turn, monkeypatch):
    impatient = connection.get_connection_params() | {"options": "-c idle_in_transaction_session_timeout=200"}
    monkeypatch.setattr(connection, "get_connection_params", lambda: impatient)
    with migration_lock(connection, turn):
        time.sleep(0.6)
        with pytest.raises(NothingToDo), migration_lock(connection, turn):
            pass


def test_whoever_comes_second_with_nothing_to_do_goes_away(turn, tmp_path):
    one = connection
    if one.vendor == "sqlite":  # that of a test is in memory, where nobody else is
        one = ConnectionHandler({"default": database(f"sqlite:///{tmp_path}/hr.sqlite3")})["default"]
    with migration_lock(one, turn), pytest.raises(NothingToDo), migration_lock(one, turn):
        pass
    with migration_lock(one, turn):
        pass
