"""Rows that refer to each other, on an engine that looks at each foreign key at once: MySQL.

The others look when the transaction ends, and there nothing of this is done. A person and the department that they
head come and go in any order; so meanwhile nothing is looked at, and what was inserted, changed and deleted is once
all is there. Deleted rows stay locked until the transaction ends: who hangs something on one then is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db import IntegrityError, connections, models
from django.db.models import Exists, OuterRef, Q, Value

from backoffice.links import links_to

Rows = models.QuerySet[Any]
WAITING = "backoffice_unordered"  # what a connection is to look at


@contextmanager
def unordered(using: str) -> Iterator[None]:
    """Inside, foreign keys are not looked at; the outermost looks at what was noted. Raises IntegrityError."""
    connection: Any = connections[using]
    if connection.features.can_defer_constraint_checks or getattr(connection, WAITING, None) is not None:
        yield
        return
    looks: list[Callable[[], None]] = []
    setattr(connection, WAITING, looks)
    try:
        with connection.constraint_checks_disabled():
            yield
    finally:
        setattr(connection, WAITING, None)
    for look in looks:
        look()


@contextmanager
def looked_at(using: str) -> Iterator[None]:
    """Inside, foreign keys are looked at as ever: for rows of which nothing is noted."""
    connection: Any = connections[using]
    if getattr(connection, WAITING, None) is None:
        yield
        return
    connection.enable_constraint_checking()
    try:
        yield
    finally:
        connection.disable_constraint_checking()


@contextmanager
def written(rows: Rows) -> Iterator[None]:
    """Inside, `rows` are inserted or changed; what they refer to may come later."""
    with unordered(rows.db):
        yield
        _note(rows.db, partial(_look_up, rows))


@contextmanager
def deleted(model: type[models.Model], keys: Rows) -> Iterator[None]:
    """Inside, the rows with these keys, a query of another table, are deleted; what refers to them may go later."""
    with unordered(keys.db):
        yield
        _note(keys.db, partial(_look_for, model, keys))


def _note(using: str, look: Callable[[], None]) -> None:
    looks = getattr(connections[using], WAITING, None)
    if looks is not None:
        looks.append(look)


def _look_up(rows: Rows) -> None:
    lacking = [
        Q(**{f"{field.attname}__isnull": False})
        & ~Exists(field.related_model._base_manager.using(rows.db).filter(**_same(field)))
        for field in rows.model._meta.concrete_fields
        if field.is_relation and field.db_constraint
    ]
    if lacking and rows.filter(reduce(or_, lacking)).exists():
        raise IntegrityError(f"A {rows.model._meta.label} refers to a row that is not there.")


def _same(field: Any) -> dict[str, Any]:
    return {field.target_field.attname: OuterRef(field.attname)}


def _look_for(model: type[models.Model], keys: Rows) -> None:
    links = [link for link in links_to(model) if link.is_plain and link.field.db_constraint]
    hanging = [
        link.rows(keys.db).order_by().filter(**{f"{link.field.attname}__in": keys}).values_list(Value(1))[:1]
        for link in links
    ]
    if hanging and hanging[0].union(*hanging[1:]):
        raise IntegrityError(f"A row refers to a {model._meta.label} that was deleted.")
