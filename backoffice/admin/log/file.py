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
from backoffice.admin.log.seen import seen
from backoffice.models import Operation
from backoffice.operations import kinds
from backoffice.replica import surely

PER_CHUNK = 1_000  # lines


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
