"""Whether the replica can be asked now, and whether the server that a page reads from has what it must.

Whether it answers is asked at most once a second, in a thread of its own. Once it failed, nobody waits for it: it is
asked again every few seconds without anybody's page, until it answers. How far it is, each page asks by the connection
that it reads by: where REPLICA_URL names several hosts, another connection may lead to another one.
"""

import logging
import time
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections

from backoffice.deadline import Question
from backoffice.sql.hosts import ask_last

logger = logging.getLogger(__name__)

FRESH = 1.0  # seconds that an answer counts
DEADLINE = 1.0  # seconds that a page waits for one
PAUSE = 3.0  # seconds from one attempt to the next while it is lost
ANYTHING = 2**64  # more than any replica has

STATE = """
SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() - '0/0',
    EXISTS (SELECT FROM pg_stat_wal_receiver) AND (
        pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
        OR now() - pg_last_xact_replay_timestamp() < make_interval(secs => %s)
    )
"""

# MariaDB: a row for each server that it follows. Of one that it is cut off from, it learns after slave_net_timeout.
FOLLOWED = "SHOW ALL REPLICAS STATUS"
BEHIND = "Seconds_Behind_Master"  # NULL where it does not follow
MAY_NOT_ASK = 1227

WRITTEN = """
SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0'
"""

# A copy has both of the database that it follows; who writes is told apart by when its server was started.
MAY_ASK_CLUSTER = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"
IDENTITY = """
SELECT (SELECT oid FROM pg_database WHERE datname = current_database()),
    {cluster}, CASE WHEN NOT pg_is_in_recovery() THEN pg_postmaster_start_time() END
"""
CLUSTER = "(SELECT system_identifier FROM pg_control_system())"
BACK = "The replica is back."
LOST = "The replica is lost: the primary is asked."
UNKNOWN = (
    "How far the replica in REPLICA_URL is behind is nothing that its login may know: the primary is asked. Say there "
    "GRANT REPLICA MONITOR ON *.* to it."
)
FOREIGN = (
    "REPLICA_URL leads to another database than DATABASE_URL, which is not read: the primary is asked. Name a "
    "streaming replica of the database in DATABASE_URL, or leave REPLICA_URL out, and restart."
)


class Identity(NamedTuple):
    database: int
    cluster: int | None  # None: this login may not ask for it
    started: datetime | None  # None: it follows another one

    def is_copy_of(self, primary: "Identity") -> bool:
        """Whether what is written to `primary` is there, sooner or later: it is the same server, or follows it."""
        return self[:2] == primary[:2] and self.started in (None, primary.started)


class Known(NamedTuple):
    at: float
    is_there: bool  # False: it is lost, or too far behind


class Primary:
    """Where the primary was within the last REPLICA_LAG_SECONDS, asked by the pages themselves.

    A replica that is cut off without a word knows of nothing that it lacks.
    """

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = []

    def due(self) -> int:
        """What a replica has that is no further behind."""
        now = time.monotonic()
        seen = [one for one in self._seen if now - one[0] <= settings.REPLICA_LAG_SECONDS]
        if not seen or now - seen[-1][0] > FRESH:
            seen.append((now, flushed(connections[DEFAULT_DB_ALIAS])))
            self._seen = seen
        return seen[0][1]


def flushed(connection: Any) -> int:
    """How far the primary is; nobody is asked but PostgreSQL."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0] or 0)


class Watch:
    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._known = Known(float("-inf"), is_there=True)
        self._said = BACK
        self._primary: Identity | None = None
        self._question: Question[None] = Question(self._look, "replica")

    def answers(self) -> bool:
        """Whether it can be asked."""
        age = time.monotonic() - self._known.at
        if self.is_lost:
            if age > PAUSE:
                self._question.start()
        elif age > FRESH:
            self._wait()
        return not self.is_lost

    def has(self, wanted: int) -> bool:
        """Whether the server that this thread reads from has what was written up to there."""
        connection = connections[self.alias]
        try:
            there = position(connection)
        except Error:
            self.failed()
            return False
        if there is None:
            ask_last(connection)
            connection.close()  # the next one leads to another server, if there is one
        return there is not None and there >= wanted

    def failed(self) -> None:
        """A page met an error there."""
        self._note(is_there=False)
        connections[self.alias].close()

    @property
    def is_lost(self) -> bool:
        return not self._known.is_there

    def _wait(self) -> None:
        try:
            self._question.answer(DEADLINE)
        except TimeoutError:
            self._note(is_there=False)

    def _look(self) -> None:
        connection = connections[self.alias]
        try:
            connection.close_if_unusable_or_obsolete()
            is_near = position(connection) is not None
            if not is_near:
                ask_last(connection)
            is_foreign = connection.vendor == "postgresql" and not self._is_copy(identity(connection))
            self._note(is_near and not is_foreign, FOREIGN if is_foreign else LOST)
        except Error as error:
            self._note(False, UNKNOWN if error.args[:1] == (MAY_NOT_ASK,) else LOST)
        finally:
            connection.close()

    def _is_copy(self, there: Identity) -> bool:
        """The primary is asked who it is where it is not who it was: first of all, and after a failover."""
        if self._primary is None or not there.is_copy_of(self._primary):
            # Not this thread's own, which would stay open.
            with closing(connections[DEFAULT_DB_ALIAS].copy()) as primary:
                self._primary = identity(primary)
        return there.is_copy_of(self._primary)

    def _note(self, is_there: bool, reason: str = LOST) -> None:
        said = BACK if is_there else reason
        if said != self._said:
            logger.warning(said)
            self._said = said
        self._known = Known(time.monotonic(), is_there)


def identity(connection: Any) -> Identity:
    """Which database of PostgreSQL it is."""
    with connection.cursor() as cursor:
        cursor.execute(MAY_ASK_CLUSTER)
        [may_ask] = cursor.fetchone()
        cursor.execute(IDENTITY.format(cluster=CLUSTER if may_ask else "NULL"))
        return Identity(*cursor.fetchone())


def position(connection: Any) -> int | None:
    """How far it is; None where it is no replica, further behind than REPLICA_LAG_SECONDS, or cut off."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(FOLLOWED)
            place = [column[0] for column in cursor.description].index(BEHIND)
            behind = [row[place] for row in cursor.fetchall()]
            is_near = behind and all(
                one is not None and one <= settings.REPLICA_LAG_SECONDS for one in behind
            )
            return 0 if is_near else None
        cursor.execute(STATE, [settings.REPLICA_LAG_SECONDS])
        is_replica, replayed, is_near = cursor.fetchone()
    # A URL with several hosts leads to the primary while no replica answers: each page has a connection there already.
    return int(replayed) if is_replica and is_near and replayed is not None else None
