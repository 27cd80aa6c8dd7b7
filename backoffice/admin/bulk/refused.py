"""A file of every row that cannot be changed, with its reason, for a selection of any size."""

import csv
import io
import tempfile
from functools import partial
from typing import IO, Any

from django.contrib.admin import ModelAdmin
from django.db import models, router, transaction
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.access.pieces import asked_for_file
from backoffice.admin.actions import SelectionAction
from backoffice.admin.bulk.settled import Refusals, Refused, settled
from backoffice.security.reads import named, record_read

CHUNK = 2_000  # rows
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would carry it out


def refused_file(
    request: HttpRequest, action: SelectionAction, rows: models.QuerySet[Any], refusals: Refusals
) -> HttpResponseBase:
    """The refused among `rows`, once for each reason, noted down; or the answer that asks who it is: it is a list of
    rows, like an export. Written to disk first: nobody waits for a slow reader.
    """
    file, model_admin = tempfile.TemporaryFile(), action.model_admin  # noqa: SIM115  the response closes it
    with transaction.atomic(using=router.db_for_write(rows.model)), settled(rows, refusals) as found:
        keys = found.all_refused.order_by("pk").values_list("pk", flat=True)
        which = named(keys, found.number) if getattr(model_admin, "reads_recorded", False) else found.number
        _write(file, model_admin, found.refused)
    chosen = f"action={action.name}"
    note = partial(record_read, request, rows.model, which, "refused_rows", filters=chosen)
    if again := asked_for_file(request, found.number, note):
        file.close()
        return again
    file.seek(0)
    name = f"{model_admin.opts.model_name}-{_('refused')}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


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
