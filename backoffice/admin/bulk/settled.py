"""Who is refused by the rules, for a selection of any size: in the database's tables, never in Python's memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connections, models, router
from django.db.models.expressions import RawSQL
from django.utils.crypto import get_random_string

from backoffice.rules import Refusal
from backoffice.sql.frozen import KEY, frozen_table, temporary

Rows = models.QuerySet[Any]
Refusals = Callable[[Rows], Iterator[Refusal]]


class Refused(NamedTuple):
    reason: str
    rows: Rows


class Settled(NamedTuple):
    left: Rows  # who is not refused
    refused: list[Refused]
    number: int  # of those who are, each counted once
    all_refused: Rows


@contextmanager
def settled(rows: Rows, refusals: Refusals) -> Iterator[Settled]:
    """Who is refused, asked again without those until nobody more is; in tables that last as long as the block."""
    connection = connections[router.db_for_write(rows.model)]
    kept = f"refused_{get_random_string(12).lower()}"
    kind = rows.model._meta.pk.rel_db_type(connection)
    with frozen_table(rows) as (left, table), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {kept} ({KEY} {kind}, reason integer)")
        reasons: list[str] = []
        gone = f"SELECT {KEY} FROM {kept}"  # noqa: S608
        while _ask(cursor, left, refusals, kept, reasons):
            cursor.execute(f"DELETE FROM {table} WHERE {KEY} IN ({gone})")  # noqa: S608
        refused = [
            Refused(reason, _in(rows, f"{gone} WHERE reason = %s", number))
            for number, reason in enumerate(reasons)
        ]
        cursor.execute(f"SELECT COUNT(DISTINCT {KEY}) FROM {kept}")  # noqa: S608
        yield Settled(left, refused, int(cursor.fetchone()[0]), _in(rows, gone))
        cursor.execute(f"DROP {temporary(connection)} {kept}")


def _ask(cursor: Any, left: Rows, refusals: Refusals, kept: str, reasons: list[str]) -> int:
    """Keep who is refused among those who are left; how many."""
    number = 0
    for refusal in refusals(left):
        if refusal.reason not in reasons:
            reasons.append(refusal.reason)
        keys = refusal.rows.order_by().annotate(**{KEY: models.F("pk")}).values(KEY).distinct()
        sql, params = keys.query.get_compiler(left.db, elide_empty=False).as_sql()
        reason = reasons.index(refusal.reason)
        cursor.execute(f"INSERT INTO {kept} SELECT found.{KEY}, {reason} FROM ({sql}) found", params)  # noqa: S608
        number += cursor.rowcount
    return number


def _in(rows: Rows, keys: str, *params: Any) -> Rows:
    found: Rows = rows.model._default_manager.using(router.db_for_write(rows.model))
    return found.filter(pk__in=RawSQL(keys, params))  # noqa: S611
