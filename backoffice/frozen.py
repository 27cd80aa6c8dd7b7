"""Rows that stay the same while the tables around them change."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.models.expressions import RawSQL

from backoffice.cascades import KEYS
from backoffice.links import Rows


@contextmanager
def frozen(rows: Rows) -> Iterator[Rows]:
    """The same rows by their keys, for the rest of a transaction.

    A filter such as "authors with books" would find other rows once the books are gone. Few keys are kept in
    the query, many in a temporary table: three million of them are too much for this process.
    """
    plain = rows.order_by()
    every = rows.model._base_manager.using(rows.db)
    keys = list(plain.values_list("pk", flat=True)[: KEYS + 1])
    if len(keys) <= KEYS:
        yield every.filter(pk__in=keys)
        return
    connection = connections[rows.db]
    table = connection.ops.quote_name(f"frozen_{secrets.token_hex(8)}")
    sql, params = plain.values("pk").query.get_compiler(rows.db).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} AS {sql}", params)
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {table}")  # nothing else tells the planner how many there are
    yield every.filter(pk__in=RawSQL(f"SELECT * FROM {table}", []))  # noqa: S608, S611
    # After an exception the rollback takes the table away.
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")
