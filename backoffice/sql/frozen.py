"""Sets of rows by their keys: one that stays the same for the rest of a transaction, one from keys in hand."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections, models, router
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import RawSQL
from django.utils.crypto import get_random_string

KEY = "frozen_key"


@contextmanager
def frozen(rows: models.QuerySet[Any]) -> Iterator[models.QuerySet[Any]]:
    """`rows` by their keys, kept in a temporary table; inside a transaction.

    However dear the filter of `rows` is, it is asked once; what follows finds a row by its key. A rollback removes
    the table.
    """
    with frozen_table(rows) as (kept, _table):
        yield kept


@contextmanager
def frozen_table(rows: models.QuerySet[Any]) -> Iterator[tuple[models.QuerySet[Any], str]]:
    """As frozen(), with the name of the table: a key KEY that is deleted there is no longer in the set."""
    using = router.db_for_write(rows.model)
    connection = connections[using]
    table = f"frozen_{get_random_string(12).lower()}"
    keys = rows.using(using).order_by().annotate(**{KEY: F("pk")}).values(KEY)
    sql, params = keys.query.get_compiler(using, elide_empty=False).as_sql()
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":  # where CREATE INDEX commits
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (UNIQUE KEY ({KEY})) AS {sql}", params)
        else:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} AS {sql}", params)
            cursor.execute(f"CREATE UNIQUE INDEX {table}_key ON {table} ({KEY})")
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {table}")
    kept = RawSQL(f"SELECT {KEY} FROM {table}", [])  # noqa: S608, S611
    yield rows.model._default_manager.using(using).filter(pk__in=kept), table
    with connection.cursor() as cursor:
        cursor.execute(f"DROP {temporary(connection)} {table}")


def temporary(connection: Any) -> str:
    """How a temporary table is called where it is dropped: MySQL commits for a DROP TABLE, even of one."""
    return "TEMPORARY TABLE" if connection.vendor == "mysql" else "TABLE"


def among(model: type[models.Model], keys: Iterable[Any]) -> models.QuerySet[Any]:
    """The rows with these keys, many of them, as a set that a rule may ask about again and again."""
    return model._default_manager.filter(is_one_of(model, list(keys)))


def is_one_of(model: type[models.Model], keys: Sequence[Any]) -> Q:
    """The rows with these keys, for a question that is asked for each row of another one.

    PostgreSQL fills a hash of an array once, and one of a sub-query again for each row that asks.
    """
    if connections[router.db_for_read(model)].vendor == "postgresql":
        return Q(_OneOf(F("pk"), Value(list(keys), output_field=_Keys())))
    return Q(pk__in=key_set(model, keys))


class _OneOf(Func):
    template = "%(expressions)s"
    arg_joiner = " = ANY "
    output_field = models.BooleanField()


class _Keys(models.Field[Any, Any]):
    """An array of keys, as psycopg knows one."""

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "(%s)"


def key_set(model: type[models.Model], keys: Iterable[Any]) -> Any:
    """Keys for `pk__in`. As a table of one parameter where the engine can: it hashes a table, while thousands of
    literals inside a nested question are gone through for each row.
    """
    using = router.db_for_read(model)
    connection, pk = connections[using], model._meta.pk
    values = [pk.get_db_prep_value(key, connection) for key in keys]
    if connection.vendor == "postgresql":
        return RawSQL(f"SELECT unnest(%s::{pk.rel_db_type(connection)}[])", [values])  # noqa: S611
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(values, default=str)])
    return values
