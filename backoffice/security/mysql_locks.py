"""The triggers of backoffice.security.locks on MySQL: a row at a time, by words of the session.

A trigger there cannot ask this process, so the process says around each statement on a log what it may do. Another
program with the right to write could say so as well: against that only its grants help (no UPDATE and DELETE on the
logs), as they do against TRUNCATE, which asks no trigger. REPLACE asks that for DELETE.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from backoffice.security import decided
from backoffice.security.logs import Logs, more_than_may

KEEPING, OPERATION, MARKS = "@backoffice_keeping", "@backoffice_operation", "@backoffice_marks"
LEAVING = "@backoffice_leaving"
GOES = f"COALESCE(FIND_IN_SET(OLD.{{0}}, {LEAVING}), 0) > 0"  # whether the account in a column does
CHANGING = ("UPDATE", "DELETE", "REPLACE", "INSERT")
STORED = (
    "SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
)


class Words(NamedTuple):
    keeping: bool = False
    operation: Any = None  # that is under way
    marks: bool = False  # whether that undoes another one
    leaving: str = ""  # the keys of accounts that are being deleted, with commas between them


def lock(cursor: Any, logs: Logs) -> None:
    """Made anew where it says something else: each CREATE waits for everybody who writes to the table."""
    cursor.execute(STORED)
    there = dict(cursor.fetchall())
    for table, deed, refused in triggers(logs):
        name, body = f"{table}_locked_{deed}", _body(table, refused)
        if there.get(name) != body:
            cursor.execute(f"DROP TRIGGER IF EXISTS `{name}`")
            cursor.execute(f"CREATE TRIGGER `{name}` BEFORE {deed.upper()} ON `{table}` FOR EACH ROW {body}")


def triggers(logs: Logs) -> Iterator[tuple[str, str, str]]:
    """(table, deed, when it is refused)"""
    table = logs.operation._meta.db_table
    yield table, "update", f"{_may_not('OLD.id')} AND ({_touched(logs.operation)})"
    yield table, "delete", _may_not("OLD.id")
    yield logs.access_events, "update", _may_not()
    yield logs.access_events, "delete", _may_not()
    for history in logs.histories:
        yield history, "update", _may_not("OLD.operation_id")
        yield history, "delete", _may_not("OLD.operation_id")
    yield logs.purges, "update", f"{_may_not()} AND NOT ({decided.may_become('<=>', f'AND {GOES}')})"
    yield logs.purges, "delete", f"{_may_not()} AND NOT ({decided.UNDECIDED})"
    yield logs.purges, "insert", f"{_may_not()} AND NOT ({decided.ASKED})"
    if logs.djangos:
        yield logs.djangos, "update", _may_not()
        yield logs.djangos, "delete", f"{_may_not()} AND NOT {GOES.format('user_id')}"


def saying(words: Callable[[Any], Words], tables: Callable[[], list[str]]) -> Callable[..., Any]:
    """What a connection wraps around its statements: one on a log is told `words`, and nothing later is."""

    def say(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().startswith(CHANGING) or not any(f"`{table}`" in sql for table in tables()):
            return execute(sql, params, many, context)
        raw = context["connection"].connection
        _tell(raw, words(context["connection"]))
        try:
            return execute(sql, params, many, context)
        finally:
            if raw.open:
                _tell(raw, Words())

    return say


def _tell(raw: Any, words: Words) -> None:
    with raw.cursor() as cursor:  # not one of Django's: a page's queries are its own
        cursor.execute(
            f"SET {KEEPING} = %s, {OPERATION} = %s, {MARKS} = %s, {LEAVING} = %s",
            [int(words.keeping), words.operation, int(words.marks), words.leaving],
        )


def _may_not(operation: str = "NULL") -> str:
    return f"NOT COALESCE({KEEPING} = 1 OR {OPERATION} = {operation}, FALSE)"


def _body(table: str, refused: str) -> str:
    told = f"{table} is a log: its rows are neither changed nor deleted"
    return f"BEGIN IF {refused} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{told}'; END IF; END"


def _touched(operation: Any) -> str:
    return more_than_may(
        operation,
        changed="NOT (NEW.`{0}` <=> OLD.`{0}`)",
        filled=f"NOT (NEW.`{{0}}` IS NULL AND {GOES})",
        marks=f"COALESCE({MARKS} = 1, FALSE)",
    )
