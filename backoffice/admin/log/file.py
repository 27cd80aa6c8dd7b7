"""The log as a file: the operations that the filters and the search leave, as far as a person sees them."""

import csv
from collections.abc import Iterator
from datetime import tzinfo
from functools import partial
from typing import Any

from django.contrib.admin import site
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.admin.log import told
from backoffice.admin.log.noted import name_whom
from backoffice.admin.log.rows import Echo, safe
from backoffice.admin.log.seen import seen, with_names
from backoffice.models import AccessEvent, Operation
from backoffice.operations import kinds
from backoffice.operations.tables import recorded_models
from backoffice.privacy import holds
from backoffice.replica import surely
from backoffice.security.reads import record_read

PER_CHUNK = 1_000  # lines
MOST_LOOKED_AT = 10_000  # rows of a history, to find those that the lines name


def note_file(request: HttpRequest, operations: models.QuerySet[Any], number: int) -> None:
    """Note that somebody takes so many lines along, and whom these name: row by row, or so many lines."""
    what = AccessEvent.What.OPERATION_ROWS
    record_read(request, Operation, number, what)
    for model in recorded_models():
        if getattr(site._registry.get(model), "reads_recorded", False):
            keys = surely(partial(_named_in, request, operations, model))
            if keys != []:
                record_read(request, model, number if keys is None else keys, what)


def _named_in(request: HttpRequest, operations: models.QuerySet[Any], model: Any) -> list[Any] | None:
    """The rows of `model` that these operations touched or are about; None where that is too many, or not known any
    more. What a line is called does not say of which of its rows: it counts as naming them all.
    """
    label = model._meta.label
    named = with_names(request, operations).order_by()
    if named.filter(rows__has_key=label, expired_at__isnull=False).exists():
        return None
    steps = (
        model.history_model.objects.using(operations.db).order_by().filter(operation__in=named.values("pk"))
    )
    keys = list(steps.values_list("row_id", flat=True)[:MOST_LOOKED_AT])
    held = named.filter(kind__in=holds.KINDS, details__held__0=label)
    keys += held.values_list("details__held__1", flat=True)[:MOST_LOOKED_AT]
    return sorted(set(keys)) if len(keys) < MOST_LOOKED_AT else None


def log_lines(request: HttpRequest, operations: models.QuerySet[Any], zone: tzinfo) -> Iterator[str]:
    """A line of text for each operation, the newest first, after one of titles. Times are those of `zone`."""
    writer = csv.writer(Echo())
    yield "\ufeff"  # so that spreadsheets read it as UTF-8
    yield writer.writerow(
        [
            _("Number"),
            _("Time"),
            _("Kind"),
            _("Subject"),
            _("Who"),
            _("Source"),
            _("Rows"),
            _("What was done"),
            _("State"),
            _("Reason"),
            _("Takes back"),
        ]
    )
    rest = operations.order_by("-pk")
    while chunk := surely(partial(_chunk, request, rest)):
        for line in chunk:
            yield writer.writerow([safe(cell) for cell in _cells(line, zone)])
        rest = operations.order_by("-pk").filter(pk__lt=chunk[-1].pk)


def _chunk(request: HttpRequest, operations: models.QuerySet[Any]) -> list[Operation]:
    found = seen(request, operations[:PER_CHUNK])
    name_whom(site, request, found)
    return found


def _cells(line: Operation, zone: tzinfo) -> list[str]:
    return [
        str(line.pk),
        timezone.localtime(line.at, zone).isoformat(timespec="seconds"),
        kinds.label(line.kind),
        told.subject(line),
        told.who(line),
        line.source,
        "" if line.number is None else str(line.number),
        told.in_words(line.rows),
        told.standing(line),
        line.reason,
        "" if line.undoes_id is None else str(line.undoes_id),
    ]
