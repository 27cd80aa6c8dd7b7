"""Pieces are a whole: what a person took along or wrote within an hour, without being fresh, is counted together.

Also what they send at the same moment: inside `one_at_a_time`, which ends with its transaction, the next one waits and
sees what this one has noted.
"""

import datetime
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse

from backoffice.access import fresh
from backoffice.models import AccessEvent, Operation
from backoffice.operations.current import EVERYDAY
from backoffice.sql import locks

What = AccessEvent.What
TOGETHER = 60 * 60  # seconds
FILES = (What.EXPORT, What.OPERATION_ROWS, What.REFUSED_ROWS)


@contextmanager
def one_at_a_time(request: HttpRequest) -> Iterator[None]:
    with transaction.atomic(using=router.db_for_write(AccessEvent)):
        wait(request)
        yield


def wait(request: HttpRequest) -> None:
    locks.take(get_user_model(), request.user.pk)


def asked_for_file(request: HttpRequest, number: int, note: Callable[[], None]) -> HttpResponse | None:
    """Before a file of so many rows is sent: the answer that asks who it is, or None once `note` has noted it down."""
    with one_at_a_time(request):
        if answer := fresh.demand(request, number + _in_files(request)):
            return answer
        note()
    return None


def _in_files(request: HttpRequest) -> int:
    """Rows in files that went out before, of whatever kind."""
    lines = AccessEvent.objects.using(router.db_for_write(AccessEvent)).filter(
        actor_id=request.user.pk, what__in=FILES, at__gte=_since(request)
    )
    return int(lines.aggregate(rows=Sum("number"))["rows"] or 0)


def is_everyday(operation: Operation) -> bool:
    """One row in a form: whoever edits all day is not asked for it, a hundred deletions one by one are a whole."""
    return operation.kind in EVERYDAY and operation.number == 1


def written(request: HttpRequest, operation: Operation) -> int:
    """Rows that were written before `operation`; for a larger one it was asked at that time."""
    before = Operation.objects.using(operation._state.db).filter(
        actor_id=request.user.pk, at__gte=_since(request), number__lte=settings.FRESH_ROWS
    )
    pieces = before.exclude(pk=operation.pk).exclude(kind__in=EVERYDAY, number=1)
    return int(pieces.aggregate(rows=Sum("number"))["rows"] or 0)


def _since(request: HttpRequest) -> datetime.datetime:
    stale = fresh.shown_at(request) + settings.FRESH_SECONDS
    return datetime.datetime.fromtimestamp(max(time.time() - TOGETHER, stale), tz=datetime.UTC)
