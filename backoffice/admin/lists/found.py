"""How many rows a search or a sub-tree finds: one query each, however many they are."""

from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models.expressions import RawSQL
from django.db.models.sql.datastructures import BaseTable

from backoffice.admin import counting
from backoffice.admin.counting import Count, table_estimate
from backoffice.admin.lists import near

PLENTY = 80_000  # rows that are better read in their order until a page is full than found and then sorted
BLOCKS = 300  # of the table that are looked at to see whether there are plenty
BLOCK = 8192  # bytes
SMALL = 10 * BLOCKS * BLOCK  # a table that is not looked at so
A_PAGE = 200  # rows: more than one shows

Sql = tuple[str, tuple[Any, ...]]


class Found(NamedTuple):
    size: Count
    plenty: bool = False


def count_found(rows: models.QuerySet[Any], one_by_one: models.QuerySet[Any] | None = None) -> Found:
    """The number of `rows`, up to counting.LIMIT.

    With `one_by_one`, the same rows asked for in a way that suits looking at a few of the table, PostgreSQL takes a
    sample first. Where that holds as many as it would of PLENTY rows, there are more, and they need not be counted:
    even if the rows of one search lay side by side, ten thousand would hardly ever (1 in 100,000) seem so many.
    """
    return _answer(rows, sql_of(rows.order_by().values("pk")[: counting.LIMIT + 1], rows.db), one_by_one)


def count_near(one_by_one: models.QuerySet[Any]) -> Found | None:
    """At least how many rows there are: those among the first of the table; None where that does not say enough.

    For what no index finds: of a single letter it holds a great part of the table, and the rows that have three of them
    are few of those.
    """
    if (table_estimate(one_by_one.model, one_by_one.db) or 0) <= near.FAR:
        return None
    nearest = one_by_one.model._base_manager.using(one_by_one.db).order_by("pk")[: near.FAR]
    close = near.among(one_by_one, nearest)
    found = _answer(close, sql_of(close.order_by().values("pk")[: counting.LIMIT + 1], close.db), one_by_one)
    if found.plenty or found.size.kind == "more":
        return found
    return Found(Count(found.size.number, "more")) if found.size.number >= A_PAGE else None


def count_below(
    rows: models.QuerySet[Any], key: str, keys: RawSQL, one_by_one: models.QuerySet[Any] | None = None
) -> Found:
    """As count_found(), of those of `rows` whose `key` is one of `keys`, a sub-query of an `id` without repeats.

    Joined, and not asked for with IN: so no more keys are looked for once there are enough rows.
    """
    rest = sql_of(rows.order_by().values(found_key=models.F(key)), rows.db)
    if rest is None:
        return Found(Count(0))
    if key == "pk" and not rows.query.where:  # the keys of the tree itself, and all of them
        return _answer(rows, (f"{keys.sql} LIMIT %s", (*keys.params, counting.LIMIT + 1)), one_by_one)
    sql = f"SELECT 1 FROM ({keys.sql}) k JOIN ({rest[0]}) r ON r.found_key = k.id LIMIT %s"  # noqa: S608
    return _answer(rows, (sql, (*keys.params, *rest[1], counting.LIMIT + 1)), one_by_one)


def _answer(
    rows: models.QuerySet[Any], bounded: Sql | None, one_by_one: models.QuerySet[Any] | None
) -> Found:
    if bounded is None:
        return Found(Count(0))
    sql, params = f"SELECT COUNT(*) FROM ({bounded[0]}) bounded", bounded[1]  # noqa: S608
    sample = _sample(one_by_one) if one_by_one is not None else None
    if sample is not None:
        sql = f"SELECT CASE WHEN {sample[0]} THEN -1 ELSE ({sql}) END"
        params = (*sample[1], *params)
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, params)
        number = cursor.fetchone()[0]
    if 0 <= number <= counting.LIMIT:
        return Found(Count(number))
    return Found(Count(counting.LIMIT, "more"), plenty=number < 0)


class _Sampled(BaseTable):
    """Some blocks of a table, the same ones each time; none of a small table."""

    def as_sql(self, compiler: Any, connection: Any) -> Sql:
        sql, params = super().as_sql(compiler, connection)
        return f"{sql} TABLESAMPLE SYSTEM ({_share(self.table_name)}) REPEATABLE (0)", tuple(params)


def _share(table: str) -> str:
    """SQL for the part of `table` to look at, in per cent."""
    size = f"pg_relation_size('{table}')"
    return f"CASE WHEN {size} > {SMALL} THEN LEAST(100, 100.0 * {BLOCKS * BLOCK} / {size}) ELSE 0 END"


def _sample(rows: models.QuerySet[Any]) -> Sql | None:
    """SQL that is true when a sample of the table holds plenty of `rows`; None where the engine takes none."""
    if connections[rows.db].vendor != "postgresql":
        return None
    sampled = rows.order_by().values("pk")
    query = sampled.query
    alias = query.get_initial_alias()
    table = query.alias_map[alias]
    assert isinstance(table, BaseTable)
    query.alias_map[alias] = _Sampled(table.table_name, table.table_alias)
    found = sql_of(sampled, rows.db)
    if found is None:
        return None
    enough = f"CEIL(GREATEST(1, {PLENTY} * ({_share(table.table_name)}) / 100))"
    sql = f"(SELECT COUNT(*) FROM ({found[0]} LIMIT {enough}) sampled) >= {enough}"  # noqa: S608
    return sql, found[1]


def sql_of(rows: models.QuerySet[Any], using: str) -> Sql | None:
    try:
        sql, params = rows.query.get_compiler(using).as_sql()
    except EmptyResultSet:
        return None
    return sql, tuple(params)
