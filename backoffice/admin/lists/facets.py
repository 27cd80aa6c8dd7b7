"""How many rows each choice of a filter would leave: one query for a filter, of a bounded number of rows."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import RawSQL

from backoffice.admin import counting
from backoffice.admin.counting import Count
from backoffice.admin.lists.found import sql_of


def count_each(
    rows: models.QuerySet[Any], conditions: Sequence[Q], tree: tuple[str, RawSQL] | None = None
) -> list[Count | None]:
    """How many of `rows` each condition leaves; with `tree`, of those whose key is one of its keys.

    Exact where there are no more rows than counting.LIMIT. Of more, so many are looked at, whichever are met first:
    each condition leaves at least as many as it leaves of those, and of one that leaves none nothing is known.
    """
    marks = {f"choice_{n}": Case(When(condition, then=Value(1))) for n, condition in enumerate(conditions)}
    numbers = _numbers(rows, marks, tree)
    if numbers[0] <= counting.LIMIT:
        return [Count(number) for number in numbers[1:]]
    return [Count(number, "more") if number else None for number in numbers[1:]]


def _numbers(
    rows: models.QuerySet[Any], marks: dict[str, Case], tree: tuple[str, RawSQL] | None
) -> list[int]:
    """How many rows are looked at, then how many have each mark."""
    key, keys = tree or ("pk", None)
    rest = sql_of(rows.order_by().values(found_key=F(key), **marks), rows.db)
    if rest is None:
        return [0] * (len(marks) + 1)
    source, params = f"({rest[0]}) r", rest[1]
    if keys:
        source, params = f"({keys.sql}) k JOIN {source} ON r.found_key = k.id", (*keys.params, *params)
    names = ", ".join(["1 AS found", *(f"r.{name}" for name in marks)])
    counts = ", ".join(["COUNT(found)", *(f"COUNT({name})" for name in marks)])
    sql = f"SELECT {counts} FROM (SELECT {names} FROM {source} LIMIT %s) looked_at"  # noqa: S608
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, (*params, counting.LIMIT + 1))
        return list(cursor.fetchone())
