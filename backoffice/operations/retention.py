"""What happens to operations that are too old to be undone: the line stays, the detail goes."""

import datetime
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Max
from django.utils import timezone

from backoffice.models import LegalHold, Operation
from backoffice.operations import guard
from backoffice.operations.tables import recorded_models
from backoffice.security.locks import housekeeping

BATCH = 5_000  # rows of history that go in one transaction


class Expired(NamedTuple):
    operations: int
    rows: int


def expire(before: datetime.datetime) -> Expired:
    """Remove the history rows of operations older than `before`. Safe to be stopped at any moment and run again.

    The lines are marked first, so that nobody undoes what is half gone; the next run finds what is left over.
    """
    lines = Operation.objects.filter(at__lt=before, expired_at=None)
    with housekeeping(lines.db):
        number = lines.order_by().update(expired_at=timezone.now())
    return Expired(number, sum(_forget(model) for model in recorded_models()))


def _forget(model: Any) -> int:
    """Delete the history of what expired but is not under legal hold, in the order of the index on (operation, row).

    By the columns themselves: an order by the relations would leave out the rows that are gone by now.
    """
    expired = Operation.objects.filter(expired_at__isnull=False)
    last = expired.aggregate(last=Max("pk"))["last"] or 0
    found = model.history_model.objects.filter(operation__in=expired, operation__lte=last)
    if isinstance(model._meta.pk, models.IntegerField):  # as only those have whom a hold can name
        found = found.exclude(row__in=LegalHold.objects.filter(model=model._meta.label).values("key"))
    found = found.order_by("operation_id", "row_id").values_list("pk", "operation_id")
    number = reached = 0
    while batch := list(found.filter(operation__gte=reached)[:BATCH]):
        reached = batch[-1][1]
        old = model.history_model.objects.filter(pk__in=[key for key, _ in batch])
        with guard.writing(), housekeeping(found.db):
            number += old._raw_delete(found.db)
    return number
