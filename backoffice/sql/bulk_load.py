"""Load millions of rows: COPY on PostgreSQL, batches of inserts elsewhere.

The rows come from an iterator, so memory stays flat. Generated columns are the database's; primary keys are
the caller's, and `settle` moves the sequences behind them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

from backoffice.operations import guard
from backoffice.progress import Watch, unwatched
from backoffice.sql import memory, sqlite_search
from backoffice.sql.closures import kept_closures

BATCH = 5000

# What to build again after a load, in this order: foreign keys need the unique keys.
CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype = %s ORDER BY conname
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::regclass AND NOT indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype = 'u')
ORDER BY 1
"""


REFERRED_TO = """
SELECT conname, conrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND confrelid::regclass::text = ANY(%s)
"""

NO_TIMEOUT = "SET LOCAL statement_timeout = 0"  # one for pages would end the loading of millions


def load_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, freeze: bool = False
) -> None:
    """Insert `rows`, each with a value for each of `columns`; nothing of it is recorded.

    `freeze`: what `without_indexes` said.
    """
    names = ", ".join(_quote(column) for column in columns)
    table = _quote(model._meta.db_table)
    with guard.writing(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            options = " WITH (FREEZE)" if freeze else ""
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN{options}") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        source = iter(rows)
        while batch := list(islice(source, BATCH)):
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)  # noqa: S608


@contextmanager
def without_indexes(*loaded: type[models.Model], watch: Watch = unwatched) -> Iterator[bool]:
    """Inside, PostgreSQL keeps only the primary keys of these empty tables; after, all is built again. SQLite does so
    with the search index; MySQL looks at the foreign keys after.

    Foreign keys included: one join over the whole table checks them quicker than a look-up for each row.
    Call it in a transaction: what happens inside is undone with it. The tables are locked until its end.
    `watch` sees every statement that builds something again pass by. Yields whether rows can be loaded as
    frozen, which saves VACUUM from writing them a second time.
    """
    if connection.vendor == "mysql":
        with in_any_order(*loaded):
            yield False
        return
    if connection.vendor == "sqlite":
        with sqlite_search.filled_later(loaded, connection.alias):
            yield False
        return
    tables = ", ".join(_quote(model._meta.db_table) for model in loaded)
    _execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
    if any(model._default_manager.exists() for model in loaded):
        yield False
        return
    memory.take(connection.alias, "maintenance_work_mem")
    _execute(NO_TIMEOUT)
    rebuild: list[str] = []
    for kind in "f", "u":  # foreign keys go first and come last
        for table in (_quote(model._meta.db_table) for model in loaded):
            for name, definition in _catalogue(CONSTRAINTS, table, kind):
                rebuild.insert(0, f"ALTER TABLE {table} ADD CONSTRAINT {_quote(name)} {definition}")
                _execute(f"ALTER TABLE {table} DROP CONSTRAINT {_quote(name)}")
    for model in loaded:
        for name, definition in _catalogue(INDEXES, _quote(model._meta.db_table)):
            rebuild.insert(0, definition)
            _execute(f"DROP INDEX {name}")
    freeze = not _catalogue(REFERRED_TO, [model._meta.db_table for model in loaded])
    if freeze:
        with guard.writing():
            _execute(f"TRUNCATE {tables}")  # they are empty: COPY freezes only what was truncated just before
    yield freeze
    for statement in watch(iter(rebuild), len(rebuild), "indexes and keys"):
        _execute(statement)


@contextmanager
def in_any_order(*loaded: type[models.Model]) -> Iterator[bool]:
    """Inside, a row may be loaded before the one it refers to; MySQL alone would look at once. Yields that nothing can
    be loaded as frozen.
    """
    if connection.vendor != "mysql":
        yield False
        return
    with connection.constraint_checks_disabled():
        yield False
    connection.check_constraints([model._meta.db_table for model in loaded])


def settle(*loaded: type[models.Model]) -> None:
    """Let the sequences go on behind the loaded keys, and the planner know the tables."""
    for statement in connection.ops.sequence_reset_sql(no_style(), list(loaded)):
        _execute(statement)
    for table in map(_quote, [*(model._meta.db_table for model in loaded), *kept_closures(loaded)]):
        if connection.vendor == "mysql":
            if not connection.in_atomic_block:  # it commits, and InnoDB counts again by itself
                _execute(f"ANALYZE TABLE {table}")
        elif connection.vendor == "postgresql" and not connection.in_atomic_block:
            # The visibility map, too: an index alone then answers counts.
            _execute(f"VACUUM (ANALYZE) {table}")
        else:
            _execute(f"ANALYZE {table}")


def next_key(model: type[models.Model]) -> int:
    highest: int | None = model._default_manager.aggregate(highest=models.Max("pk"))["highest"]
    return (highest or 0) + 1


def _catalogue(query: str, *parameters: Any) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
