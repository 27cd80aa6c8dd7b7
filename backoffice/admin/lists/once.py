"""Each row once, also where a filter joined what a row has many of."""

from typing import Any

from django.db import models
from django.db.models.expressions import Col
from django.db.models.sql.datastructures import Join
from django.db.models.sql.where import WhereNode


def each_once(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """`rows`, without the joins by which one of them could be there several times; their conditions in a sub-query."""
    query = rows.query
    joined = (query.alias_map[alias] for alias, uses in query.alias_refcount.items() if uses)
    if query.group_by is not None or not any(map(_is_to_many, joined)):
        return rows
    once = rows.all()
    once.query.where = WhereNode()
    once.query.distinct, once.query.distinct_fields = False, ()
    once.query.alias_refcount |= dict.fromkeys(query.alias_refcount.keys() - _shown(query), 0)
    return once.filter(pk__in=rows.order_by().values("pk"))


def _is_to_many(table: Any) -> bool:
    """Whether more than one of its rows can be joined to a row."""
    if not isinstance(table, Join):
        return False
    field: Any = table.join_field
    return not (field.concrete or field.one_to_one)


def _shown(query: Any) -> set[str]:
    """The aliases of the tables that annotations read, with those that lead there."""
    asked, found = list(query.annotations.values()), {query.base_table}
    while asked:
        expression = asked.pop()
        if isinstance(expression, Col):
            found |= _way(query, expression.alias)
        asked += filter(None, getattr(expression, "get_source_expressions", list)())
    return found


def _way(query: Any, alias: str | None) -> set[str]:
    if alias is None or alias not in query.alias_map:
        return set()
    return {alias, *_way(query, query.alias_map[alias].parent_alias)}
