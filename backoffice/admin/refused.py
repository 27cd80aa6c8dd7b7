"""A file of every row that cannot be changed, with its reason, for a selection of any size."""

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from django.contrib.admin import ModelAdmin
from django.db import connections, models, router, transaction
from django.db.models.expressions import RawSQL
from django.http import FileResponse
from django.utils.crypto import get_random_string
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.admin.preview import Refusals
from backoffice.frozen import KEY, frozen_table

CHUNK = 2_000  # rows
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would carry it out


class Refused(NamedTuple):
    reason: str
    rows: models.QuerySet[Any]


def refused_file(model_admin: ModelAdmin, rows: models.QuerySet[Any], refusals: Refusals) -> FileResponse:
    """The refused among `rows`, once for each reason. Written to disk first: nobody waits for a slow reader."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    with transaction.atomic(using=router.db_for_write(rows.model)), settled(rows, refusals) as found:
        _write(file, model_admin, found)
    file.seek(0)
    name = f"{model_admin.opts.model_name}-{_('refused')}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


@contextmanager
def settled(rows: models.QuerySet[Any], refusals: Refusals) -> Iterator[list[Refused]]:
    """Who is refused, asked again without those until nobody more is; in tables that last as long as the block."""
    connection = connections[router.db_for_write(rows.model)]
    kept = f"refused_{get_random_string(12).lower()}"
    kind = rows.model._meta.pk.rel_db_type(connection)
    with frozen_table(rows) as (left, table), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {kept} ({KEY} {kind}, reason integer)")
        reasons: list[str] = []
        while _round(cursor, left, refusals, kept, reasons):
            gone = f"SELECT {KEY} FROM {kept}"  # noqa: S608
            cursor.execute(f"DELETE FROM {table} WHERE {KEY} IN ({gone})")  # noqa: S608
        yield [Refused(reason, _having(rows, kept, number)) for number, reason in enumerate(reasons)]
        cursor.execute(f"DROP TABLE {kept}")


def _round(cursor: Any, left: models.QuerySet[Any], refusals: Refusals, kept: str, reasons: list[str]) -> int:
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


def _having(rows: models.QuerySet[Any], kept: str, reason: int) -> models.QuerySet[Any]:
    keys = RawSQL(f"SELECT {KEY} FROM {kept} WHERE reason = %s", [reason])  # noqa: S608, S611
    found: models.QuerySet[Any] = rows.model._default_manager.using(router.db_for_write(rows.model))
    return found.filter(pk__in=keys)


def _write(file: IO[bytes], model_admin: ModelAdmin, found: list[Refused]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")  # the mark tells spreadsheets what it is
    writer = csv.writer(text)
    names = ["pk", *getattr(model_admin, "exact_fields", ())]
    fields: list[Any] = [model_admin.opts.pk, *(model_admin.opts.get_field(name) for name in names[1:])]
    titles = [
        capfirst(str(title))
        for title in (*(field.verbose_name for field in fields), model_admin.opts.verbose_name)
    ]
    writer.writerow([*titles, _("Reason")])
    for reason, rows in found:
        for row in rows.order_by("pk").iterator(CHUNK):
            cells = [*(getattr(row, field.attname) for field in fields), row, reason]
            writer.writerow([_plain(cell) for cell in cells])
    text.flush()
    text.detach()


def _plain(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
