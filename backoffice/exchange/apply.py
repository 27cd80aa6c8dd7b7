"""Carry out a plan: the accepted rows, in one transaction, by sets."""

from typing import Any, NamedTuple

from django.db import models

from backoffice.exchange import lookups
from backoffice.exchange.plan import Plan, Row
from backoffice.operations import operation, sets

BATCH = 1000

# Trees are shallow: ten rounds reach everybody in most of them.
ROUNDS = 10


class Changed(NamedTuple):
    created: int
    updated: int


def apply(plan: Plan, *, actor: Any = None, reason: str = "", source: str = "") -> Changed:
    """Save the accepted rows of `plan`, as one operation. Raises IntegrityError when the database moved on.

    `source` says where the rows came from, such as the name of a file.
    """
    created, updated = plan.created, plan.updated
    with operation("import", actor=actor, reason=reason, source=source):
        _release_unique_values(plan, updated)
        _create(plan, created)
        _update(plan, updated)
    return Changed(len(created), len(updated))


def _release_unique_values(plan: Plan, rows: list[Row]) -> None:
    """Empty the unique values that are about to change, so that two rows can exchange theirs."""
    for field in plan.sheet.model._meta.concrete_fields:
        if field.unique and field.null and field.name in plan.headers:
            keys = [row.instance.pk for row in rows if row.is_changed(field.attname)]
            for chunk in lookups.chunks(keys):
                plan.sheet.model._default_manager.filter(pk__in=chunk).update(**{field.attname: None})


def _create(plan: Plan, rows: list[Row]) -> None:
    """Insert the rows, those that others refer to first; what is left after some rounds is linked later."""
    waiting = rows
    for _round in range(ROUNDS):
        ready = [row for row in waiting if not _targets_without_key(plan, row)]
        if not ready:
            break
        _insert(plan, ready)
        waiting = [row for row in waiting if row.instance.pk is None]
    _insert(plan, waiting)
    _link(plan, waiting)


def _targets_without_key(plan: Plan, row: Row) -> bool:
    targets = (row.values.get(attname) for attname in plan.self_references)
    return any(isinstance(target, Row) and target.instance.pk is None for target in targets)


def _insert(plan: Plan, rows: list[Row]) -> None:
    model = plan.sheet.model
    for row in rows:
        for name, value in row.values.items():
            setattr(row.instance, name, _key(value))
    model._default_manager.bulk_create([row.instance for row in rows], batch_size=BATCH)
    if rows and rows[0].instance.pk is None:  # MySQL does not return the keys
        stored = lookups.keys_by(model, plan.sheet.key, [row.key for row in rows])
        for row in rows:
            row.instance.pk = stored[row.key][0]


def _link(plan: Plan, rows: list[Row]) -> None:
    """Relations between rows that were created together, when nobody had a key before."""
    for attname in plan.self_references:
        linked = [row for row in rows if isinstance(row.values.get(attname), Row)]
        for row in linked:
            setattr(row.instance, attname, _key(row.values[attname]))
        _write(plan.sheet.model, [row.instance for row in linked], {attname})


def _update(plan: Plan, rows: list[Row]) -> None:
    changed: set[str] = set()
    for row in rows:
        changed |= row.changes
    for row in rows:
        for name in row.changes:
            setattr(row.instance, name, _key(row.values[name]))
    _write(plan.sheet.model, [row.instance for row in rows], changed)


def _key(value: Any) -> Any:
    """A relation's value for the database; None for a row that is not there yet."""
    return value.instance.pk if isinstance(value, Row) else value


def _write(model: type[models.Model], instances: list[models.Model], names: set[str]) -> None:
    """Save these attributes of stored instances."""
    if instances and names:
        fields = [field for field in model._meta.concrete_fields if field.attname in names]
        sets.bulk_write(model, instances, fields, batch_size=BATCH)
