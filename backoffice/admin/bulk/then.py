"""The rows of a set as they were at a moment, read from what was recorded since: for who is no longer in the set."""

from typing import Any

from django.db import models
from django.db.models import F, Min
from django.db.models.sql.datastructures import BaseTable

from backoffice.operations.tables import old

Rows = models.QuerySet[Any]


class _Then(BaseTable):
    """The rows of a table that were changed or deleted since, with their values of then, in its place."""

    def __init__(self, table: BaseTable, columns: list[str], changes: Rows) -> None:
        super().__init__(table.table_name, table.table_alias)
        self.columns, self.changes = columns, changes

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.changes.query.get_compiler(connection=connection, elide_empty=False).as_sql()
        named = ", ".join(f"NULL AS {connection.ops.quote_name(column)}" for column in self.columns)
        alias = compiler.quote_name_unless_alias(self.table_alias)
        # The first part, without rows, names the columns: the history's own names are others.
        return f"(SELECT {named} WHERE 1 = 0 UNION ALL {sql}) {alias}", tuple(params)


def once_in(rows: Rows, changes: Rows) -> Rows:
    """Those who would have been found by `rows` before these changes (history rows), as they were.

    On SQLite what a search finds is asked of its index, which knows the present alone.
    """
    model: Any = rows.model
    fields = model._meta.concrete_fields
    first = changes.values("row_id").annotate(first=Min("pk")).values("first")
    values = {f"then_{number}": _then(field) for number, field in enumerate(fields)}
    before = changes.filter(pk__in=first).exclude(action="+").annotate(**values).values_list(*values)
    rows = rows.all()
    alias = rows.query.get_initial_alias()
    table = rows.query.alias_map[alias]
    assert isinstance(table, BaseTable)
    rows.query.alias_map[alias] = _Then(table, [field.column for field in fields], before)
    return rows


def _then(field: Any) -> Any:
    if field.primary_key:
        return F("row_id")
    if not field.generated:
        return F(old(field))
    names = {known.name: F(old(known)) for known in field.model._meta.concrete_fields if not known.generated}
    return field.expression.replace_expressions({F(name): value for name, value in names.items()})
