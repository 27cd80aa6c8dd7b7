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
    meta = model._meta
    assert meta.pk is not None
    quote = connection.ops.quote_name
    table, key, column = quote(meta.db_table), quote(meta.pk.column), quote(meta.get_field(parent).column)
    marks = ", ".join(["%s"] * len(start)) or "NULL"
    if up:
        step = f"SELECT t.{column} FROM {table} t JOIN closure c ON t.{key} = c.id WHERE t.{column} IS NOT NULL"
    else:
        step = f"SELECT t.{key} FROM {table} t JOIN closure c ON t.{column} = c.id"
    sql = (
        f"WITH RECURSIVE closure(id) AS ("
        f"SELECT {key} FROM {table} WHERE {key} IN ({marks}) UNION {step}) SELECT id FROM closure"
    )
    return RawSQL(sql, list(start))  # noqa: S611
