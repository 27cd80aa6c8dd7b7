"""Keep the figures of large tables: the worker calls keep_up() every few seconds."""

import hashlib
import json
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import Error, connection, transaction
from django.db.models import Q
from django.utils import timezone

from backoffice.background.jobs import Job
from backoffice.dashboard import counts
from backoffice.dashboard.declared import Board, boards
from backoffice.dashboard.models import KeptBoard, KeptFigures

logger = logging.getLogger(__name__)

LIVE = 20_000  # rows that are counted on each request
KEYS = 1_000  # rows of a list that are kept by key
MINUTE = timedelta(minutes=1)
SHARE = 20  # counting takes at most this part of the time: every minute, or as many times as long as it took
UNSEEN = timedelta(hours=1)  # what was written past the log is counted after this time
DEAD = timedelta(minutes=10)  # a worker that has counted for so long is gone
BATCH = 1_000


def keep_up() -> None:
    """Count what is due. On SQLite not while a job runs: that is its one writer."""
    if connection.vendor == "sqlite" and Job.objects.filter(state=Job.State.RUNNING).exists():
        return
    for board in boards():
        try:
            if is_due(board):
                count(board)
        except Error:
            raise  # whoever calls gives the connection up and comes again
        except Exception:
            logger.exception("The figures of %s could not be counted.", board.name)


def is_due(board: Board) -> bool:
    """Whether something happened since, it is another day, somebody asked, or it is long ago."""
    state = KeptBoard.objects.filter(pk=board.name).first()
    if state is None or state.counted_at is None:
        return True
    age = timezone.now() - state.counted_at
    if state.asked_at and state.asked_at > state.counted_at:
        return True
    if age < max(MINUTE, timedelta(seconds=SHARE * state.seconds)):
        return False
    return age > UNSEEN or state.day != timezone.localdate() or state.operation != newest_operation()


def count(board: Board) -> bool:
    """Count the figures of a board and keep them, unless a worker is at it; none of a table that is counted live."""
    now = timezone.now()
    KeptBoard.objects.get_or_create(pk=board.name)
    free = Q(began_at__isnull=True) | Q(began_at__lt=now - DEAD)
    if not KeptBoard.objects.filter(free, pk=board.name).update(began_at=now):
        return False
    try:
        with _patiently():
            _count(board, now)
    finally:
        KeptBoard.objects.filter(pk=board.name, began_at=now).update(began_at=None)
    return True


@contextmanager
def _patiently() -> Iterator[None]:
    """Where the server ends long statements, not these. SQLite's one writer is not held while rows are counted."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _count(board: Board, now: Any) -> None:
    started, operation, day = time.monotonic(), newest_operation(), timezone.localdate()
    rows = largest(board)
    is_large = rows > LIVE
    kept = [each.measure for each in board.attention if each.keep and is_large]
    keys = {name: _keys(board, name, day) for name in kept}
    with transaction.atomic():
        _keep(board, counts.entries(board, day) if is_large else ())
        KeptBoard.objects.filter(pk=board.name).update(
            rows=rows,
            day=day,
            operation=operation,
            counted_at=now,
            keys=keys,
            seconds=time.monotonic() - started,
        )


def largest(board: Board) -> int:
    """The number of rows of the model or of its tree, whichever are more; no further than is asked for."""
    models = {board.model, board.tree.model}
    return max(model._base_manager.order_by().values("pk")[: LIVE + 1].count() for model in models)


def newest_operation() -> int:
    from backoffice.models import Operation

    return Operation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _keys(board: Board, name: str, day: Any) -> list[Any] | None:
    """The keys of the rows that a measure counts; None of too many."""
    rows = board.model._base_manager.filter(board.measure(name).where(day)).order_by()
    keys = list(rows.values_list("pk", flat=True)[: KEYS + 1])
    return keys if len(keys) <= KEYS else None


def _keep(board: Board, found: Iterable[counts.Entry]) -> None:
    """Only what is other than before is written."""
    kept = KeptFigures.objects.filter(board=board.name)
    marks = dict(kept.values_list("place", "mark"))
    new = (row for row in (_row(board, entry) for entry in found) if marks.pop(row.place, "") != row.mark)
    while rows := list(islice(new, BATCH)):
        kept.filter(place__in=[row.place for row in rows]).delete()
        KeptFigures.objects.bulk_create(rows)
    gone = iter(marks)
    while keys := list(islice(gone, BATCH)):
        kept.filter(place__in=keys).delete()


def _row(board: Board, entry: counts.Entry) -> KeptFigures:
    kept = entry.counts.as_json()
    told = json.dumps([entry.parent, entry.own, entry.size, kept], sort_keys=True)
    mark = hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
    return KeptFigures(
        board=board.name,
        place=entry.place,
        parent=entry.parent,
        own=entry.own,
        size=entry.size,
        counts=kept,
        mark=mark,
    )
