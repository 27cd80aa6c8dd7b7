"""The triggers of backoffice.security.locks on SQLite: a row at a time, by a function of this process.

A program without that function, another one's SQL shell, can change nothing. INSERT OR REPLACE deletes a row without
asking the trigger for DELETE: that for INSERT refuses it.
"""

from collections.abc import Iterator
from typing import Any

FUNCTION = "backoffice_may_change"


def lock(cursor: Any, operation: Any, access_events: str, histories: list[str]) -> None:
    for statement in statements(operation, access_events, histories):
        cursor.execute(statement)


def statements(operation: Any, access_events: str, histories: list[str]) -> Iterator[str]:
    table = operation._meta.db_table
    yield from _pair(table, "OLD.id", f"AND ({_touched(operation)})")
    yield from _pair(access_events, "NULL")
    for history in histories:
        yield from _pair(history, "OLD.operation_id")


def _pair(table: str, operation: str, changed: str = "") -> Iterator[str]:
    yield _trigger(table, "update", f"NOT {FUNCTION}({operation}) {changed}")
    yield _trigger(table, "delete", f"NOT {FUNCTION}({operation})")
    taken = f'EXISTS (SELECT 1 FROM "{table}" WHERE "id" = NEW."id")'  # noqa: S608  # a name of our own
    yield _trigger(table, "insert", f"{taken} AND NOT {FUNCTION}(NULL)")


def _trigger(table: str, deed: str, refused: str) -> str:
    return (
        f'CREATE TRIGGER IF NOT EXISTS "{table}_locked_{deed}" BEFORE {deed.upper()} ON "{table}" WHEN {refused} '
        f"BEGIN SELECT RAISE(ABORT, '{table} is a log: its rows are neither changed nor deleted'); END"
    )


def _touched(operation: Any) -> str:
    """Whether an UPDATE of another operation changes more than what may change."""
    fields = [field for field in operation._meta.concrete_fields if not field.generated]
    return " OR ".join(_differs(field) for field in fields if field.column != "state")


def _differs(field: Any) -> str:
    """A relation may become empty."""
    changed = f'NEW."{field.column}" IS NOT OLD."{field.column}"'
    return f'({changed} AND NEW."{field.column}" IS NOT NULL)' if field.is_relation else changed
