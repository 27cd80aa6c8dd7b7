"""What the start-up checks of a ModelAdmin have in common."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import flatten, flatten_fieldsets
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from backoffice.admin.lists.order import name_and_direction


def warning(admin_obj: ModelAdmin, number: int, what: str, hint: str) -> CheckMessage:
    return Warning(what, hint=hint, obj=admin_obj.__class__, id=f"backoffice.W{number}")


def names(field: Any) -> str:
    return str(field.related_model.__name__)


def field_of(model: type[models.Model], name: Any) -> Any:
    try:
        return model._meta.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return None


def is_indexed(field: Any) -> bool:
    if field.primary_key or field.unique or field.db_index:
        return True
    indexes = field.model._meta.indexes
    return any(list(index.fields[:1]) == [field.name] and _holds_filled(index, field) for index in indexes)


def are_indexed(model: type[models.Model], columns: list[str]) -> bool:
    """Whether rows can be read in the order of these columns together."""
    starts = [list(index.fields[: len(columns)]) for index in model._meta.indexes if index.condition is None]
    return columns in starts


def _holds_filled(index: models.Index, field: Any) -> bool:
    """Whether every row is in it that has a value in this column."""
    return index.condition in (None, models.Q((f"{field.name}__isnull", False)))


def sorted_by(ordering: Any) -> str:
    """The column that an ordering is by; empty for an expression, of which no index is known."""
    return name_and_direction(ordering)[0]


def shown(admin_obj: Any, names: Iterable[str]) -> list[str]:
    """Which of these fields the form has: of a ModelAdmin or an inline."""
    of_form = getattr(getattr(admin_obj.form, "_meta", None), "exclude", None)
    left_out = of_form if admin_obj.exclude is None else admin_obj.exclude
    chosen = (
        flatten_fieldsets(admin_obj.fieldsets) if admin_obj.fieldsets else flatten(admin_obj.fields or ())
    )
    return [name for name in chosen or names if name not in (left_out or ())]
