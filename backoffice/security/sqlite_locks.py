"""The triggers of backoffice.security.locks on SQLite: a row at a time, by a function of this process.

A program without that function, another one's SQL shell, can change nothing. INSERT OR REPLACE deletes a row without
asking the trigger for DELETE: that for INSERT refuses it.
"""

from collections.abc import Iterator
from typing import Any

from backoffice.security import decided
from backoffice.security.logs import Logs, more_than_may

FUNCTION = "backoffice_may_change"
MARKS = "backoffice_may_mark"
LEAVING = "backoffice_is_leaving"


def lock(cursor: Any, logs: Logs) -> None:
    for statement in statements(logs):
        cursor.execute(statement)


def statements(logs: Logs) -> Iterator[str]:
    table = logs.operation._meta.db_table
    yield from _all(table, "OLD.id", f"AND ({_touched(logs.operation)})")
    yield from _all(logs.access_events, "NULL")
    for history in logs.histories:
        yield from _all(history, "OLD.operation_id")
    yield from _update(
        logs.purges, "NULL", f"AND NOT ({decided.may_become('IS', f'AND {LEAVING}(OLD.{{0}})')})"
    )
    yield from _delete(logs.purges, "NULL", f"AND NOT ({decided.UNDECIDED})")
    yield from _insert(logs.purges, f"OR NOT ({decided.ASKED})")
    if logs.djangos:
        yield from _update(logs.djangos, "NULL")
        yield from _delete(logs.djangos, "NULL", f"AND NOT {LEAVING}(OLD.user_id)")
        yield from _insert(logs.djangos)


def _all(table: str, operation: str, changed: str = "") -> Iterator[str]:
    yield from _update(table, operation, changed)
    yield from _delete(table, operation)
    yield from _insert(table)


def _update(table: str, operation: str, changed: str = "") -> Iterator[str]:
    yield from _trigger(table, "update", f"NOT {FUNCTION}({operation}) {changed}")


def _delete(table: str, operation: str, kept: str = "") -> Iterator[str]:
    yield from _trigger(table, "delete", f"NOT {FUNCTION}({operation}) {kept}")


def _insert(table: str, more: str = "") -> Iterator[str]:
    taken = f'EXISTS (SELECT 1 FROM "{table}" WHERE "id" = NEW."id")'  # noqa: S608  # a name of our own
    yield from _trigger(table, "insert", f"({taken} {more}) AND NOT {FUNCTION}(NULL)")


def _trigger(table: str, deed: str, refused: str) -> Iterator[str]:
    """Made anew each time: what it says may be from the version before."""
    name = f'"{table}_locked_{deed}"'
    yield f"DROP TRIGGER IF EXISTS {name}"
    yield (
        f'CREATE TRIGGER {name} BEFORE {deed.upper()} ON "{table}" WHEN {refused} '
        f"BEGIN SELECT RAISE(ABORT, '{table} is a log: its rows are neither changed nor deleted'); END"
    )


def _touched(operation: Any) -> str:
    return more_than_may(
        operation,
        changed='NEW."{0}" IS NOT OLD."{0}"',
        filled=f'NOT (NEW."{{0}}" IS NULL AND {LEAVING}(OLD."{{0}}"))',
        marks=f"{MARKS}()",
    )
