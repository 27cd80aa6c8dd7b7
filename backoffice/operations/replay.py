"""Make the data what a recorded step says it is."""

from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from backoffice.operations import guard, recorder
from backoffice.operations.tables import new, recorded_fields


def replay(model: Any, recorded: models.QuerySet[Any], action: str) -> int:
    """Insert, update or delete exactly the rows of this recorded step, by its new values; how many."""
    if action == "+":
        columns = {model._meta.pk.attname: F("row_id")}
        columns |= {field.attname: _value(field) for field in recorded_fields(model)}
        return recorder.insert_from(model, columns, recorded)
    rows = model._base_manager.using(recorded.db).order_by()
    with guard.writing():
        if action == "-":
            return models.QuerySet._raw_delete(rows.filter(pk__in=recorded.values("row_id")), recorded.db)
        # A statement for each set of columns that changed together: one, but for imports.
        together = list(recorded.values_list("fields", flat=True).distinct())
        return sum(_update(model, rows, recorded.filter(fields=fields)) for fields in together)


def _update(model: Any, rows: models.QuerySet[Any], recorded: models.QuerySet[Any]) -> int:
    example: Any = recorded.first()
    own = recorded.filter(row=OuterRef("pk"))
    changed = [field for field in recorded_fields(model) if f",{field.name}," in example.fields]
    values = {field.name: Subquery(own.values(new(field))[:1]) for field in changed}
    return models.QuerySet.update(rows.filter(pk__in=recorded.values("row_id")), **values)


def _value(field: Any) -> Any:
    """What was recorded; for a column that came later and cannot be empty, its default."""
    if field.null or not field.has_default():
        return F(new(field))
    return Coalesce(F(new(field)), Value(field.get_default(), output_field=field))
