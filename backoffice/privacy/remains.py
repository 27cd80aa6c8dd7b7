"""What a deleted row leaves in the files of a database, and how it goes: the last step of a purge, after its commit.

SQLite writes its file anew. PostgreSQL keeps what was deleted on the pages of the table until something is written over
it: small tables are written anew as well, of large ones the dead rows are given free, because writing them anew would
lock everybody out for minutes: `manage.py purge_leavers --rewrite` does that at a quiet hour. Statistics, which hold
common values, are made anew.
"""

import logging
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connections

from backoffice.operations.tables import recorded_models
from backoffice.privacy.registry import Level, columns

SMALL = 64 * 1024 * 1024  # bytes of a table that is written anew in a second or two

logger = logging.getLogger(__name__)


def sweep(using: str, *, rewrite: bool = False) -> None:
    """Outside of a transaction. What fails is logged: the rows are gone by then, and it can be done again."""
    connection: Any = connections[using]
    if connection.in_atomic_block:  # a test's, which is rolled back
        return
    try:
        if connection.vendor == "sqlite":
            _sqlite(connection)
        elif connection.vendor == "postgresql":
            _postgresql(connection, rewrite)
    except DatabaseError:
        logger.exception("The files of the database may hold what was purged until VACUUM has run.")


def tables() -> Iterator[str]:
    """Where people are told of."""
    models = {
        column.model
        for column in columns()
        if column.fact and column.fact.level in (Level.PERSONAL, Level.SENSITIVE)
    }
    yield from sorted({model._meta.db_table for model in models if not model._meta.proxy})


def _sqlite(connection: Any) -> None:
    indexes = [
        f"{model._meta.db_table}_search"
        for model in [*recorded_models(), apps.get_model("backoffice.Operation")]
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%%fts5%%'")
        there = {name for (name,) in cursor.fetchall()}
        for index in there.intersection(indexes):
            cursor.execute(f'INSERT INTO "{index}" ("{index}") VALUES (\'optimize\')')  # noqa: S608
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _postgresql(connection: Any, rewrite: bool) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [quote(table)])
            [size] = cursor.fetchone()
            full = "FULL, " if rewrite or size < SMALL else ""
            cursor.execute(f"VACUUM ({full}ANALYZE) {quote(table)}")
