"""Who writes to a recorded table: the machinery, or something that goes around it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.backends.signals import connection_created

from backoffice.operations.tables import recorded_models

_writing: ContextVar[bool] = ContextVar("backoffice.writing", default=False)
_WRITE = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO|REPLACE\s+INTO|MERGE\s+INTO|UPDATE|DELETE\s+FROM|COPY"
    r"|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?(?:[\"`]?\w+[\"`]?\.)?[\"`]?(\w+)",
    re.IGNORECASE,
)

_DELETE = re.compile(r'DELETE FROM ["`]?(\w+)["`]? (?:WHERE|USING)\b')


class UnrecordedWrite(Exception):
    """A statement changed a recorded table and left no record."""


@contextmanager
def writing() -> Iterator[None]:
    """Statements inside are recorded, or write past the record on purpose."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def refuse_unrecorded(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """For `connection.execute_wrapper` in tests: raises UnrecordedWrite before such a statement runs."""
    if not _writing.get():
        refuse_writes(sql, {model._meta.db_table for model in recorded_models()})
    return execute(sql, params, many, context)


def refuse_writes(sql: Any, tables: set[str]) -> None:
    """Raises UnrecordedWrite when the statement writes to one of these tables."""
    written = set(_WRITE.findall(str(sql)))
    if written & tables:
        raise UnrecordedWrite(f"Not recorded: {str(sql)[:200]}")


def is_writing() -> bool:
    return _writing.get()


def refuse_collected(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """On every connection: a deletion that passes model and manager by, as Django's Collector does, is refused.

    Emptying a whole table (`manage.py flush`) is not: no record would be left of it either.
    """
    found = None if _writing.get() or not isinstance(sql, str) else _DELETE.match(sql)
    if found and found[1] in {model._meta.db_table for model in recorded_models()}:
        raise UnrecordedWrite(
            f"Nothing was deleted: rows of {found[1]} would leave no record. Delete them with delete() of the "
            "row or of a queryset; a data migration does so inside backoffice.operations.guard.writing()."
        )
    return execute(sql, params, many, context)


def install() -> None:
    connection_created.connect(_attach, dispatch_uid="backoffice.operations.guard")


def _attach(connection: Any, **kwargs: Any) -> None:
    if refuse_collected not in connection.execute_wrappers:
        connection.execute_wrappers.append(refuse_collected)
