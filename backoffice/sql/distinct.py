"""The different values of an indexed column, without reading the table: each by one step in the index, a "loose index
scan". So the cost is that of the values and not of the rows: `SELECT DISTINCT` would read them all.
"""

from typing import Any

from django.db import connection, models


def first_values(model: type[models.Model], field: str, limit: int) -> list[str]:
    """The first `limit` values of a text column that are not empty, in order."""
    return _values(model, field, limit, "{column} > ''")


def few_keys(model: type[models.Model], relation: str, most: int) -> list[Any] | None:
    """The keys of the rows that `relation` points at; None where they are more than `most`."""
    found = _values(model, relation, most + 1, "{column} IS NOT NULL")
    return None if len(found) > most else found


def _values(model: type[models.Model], field: str, limit: int, filled: str) -> list[Any]:
    quote = connection.ops.quote_name
    known: Any = model._meta.get_field(field)
    table, column = quote(model._meta.db_table), quote(known.column)
    # Only quoted names of the schema are written into it.
    sql = (
        f"WITH RECURSIVE found(value, n) AS (SELECT MIN({column}), 1 FROM {table} "  # noqa: S608
        f"WHERE {filled.format(column=column)} "
        f"UNION ALL SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > found.value), n + 1 "
        f"FROM found WHERE value IS NOT NULL AND n < %s) SELECT value FROM found WHERE value IS NOT NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [limit])
        return [value for (value,) in cursor.fetchall()]
