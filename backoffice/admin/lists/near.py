"""A page of rows of which a filter leaves many.

They are looked for near the page's place in the order; where they lie elsewhere, walking on could read the whole
table, so they are found as a set and sorted. On PostgreSQL, in one statement.
"""

from typing import Any

from django.db import models
from django.db.models.sql.datastructures import BaseTable

NEAR = (
    20_000  # rows: what is left evenly of 3,000,000, if it is more than are counted, fills a page much sooner
)
FAR = 150_000  # where plenty is left, which takes longer to find and sort

Sql = tuple[str, tuple[Any, ...]]


class _Nearest(BaseTable):
    """The first rows of a table from a place on, in its place."""

    def __init__(self, table: BaseTable, sql: Sql) -> None:
        super().__init__(table.table_name, table.table_alias)
        self.sql = sql

    def as_sql(self, compiler: Any, connection: Any) -> Sql:
        sql, params = self.sql
        return f"({sql}) {compiler.quote_name_unless_alias(self.table_alias)}", params


def among(rows: models.QuerySet[Any], nearest: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of `rows` that are among `nearest`, some of the table in the order of `rows`."""
    rows = rows.all()
    alias = rows.query.get_initial_alias()
    table = rows.query.alias_map[alias]
    assert isinstance(table, BaseTable)
    rows.query.alias_map[alias] = _Nearest(table, _sql(nearest))
    return rows


def first_full(near: Sql, every: Sql, limit: int) -> Sql:
    """SQL for the keys that `near` finds if they are `limit`, else for those of `every`."""
    full = f"(SELECT COUNT(*) FROM near) >= {limit}"  # noqa: S608
    sql = (
        f"WITH near(pk) AS MATERIALIZED ({near[0]}) SELECT pk FROM near WHERE {full} "  # noqa: S608
        f"UNION ALL SELECT * FROM ({every[0]}) every WHERE NOT {full}"
    )
    return sql, (*near[1], *every[1])


def _sql(rows: models.QuerySet[Any]) -> Sql:
    sql, params = rows.query.get_compiler(rows.db).as_sql()
    return sql, tuple(params)
