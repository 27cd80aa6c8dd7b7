"""How SQLite is told to read a long list in its order.

SQLite rather finds the rows that a filter leaves and sorts them all, whatever number of them a page shows. Where they
are many, the index of the order meets a page of them soon; a plus before a column keeps its own index out.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, models
from django.db.models import Q
from django.db.models.expressions import Col
from django.db.models.lookups import Lookup
from django.db.models.sql.where import WhereNode

if TYPE_CHECKING:
    from backoffice.admin.lists.order import Order


class _Unindexed(Col):
    """A column that is compared as it is, and by no index.

    What a decimal is compared with is a text on SQLite, and the column's type, which a plus takes away, makes a number
    of it: beside a text each number is the lesser.
    """

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = self.as_sql(compiler, connection)
        is_decimal = self.target.db_type(connection) == "decimal"
        return f"CAST({sql} AS NUMERIC)" if is_decimal else f"+{sql}", params


def row_by_row(rows: models.QuerySet[Any], order: "Order | None" = None) -> models.QuerySet[Any]:
    """`rows`, whose conditions so far use no index on SQLite but that of `order`."""
    if connections[rows.db].vendor != "sqlite":
        return rows
    rows = rows.all()
    rows.query.where = _unindexed(rows.query.where.clone(), order and order.fields[0])
    return rows


def parents_first(order: "Order", paths: Sequence[str], using: str) -> Q:
    """What lets SQLite read the related table first, in its order: a range of it, even of all that there is."""
    whole = connections[using].vendor == "sqlite" and order.relation and paths == order.paths
    text = isinstance(order.fields[0], models.CharField | models.TextField)
    return Q((f"{paths[0]}__gte", "")) if whole and text else Q()


def _unindexed(where: WhereNode, kept: Any) -> WhereNode:
    where.children = [_changed(child, kept) for child in where.children]
    return where


def _changed(node: Any, kept: Any) -> Any:
    if isinstance(node, WhereNode):
        return _unindexed(node, kept)
    if isinstance(node, Lookup) and isinstance(node.lhs, Col) and node.lhs.target != kept:
        node = node.copy()
        node.lhs = _Unindexed(node.lhs.alias, node.lhs.target, node.lhs.output_field)
    return node
