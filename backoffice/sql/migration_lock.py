"""One `migrate` at a time, however many hosts start at once."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError

LOCK = 0x4261636B  # any number that no other program of this database locks
NAME = "backoffice.migrate"
POLL = 0.5  # seconds
# For a transaction that waits for another program; not every version has each of them.
UNLIMITED = """
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
"""
OURS = ("cursor_factory", "context", "isolation_level", "assume_role", "pool", "server_side_binding")


class NothingToDo(Exception):
    """Another migrate is at work, and has applied all that this one would."""


class Turn:
    """Waits for another migrate, says so once, and gives up after `wait` seconds."""

    def __init__(self, wait: float, output: Any, has_work: Callable[[], bool]) -> None:
        self.wait, self.output, self.has_work, self.told = wait, output, has_work, False
        self.end = time.monotonic() + wait

    def pause(self) -> None:
        if not self.has_work():
            raise NothingToDo
        if not self.told:
            self.output.write("Another migrate is at work: this one waits for it.")
            self.told = True
        if time.monotonic() > self.end:
            raise CommandError(
                f"Another migrate has been at work for {self.wait:g} seconds. Look at it, or wait longer: --lock-wait."
            )
        time.sleep(POLL)


@contextmanager
def migration_lock(connection: Any, turn: Turn) -> Iterator[None]:
    """Inside, nobody else migrates this database.

    Raises NothingToDo, or CommandError after a wait that was too long.
    """
    with {"postgresql": _postgres, "mysql": _mysql, "sqlite": _sqlite}[connection.vendor](connection, turn):
        yield


@contextmanager
def _postgres(connection: Any, turn: Turn) -> Iterator[None]:
    """A lock of a transaction: that of a session excludes nobody behind a pooler.

    On a connection of its own, which a pool may not have to spare. Nothing of it may hold a snapshot, for which
    CREATE INDEX CONCURRENTLY would wait for ever: so it is tried again and again rather than waited for, and asked
    without parameters, because PostgreSQL keeps what was asked with some open until the transaction ends.
    """
    import psycopg

    parameters = {k: v for k, v in connection.get_connection_params().items() if k not in OURS}
    with connection.wrap_database_errors:
        lock = psycopg.connect(**parameters)
    with lock:
        while not _is_ours(lock):
            lock.rollback()
            turn.pause()
        yield


def _is_ours(lock: Any) -> bool:
    lock.execute(UNLIMITED)
    [taken] = lock.execute(f"SELECT pg_try_advisory_xact_lock({LOCK})").fetchone()
    return bool(taken)


@contextmanager
def _mysql(connection: Any, turn: Turn) -> Iterator[None]:
    """A lock of a session, so on a connection of its own, which ends with it."""
    lock = connection.copy()
    try:
        while not _locked(lock):
            turn.pause()
        yield
    finally:
        lock.close()


@contextmanager
def _sqlite(connection: Any, turn: Turn) -> Iterator[None]:
    """A lock on a file beside the database, which gives up its own after each migration.

    It stays there: whoever waits has it open. Reading is enough, whoever made it.
    """
    if connection.is_in_memory_db():
        yield
        return
    lock = os.open(f"{connection.settings_dict['NAME']}-migrate", os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        while not _taken(lock):
            turn.pause()
        yield
    finally:
        os.close(lock)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, 0)", [NAME])
        return bool(cursor.fetchone()[0])
