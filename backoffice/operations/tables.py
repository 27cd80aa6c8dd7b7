"""The typed history table of a recorded model, made from the model.

Employee gets EmployeeHistory: one row for each change of one employee, with the whole row as it was before
(`old_…`, empty for a row that was created) and what was set (`new_…`: everything for a created row, the changed columns
for a changed one, nothing for a deleted one). Old and new stand side by side, so that a change can be shown and taken
back without looking for the one before it, and a row that was loaded by other means needs no first entry.
"""

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import class_prepared

Model = type[models.Model]

KEPT_OPTIONS = ("max_length", "max_digits", "decimal_places", "db_collation", "choices")


def recorded_fields(model: Model) -> list[Any]:
    """The columns whose values are recorded: all but the key and what the database computes by itself."""
    return [field for field in model._meta.concrete_fields if not field.primary_key and not field.generated]


def is_recorded(model: Any) -> bool:
    return hasattr(model, "history_model")


def recorded_models() -> list[Any]:
    return [model for model in apps.get_models() if is_recorded(model) and not model._meta.proxy]


def old(field: Any) -> str:
    """The attribute of a history row that holds this column as it was before."""
    return f"old_{field.attname}"


def new(field: Any) -> str:
    return f"new_{field.attname}"


def make(model: Any) -> None:
    """Give `model` its history table."""
    from backoffice.models import RowHistory

    columns: dict[str, Any] = {}
    for prefix in ("old", "new"):
        columns |= {f"{prefix}_{field.name}": _copy(field) for field in recorded_fields(model)}
    meta = type(
        "Meta",
        (RowHistory.Meta,),
        {
            "app_label": model._meta.app_label,
            "db_table": f"{model._meta.db_table}_history",
            "verbose_name": model._meta.verbose_name,
            "verbose_name_plural": model._meta.verbose_name_plural,
            "abstract": False,
            "indexes": [
                models.Index(fields=["operation", "row"], name=f"{_short(model)}_by_operation"),
                models.Index(fields=["row", "id"], name=f"{_short(model)}_by_row"),
                # Recently deleted. Of those rows alone, so that it costs other writes nothing.
                models.Index(fields=["id"], condition=models.Q(action="-"), name=f"{_short(model)}_deleted"),
            ],
        },
    )
    row = models.ForeignKey(model, related_name="history", **_LOOSE)
    attributes = {"__module__": model.__module__, "Meta": meta, "row": row, **columns}
    model.history_model = type(f"{model.__name__}History", (RowHistory,), attributes)


_LOOSE: Any = {"on_delete": models.DO_NOTHING, "db_constraint": False, "db_index": False}


def _copy(field: Any) -> Any:
    """A column of the same type that may hold anything the column ever held, and be empty."""
    if field.is_relation:
        target = field.remote_field.model  # a name, as long as that model is not there yet
        return models.ForeignKey(
            field.model if target == "self" else target,
            null=True,
            to_field=field.to_fields[0],
            related_name="+",
            verbose_name=field.verbose_name,
            **_LOOSE,
        )
    kinds = (kind for kind in type(field).__mro__ if kind.__module__.startswith("django.db.models.fields"))
    options = {name: getattr(field, name, None) for name in KEPT_OPTIONS}
    options = {name: value for name, value in options.items() if value is not None}
    kind: Any = next(kinds)
    return kind(verbose_name=field.verbose_name, null=True, **options)


def _short(model: Model) -> str:
    return f"{model._meta.model_name}_history"[:17]  # the names of indexes have 30 characters


def _prepared(sender: Any, **kwargs: Any) -> None:
    from backoffice.models import Recorded

    meta = sender._meta
    if not issubclass(sender, Recorded) or meta.abstract or meta.proxy:
        return
    if meta.apps is apps:  # a migration on SQLite makes copies elsewhere, to make tables anew
        make(sender)


def install() -> None:
    class_prepared.connect(_prepared, dispatch_uid="backoffice.operations")
