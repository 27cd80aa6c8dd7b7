"""The record of one row that is saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models, router

from backoffice.operations import guard, recorder
from backoffice.operations.current import operation
from backoffice.operations.tables import new, old, recorded_fields
from backoffice.sql import locks


@contextmanager
def saving(row: Any, using: str | None) -> Iterator[None]:
    """Around the INSERT or UPDATE of `row`: what is stored before and after is compared in the database's words."""
    model = row._meta.concrete_model
    using = using or router.db_for_write(model, instance=row)
    with operation(using=using) as recording:
        before = None if row.pk is None else stored(model, row.pk, using, lock=True)
        with guard.writing():
            yield
        if before is None:
            recorder.record_created(model._base_manager.using(using).filter(pk=row.pk), instances=[row])
            recording.name(_readable(row, using))
            return
        after = stored(model, row.pk, using) or {}
        changed = [field for field in recorded_fields(model) if before[field.attname] != after[field.attname]]
        if changed:
            with guard.writing():
                model.history_model.objects.using(using).create(
                    operation=recording.operation,
                    step=recording.step(model, [field.name for field in changed]),
                    action="~",
                    row_id=row.pk,
                    fields=recorder.joined(changed),
                    **{old(field): before[field.attname] for field in recorded_fields(model)},
                    **{new(field): after[field.attname] for field in changed},
                )
            recording.did(model, "~")
            recording.name(_readable(row, using))


def _readable(row: Any, using: str) -> Any:
    """The row with values: what was saved as an expression cannot be shown."""
    if any(hasattr(value, "resolve_expression") for value in vars(row).values()):
        return row._meta.concrete_model._base_manager.using(using).get(pk=row.pk)
    return row


def stored(model: Any, key: Any, using: str, *, lock: bool = False) -> dict[str, Any] | None:
    """The recorded columns of a row as they are in the database; with `lock` nobody else changes it meanwhile."""
    rows: models.QuerySet[Any] = model._base_manager.using(using).filter(pk=key).order_by()
    if lock:
        rows = locks.held(rows)
    names = [field.attname for field in recorded_fields(model)]
    found: dict[str, Any] | None = rows.values(*names).first()
    return found
