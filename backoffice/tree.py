"""Trees kept by a `parent` column alone: sub-trees and paths, one recursive query each."""

from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL


def descendants(model: type[models.Model], parent: str, roots: list[Any]) -> RawSQL:
    """A sub-query of the primary keys of `roots` and of everything below them, for `pk__in=…`."""
    return _closure(model, parent, roots, up=False)


def ancestors(model: type[models.Model], parent: str, leaves: list[Any]) -> RawSQL:
    """A sub-query of the primary keys of `leaves` and of everything above them, for `pk__in=…`."""
    return _closure(model, parent, leaves, up=True)


def _closure(model: type[models.Model], parent: str, start: list[Any], *, up: bool) -> RawSQL:
    # Names come from the model, values are parameters. UNION (not UNION ALL) ends even on a loop.
    quote = connection.ops.quote_name
    table, key, column = (
        quote(name) for name in (model._meta.db_table, _column(model, "pk"), _column(model, parent))
    )
    marks = ", ".join(["%s"] * len(start)) or "NULL"
    if up:
        step = f"SELECT t.{column} FROM {table} t JOIN closure c ON t.{key} = c.id"  # noqa: S608
        step += f" WHERE t.{column} IS NOT NULL"
    else:
        step = f"SELECT t.{key} FROM {table} t JOIN closure c ON t.{column} = c.id"  # noqa: S608
    seed = f"SELECT {key} FROM {table} WHERE {key} IN ({marks})"  # noqa: S608
    sql = f"WITH RECURSIVE closure(id) AS ({seed} UNION {step}) SELECT id FROM closure"  # noqa: S608
    return RawSQL(sql, list(start))  # noqa: S611


def _column(model: type[models.Model], name: str) -> str:
    """The database column of a field with one, such as a foreign key."""
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(field, models.Field) or field.column is None:
        raise ValueError(f"{model._meta.label}.{name} has no column of its own.")
    return field.column
