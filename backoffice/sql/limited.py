"""The first rows of a set, for a question that is asked of them alone."""

from typing import Any

from django.db import connections, models
from django.db.models.expressions import RawSQL


def first_keys(rows: models.QuerySet[Any], number: int) -> Any:
    """The keys of `number` of `rows`, for `pk__in`. As a table of its own on MySQL, which takes a limit in no other
    place.
    """
    keys = rows.values("pk")[:number]
    if connections[rows.db].features.allow_sliced_subqueries_with_in:
        return keys
    sql, params = keys.query.get_compiler(rows.db, elide_empty=False).as_sql()
    return RawSQL(f"SELECT * FROM ({sql}) first_ones", params)  # noqa: S608, S611
