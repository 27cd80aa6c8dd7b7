"""Columns that came, or must be filled, since a row was recorded: of those the record holds nothing."""

from typing import Any

from django.db import connections
from django.db.models import Value
from django.db.models.functions import Coalesce


def filling(field: Any, using: str) -> Any:
    """What the migration that adds this column puts into rows that are there, as an expression; None for nothing."""
    if field.has_db_default():
        default = field.db_default
        return default if hasattr(default, "resolve_expression") else Value(default, output_field=field)
    default = connections[using].schema_editor().effective_default(field)
    return None if default is None else Value(default)


def filled(field: Any, recorded: Any, using: str) -> Any:
    """The `recorded` value; where there is none and the column cannot be empty, what rows got that were there."""
    default = None if field.null else filling(field, using)
    if default is None:
        return recorded
    return Coalesce(recorded, default, output_field=field)  # a history column has a plain type of its own
