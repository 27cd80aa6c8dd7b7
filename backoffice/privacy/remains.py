"""What a deleted row leaves in the files of a database, and how it goes: the last step of a purge, after its commit.

SQLite writes its file anew. PostgreSQL keeps what was deleted on the pages of the table until something is written over
it: small tables are written anew as well, of large ones the dead rows are given free, because writing them anew would
lock everybody out for minutes: sweep(…, rewrite=True) does that at a quiet hour. Statistics, which hold common
values, are made anew.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, connections

from backoffice.privacy.registry import Level, columns
from backoffice.sql import sqlite_search

PATIENCE = 20  # seconds
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
    indexes = sqlite_search.kept(connection).values()
    with connection.cursor() as cursor:
        for index in indexes:
            cursor.execute(f'INSERT INTO "{index}" ("{index}") VALUES (\'optimize\')')  # noqa: S608
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _postgresql(connection: Any, rewrite: bool) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        _wait_for_readers(cursor)
        for table in tables():
            _vacuum(cursor, quote(table), rewrite, "ANALYZE")
        _vacuum(cursor, "pg_catalog.pg_statistic", rewrite)


def _wait_for_readers(cursor: Any) -> None:
    """Whoever looked before the commit, if only to gather statistics, may still see the rows: so long they stay."""
    cursor.execute("SELECT statement_timestamp()")
    [now] = cursor.fetchone()
    for _attempt in range(PATIENCE * 5):
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND xact_start < %s AND backend_xmin IS NOT NULL",
            [now],
        )
        if cursor.fetchone() == (0,):
            return
        time.sleep(0.2)
    logger.warning(
        "Somebody reads for long: what was purged is in the files until VACUUM FULL has run after them."
    )


def _vacuum(cursor: Any, table: str, rewrite: bool, *options: str) -> None:
    """In two steps: writing anew keeps dead rows as long as anybody works in another database of the server."""
    cursor.execute(f"VACUUM ({', '.join(options)}) {table}" if options else f"VACUUM {table}")
    cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
    [size] = cursor.fetchone()
    if rewrite or size < SMALL:
        cursor.execute(f"VACUUM (FULL) {table}")
