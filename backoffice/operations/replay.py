"""Make the data what a recorded step says it is."""

from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from backoffice.operations import guard, recorder
from backoffice.operations.tables import new, recorded_fields
from backoffice.operations.unordered import deleted, written


def replay(model: Any, recorded: models.QuerySet[Any], action: str) -> int:
    """Insert, update or delete exactly the rows of this recorded step, by its new values; how many."""
    keys = recorded.values("row_id")
    rows = model._base_manager.using(recorded.db).order_by().filter(pk__in=keys)
    if action == "+":
        columns = {model._meta.pk.attname: F("row_id")}
        columns |= {field.attname: _value(field) for field in recorded_fields(model)}
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


def _value(field: Any) -> Any:
    """What was recorded; for a column that came later and cannot be empty, its default."""
    if field.null or not field.has_default():
        return F(new(field))
    default = Value(field.get_default(), output_field=field)
    return Coalesce(
        F(new(field)), default, output_field=field
    )  # a history column has a plain type of its own
