"""Make the data what a recorded step says it is."""

from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Subquery

from backoffice.operations import guard, recorder
from backoffice.operations.tables import new, recorded_fields
from backoffice.operations.unordered import deleted, written


def replay(model: Any, recorded: models.QuerySet[Any], action: str) -> int:
    """Insert, update or delete exactly the rows of this recorded step, by its new values; how many."""
    keys = recorded.values("row_id")
    rows = model._base_manager.using(recorded.db).order_by().filter(pk__in=keys)
    if action == "+":
        columns = {model._meta.pk.attname: F("row_id")}
        columns |= {field.attname: F(new(field)) for field in recorded_fields(model)}
        with written(rows):
            return recorder.insert_from(model, columns, recorded)
    with guard.writing():
        if action == "-":
            with deleted(model, keys):
                return models.QuerySet._raw_delete(rows, recorded.db)
        # A statement for each set of columns that changed together: one, but for imports.
        together = list(recorded.values_list("fields", flat=True).distinct())
        with written(rows):
            return sum(_update(model, recorded.filter(fields=fields)) for fields in together)


def _update(model: Any, recorded: models.QuerySet[Any]) -> int:
    example: Any = recorded.first()
    own = recorded.filter(row=OuterRef("pk"))
    changed = [field for field in recorded_fields(model) if f",{field.name}," in example.fields]
    values = {field.name: Subquery(own.values(new(field))[:1]) for field in changed}
    rows = model._base_manager.using(recorded.db).order_by().filter(pk__in=recorded.values("row_id"))
    return models.QuerySet.update(rows, **values)
