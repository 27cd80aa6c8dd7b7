"""The rows as an import will leave them, as a model over a temporary table: rules ask it as they ask stored rows."""

from functools import cache
from typing import Any

from django.apps.registry import Apps
from django.db import models

from backoffice.exchange.scratch import PLANNED
from backoffice.operations.tables import KEPT_OPTIONS, recorded_fields

Model = type[models.Model]

LINE, KEY, NEW, REFUSED, CHANGES = "plan_line", "plan_key", "plan_new", "plan_refused", "plan_changes"


@cache
def planned(model: Model) -> Any:
    """The columns of `model`, by the names of its fields; a relation holds a key. Beside them

    plan_line: where the row stands in the file; above ABSENT, it does not. plan_key: the key of the stored row; of a
    new one the line, negative: so do rows that refer to it. plan_changes: the names of the changed fields, ",a,b,".
    """
    columns: dict[str, Any] = {
        LINE: models.BigIntegerField(primary_key=True),
        KEY: models.BigIntegerField(),
        NEW: models.BooleanField(),
        REFUSED: models.BooleanField(),
        CHANGES: models.TextField(),
    }
    columns |= {field.name: _copy(field) for field in recorded_fields(model)}
    meta = type(
        "Meta",
        (),
        {
            "apps": Apps(),
            "app_label": "backoffice",
            "db_table": PLANNED,
            "managed": False,
            "verbose_name": model._meta.verbose_name,
            "verbose_name_plural": model._meta.verbose_name_plural,
        },
    )
    return type(
        f"Planned{model.__name__}", (models.Model,), {"__module__": __name__, "Meta": meta, **columns}
    )


def _copy(field: Any) -> Any:
    if field.is_relation:
        return models.BigIntegerField(field.verbose_name, null=True, db_column=field.attname)
    kind: Any = next(k for k in type(field).__mro__ if k.__module__.startswith("django.db.models.fields"))
    options = {name: getattr(field, name, None) for name in KEPT_OPTIONS}
    options = {name: value for name, value in options.items() if value is not None}
    return kind(field.verbose_name, null=True, db_column=field.attname, **options)
