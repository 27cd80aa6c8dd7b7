"""Jobs whose worker is gone: begun again, or given up."""

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice.background.boards import PATIENCE, ago, board
from backoffice.background.jobs import Job
from backoffice.background.starting import enqueue

MOST = 3  # attempts
State = Job.State


def recover() -> None:
    """Take up what was left lying. Several workers may do so at once."""
    for job in board().abandoned():
        again(job)
    if not Job.objects.filter(state=State.RUNNING).exists():
        for job in Job.objects.filter(state=State.WAITING, beat_at__lt=ago(PATIENCE)):
            _deliver_again(job)


def again(job: Job) -> None:
    """Begin this attempt of a running job anew, or give it up when that was tried often enough."""
    mine = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=State.RUNNING)
    if job.cancel_asked or board().is_asked_to_end(job):
        _end(mine, job, State.CANCELLED)
    elif job.attempt >= MOST:
        _end(mine, job, State.FAILED)
    else:
        with transaction.atomic():
            if mine.update(state=State.WAITING, attempt=F("attempt") + 1):
                enqueue(Job.objects.get(pk=job.pk))


def _end(mine: models.QuerySet[Job], job: Job, state: str) -> None:
    with override(job.language):
        message = {
            State.CANCELLED: _("It was cancelled. Nothing was changed."),
            State.FAILED: _(
                "Nothing was changed: it was begun %(attempts)s times, and the worker ended each time "
                "before it was through."
            )
            % {"attempts": job.attempt},
        }[State(state)]
    mine.update(state=state, message=message, finished_at=Now(), parameters={})
    board().forget(job)


def _deliver_again(job: Job) -> None:
    """The worker that took it from the queue was killed before it had begun. A second delivery does no harm."""
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, state=State.WAITING, beat_at=job.beat_at).update(beat_at=Now()):
            enqueue(job)
