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


@contextmanager
def settled(rows: Rows, refusals: Refusals) -> Iterator[Settled]:
    """Who is refused, asked again without those until nobody more is; in tables that last as long as the block."""
    connection = connections[router.db_for_write(rows.model)]
    kept = f"refused_{get_random_string(12).lower()}"
    kind = rows.model._meta.pk.rel_db_type(connection)
    with frozen_table(rows) as (left, table), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {kept} ({KEY} {kind}, reason integer)")
        reasons: list[str] = []
        while _ask(cursor, left, refusals, kept, reasons):
            gone = f"SELECT {KEY} FROM {kept}"  # noqa: S608
            cursor.execute(f"DELETE FROM {table} WHERE {KEY} IN ({gone})")  # noqa: S608
        refused = [Refused(reason, _having(rows, kept, number)) for number, reason in enumerate(reasons)]
        cursor.execute(f"SELECT COUNT(DISTINCT {KEY}) FROM {kept}")  # noqa: S608
        yield Settled(left, refused, int(cursor.fetchone()[0]))
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


def _having(rows: Rows, kept: str, reason: int) -> Rows:
    keys = RawSQL(f"SELECT {KEY} FROM {kept} WHERE reason = %s", [reason])  # noqa: S608, S611
    found: Rows = rows.model._default_manager.using(router.db_for_write(rows.model))
    return found.filter(pk__in=keys)
