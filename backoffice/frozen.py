"""A set of rows that stays the same for the rest of a transaction, whatever others do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, models, router
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.utils.crypto import get_random_string

KEY = "frozen_key"


@contextmanager
def frozen(rows: models.QuerySet[Any]) -> Iterator[models.QuerySet[Any]]:
    """`rows` by their keys, kept in a temporary table; inside a transaction.

    However dear the filter of `rows` is, it is asked once; what follows finds a row by its key. A rollback removes
    the table.
    """
    using = router.db_for_write(rows.model)
    connection = connections[using]
    table = f"frozen_{get_random_string(12).lower()}"
    keys = rows.using(using).order_by().annotate(**{KEY: F("pk")}).values(KEY)
    sql, params = keys.query.get_compiler(using, elide_empty=False).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} AS {sql}", params)
        cursor.execute(f"CREATE UNIQUE INDEX {table}_key ON {table} ({KEY})")
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {table}")
    kept = RawSQL(f"SELECT {KEY} FROM {table}", [])  # noqa: S608, S611
    yield rows.model._default_manager.using(using).filter(pk__in=kept)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")
