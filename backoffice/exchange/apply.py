"""Carry out a plan: the accepted rows, in one transaction, by sets."""

from typing import NamedTuple

from django.db import models, transaction

from backoffice.exchange import lookups
from backoffice.exchange.plan import Plan, Row

BATCH = 1000


class Changed(NamedTuple):
    created: int
    updated: int


def apply(plan: Plan) -> Changed:
    """Save the accepted rows of `plan`. Raises IntegrityError when the database moved on meanwhile."""
    created, updated = plan.created, plan.updated
    with transaction.atomic():
        _release_unique_values(plan, updated)
        _create(plan, created)
        _update(plan, updated)
        _link_new_rows(plan, created)
    return Changed(len(created), len(updated))


def _release_unique_values(plan: Plan, rows: list[Row]) -> None:
    """Empty the unique values that are about to change, so that two rows can exchange theirs."""
    for field in plan.sheet.model._meta.concrete_fields:
        if field.unique and field.null and field.name in plan.headers:
            keys = [row.instance.pk for row in rows if row.is_changed(field.attname)]
            for chunk in lookups.chunks(keys):
                plan.sheet.model._default_manager.filter(pk__in=chunk).update(**{field.attname: None})


def _create(plan: Plan, rows: list[Row]) -> None:
    for row in rows:
        for name, value in row.values.items():
            setattr(row.instance, name, None if isinstance(value, Row) else value)
    manager = plan.sheet.model._default_manager
    manager.bulk_create([row.instance for row in rows], batch_size=BATCH)
    if rows and rows[0].instance.pk is None:  # MySQL does not return the keys
        stored = lookups.keys_by(plan.sheet.model, plan.sheet.key, [row.key for row in rows])
        for row in rows:
            row.instance.pk = stored[row.key][0]


def _update(plan: Plan, rows: list[Row]) -> None:
    changed: set[str] = set()
    for row in rows:
        changed |= row.changes
    for row in rows:
        for name in row.changes:
            setattr(row.instance, name, _key(row.values[name]))
    _write(plan.sheet.model, [row.instance for row in rows], changed)


def _link_new_rows(plan: Plan, rows: list[Row]) -> None:
    """Relations between rows that were created together: nobody had a key before."""
    for column in plan.columns:
        attname = plan.sheet.field(column.name).attname
        linked = [row for row in rows if isinstance(row.values.get(attname), Row)]
        for row in linked:
            setattr(row.instance, attname, row.values[attname].instance.pk)
        _write(plan.sheet.model, [row.instance for row in linked], {attname})


def _key(value: object) -> object:
    return value.instance.pk if isinstance(value, Row) else value


def _write(model: type[models.Model], instances: list[models.Model], names: set[str]) -> None:
    """Save these attributes of stored instances.

    An INSERT that meets its own row and updates it: three times as quick as bulk_update's CASE for each row.
    """
    if instances and names:
        model._default_manager.bulk_create(
            instances,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=[field.name for field in model._meta.concrete_fields if field.attname in names],
        )
