"""The logs are written once: operations, the history of rows and access events refuse UPDATE, DELETE and TRUNCATE.

Triggers keep this, made after each migrate (a migration on SQLite makes tables anew, without their triggers). They
let through, by the smallest rule that undo can live with:

* what belongs to an operation of the same transaction: an operation without rows is dropped at its end, an undo drops
  the rows that it tried and could not take back. PostgreSQL notes in each operation which transaction made it (the
  column `transaction`, set by a trigger whatever the caller says), so nobody can claim another one's; on SQLite, where
  who has the file has everything, and on MySQL this process says which operation is under way;
* of other operations: the state, by an operation of the same transaction that undoes them, and `actor`, that becomes
  empty because the account is gone (PostgreSQL looks at the end of the transaction whether it is, elsewhere this
  process says which accounts are being deleted: leaving.py);
* of purges: the approval by somebody else, and that they are closed (decided.py); of Django's log that lines go with
  the account whose they are;
* housekeeping: the commands of retention, and a purge, say so for their transaction. On PostgreSQL the word counts
  only from the owner of the tables and from members of backoffice_retention (deploy/postgres/roles.sql).

On PostgreSQL INSERTs have no trigger but the line of an operation itself, and the others cost one look-up for a
statement. On SQLite an INSERT may replace a row, so there each looks whether its key is taken: 0.5 s for 100,000 rows.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any
from weakref import proxy

from django.apps import AppConfig, apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from backoffice.security import leaving, mysql_locks, postgres_locks, sqlite_locks
from backoffice.security.logs import Logs

_keeping: ContextVar[bool] = ContextVar("backoffice.housekeeping", default=False)


@contextmanager
def housekeeping(using: str = "default") -> Iterator[None]:
    """A transaction that may change and delete what was logged: retention and purge alone."""
    token = _keeping.set(True)
    try:
        with transaction.atomic(using=using):
            if connections[using].vendor != "postgresql":
                yield
                return
            before = postgres_locks.announce(connections[using], "on")
            yield
            postgres_locks.announce(connections[using], before)
    finally:
        _keeping.reset(token)


def may_keep_house(using: str = "default") -> bool:
    """Whether this process may say so: on PostgreSQL as owner of the tables or with the role for retention."""
    from backoffice.models import Operation

    connection = connections[using]
    if connection.vendor != "postgresql":
        return True
    with housekeeping(using):
        return postgres_locks.is_housekeeping(connection, Operation._meta.db_table)


def install() -> None:
    leaving.install()
    connection_created.connect(_add_function, dispatch_uid="backoffice.security.locks")
    post_migrate.connect(_lock, dispatch_uid="backoffice.security.locks")


def _may_change(operation: Any) -> bool:
    """SQLite asks this for a row of `operation` (NULL: of none) that is changed or deleted."""
    from backoffice.operations.current import current

    if _keeping.get():
        return True
    recording = current()
    return recording is not None and operation is not None and recording.operation.pk == operation


def _may_mark() -> bool:
    """SQLite asks this for an operation that gets another state."""
    from backoffice.operations.current import current

    recording = current()
    return _keeping.get() or (recording is not None and recording.operation.undoes_id is not None)


def _add_function(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_function(sqlite_locks.FUNCTION, 1, _may_change)
        raw.create_function(sqlite_locks.MARKS, 0, _may_mark)
        # It is not to keep what holds the connection: that is closed once nobody does.
        raw.create_function(sqlite_locks.LEAVING, 1, partial(leaving.is_leaving, proxy(connection)))
    if connection.vendor == "mysql" and _say not in connection.execute_wrappers:
        connection.execute_wrappers.append(_say)


def _words(connection: Any) -> mysql_locks.Words:
    """What MySQL is told around a statement on a log."""
    from backoffice.operations.current import current

    recording = current()
    operation = recording.operation.pk if recording else None
    accounts = ",".join(map(str, leaving.leaving(connection)))
    return mysql_locks.Words(_keeping.get(), operation, _may_mark(), accounts)


@cache
def _tables() -> list[str]:
    logs = _logs()
    return [logs.operation._meta.db_table, logs.access_events, *logs.histories, logs.purges, logs.djangos]


_say = mysql_locks.saying(_words, _tables)


def _lock(app_config: AppConfig, using: str, **_: Any) -> None:
    """After the last app: its tables and all before it are there."""
    told = [config for config in apps.get_app_configs() if config.models_module is not None]
    if app_config is told[-1]:
        lock(using)


def lock(using: str) -> None:
    """Give every log that has a table its triggers."""
    connection = connections[using]
    made = {"postgresql": postgres_locks, "sqlite": sqlite_locks, "mysql": mysql_locks}.get(connection.vendor)
    if made is None:
        return
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    logs = _logs()
    if not {logs.operation._meta.db_table, logs.access_events, logs.purges} <= there:
        return  # migrated back to before there were any
    logs = logs._replace(
        histories=[table for table in logs.histories if table in there],
        djangos=logs.djangos if logs.djangos in there else "",
    )
    with transaction.atomic(using=using), connection.cursor() as cursor:
        made.lock(cursor, logs)


def _logs() -> Logs:
    from backoffice.models import AccessEvent, Operation, PurgeRequest
    from backoffice.operations.tables import recorded_models

    return Logs(
        operation=Operation,
        access_events=AccessEvent._meta.db_table,
        histories=[model.history_model._meta.db_table for model in recorded_models()],
        purges=PurgeRequest._meta.db_table,
        djangos="django_admin_log",
    )
