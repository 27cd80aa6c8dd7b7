"""Ask for a job."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.background.boards import board
from backoffice.background.jobs import Job
from backoffice.serving import request_id
from backoffice.sql import locks

if TYPE_CHECKING:
    from backoffice.models import Operation


def is_long(rows: int) -> bool:
    """Whether an operation on so many rows is too long for a request."""
    return rows > int(settings.BACKGROUND_ROWS)


def start(
    kind: str,
    path: str,
    parameters: dict[str, Any],
    *,
    actor: Any,
    rows: int,
    title: str,
    back: str = "",
) -> Job:
    """A job for the next worker that is free. `path` names the function (see backoffice.background).

    `back` is the address of the page where the person can ask for it again. Who asks for the same twice in a row, while
    it is not over, has asked for it once: it is the job that there is.
    """
    with transaction.atomic():
        # Of two that come at once, one waits for the other's job.
        locks.take(Job, actor.pk if actor else None)
        if asked := _asked(path, parameters, actor):
            return asked
        job = Job.objects.create(
            kind=kind,
            path=path,
            parameters=parameters,
            actor=actor,
            rows=rows,
            title=title[:200],
            back=back,
            request_id=request_id.current.get(),
            language=get_language() or settings.LANGUAGE_CODE,
        )
        # Of a job of the same number, in a database that stood here before: it may have been cancelled.
        board().forget(job)
        enqueue(job)
    return job


def _asked(path: str, parameters: dict[str, Any], actor: Any) -> Job | None:
    """The very same job of this person, if it is the last that they asked for, is under way and is not about to be
    cancelled.
    """
    unfinished = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING], actor=actor)
    last = unfinished.order_by("-pk").first()
    is_same = last is not None and (last.path, last.parameters) == (path, parameters)
    if last is None or not is_same or last.cancel_asked or board().is_asked_to_end(last):
        return None
    return last


def enqueue(job: Job) -> None:
    """Inside the transaction that makes or changes the job: there is never the one without the other."""
    from backoffice.background.running import run

    Job.objects.filter(pk=job.pk).update(beat_at=Now())
    run.enqueue(job.pk, job.attempt)


def cancel(job: Job) -> None:
    """Ask for the end of a job before it commits; one that waits ends at once."""
    board().ask_to_end(job)
    busy = connection.vendor == "sqlite" and Job.objects.filter(state=Job.State.RUNNING).exists()
    if (
        not busy
    ):  # SQLite has one writer: there the worker finds the wish when it is through with the one before
        message = _("It was cancelled. Nothing was changed.")
        waiting = Job.objects.filter(pk=job.pk, state=Job.State.WAITING)
        waiting.update(state=Job.State.CANCELLED, message=message, finished_at=Now(), parameters={})


def undo(operation: "Operation", *, actor: Any, reason: str = "", back: str = "") -> Job:
    """Take an operation back outside of a request."""
    return start(
        "undo",
        "backoffice.background.undoing.run",
        {"operation": operation.pk, "reason": reason},
        actor=actor,
        rows=operation.number,
        title=_("Undo %(operation)s") % {"operation": operation},
        back=back,
    )
