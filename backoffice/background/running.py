"""Carry out a job: in one transaction, together with the note that it is done."""

import logging
from contextlib import nullcontext
from typing import Any

from django import VERSION
from django.core.exceptions import PermissionDenied
from django.db import (
    DEFAULT_DB_ALIAS,
    Error,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.models.functions import Now
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from backoffice.access.held import held_now
from backoffice.access.rank import exceeds, seems_to_exceed
from backoffice.background.beside import beside
from backoffice.background.boards import board
from backoffice.background.jobs import Job
from backoffice.background.outcome import Cancelled, Lost, NotDone, Told
from backoffice.background.pulse import Pulse
from backoffice.background.recovery import again
from backoffice.background.watching import OperationsBegun, Watch
from backoffice.progress import heard
from backoffice.serving import request_id

# Django's own tasks; before Django 6 they are a package.
task: Any = import_string("django.tasks.task" if VERSION >= (6,) else "django_tasks.task")
logger = logging.getLogger(__name__)
State = Job.State
END: dict[str, Any] = {"finished_at": Now(), "parameters": {}}  # what was asked for is of no use any more


@task()  # type: ignore[untyped-decorator]
def run(job: int, attempt: int) -> None:
    """Carry out this attempt of a job, unless somebody has: a queue may deliver twice."""
    claimed = Job.objects.filter(pk=job, attempt=attempt, state=State.WAITING)
    if claimed.update(state=State.RUNNING, started_at=Now(), beat_at=Now()):
        Run(Job.objects.select_related("actor").get(pk=job)).carry_out()


class Run:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.watch = Watch(connections[DEFAULT_DB_ALIAS])  # this thread's own, for the other thread to end

    def carry_out(self) -> None:
        with request_id.numbered(self.job.request_id or ""):  # of the request that asked for it
            self._carry_out()

    def _carry_out(self) -> None:
        with translation.override(self.job.language):
            try:
                self._attempt()
            except Lost:
                logger.warning("Job %s was given to another worker.", self.job.pk)
                return
            except Exception as error:
                self._ended(error)
        board().forget(self.job)

    def _attempt(self) -> None:
        """The deed. Whatever ends it, the transaction is over when it returns or raises."""
        # Where a test's transaction is open, another thread would not see the job, nor whose it is.
        self.is_seen = not connection.in_atomic_block
        pulse = Pulse(self._beat) if self.is_seen else nullcontext()
        try:
            with (
                pulse,
                connection.execute_wrapper(self.watch),
                heard(self.watch.reached),
                OperationsBegun() as begun,
                transaction.atomic(),
            ):
                message = self._deed()
                self.watch.finish()
                self._done(message, begun.largest())
        finally:
            self.watch.leave()

    def _deed(self) -> Told:
        if board().is_asked_to_end(self.job):
            raise Cancelled
        self._refuse_locked_out()
        self.held = held_now(self.job.actor)
        said = import_string(self.job.path)(self.job.actor, self.job.parameters)
        return said if isinstance(said, Told) else Told(said)

    def _refuse_locked_out(self) -> None:
        if not Job.objects.filter(pk=self.job.pk, actor__is_active=True).exists():
            raise NotDone(_("Nothing was changed: the account that asked for it may not sign in any more."))

    def _refuse_deprived(self) -> None:
        """A right that somebody took is gone at once; what the deed itself takes was theirs to take."""
        # First by this connection, which has its locks: beside, one would wait for whoever waits for this transaction.
        # By the roots alone, as the tree may be another one by what the deed moved.
        seems = self.is_seen and seems_to_exceed(self.held, held_now(self.job.actor))
        if seems and beside(self._is_deprived):
            raise NotDone(_("Nothing was changed: a right was taken from you meanwhile. Look again."))

    def _is_deprived(self) -> bool:
        return exceeds(self.held, held_now(self.job.actor))

    def _done(self, message: Told, operation: Any) -> None:
        """The last statements before COMMIT: with them the deed stands, or falls."""
        self._refuse_locked_out()  # the deed may have taken an hour
        self._refuse_deprived()
        done = {"state": State.DONE, "message": str(message), "operation": operation, **END}
        done["back"] = message.where  # the page where it was asked for is of no use any more
        done |= self.watch.progress._asdict()
        if board().is_asked_to_end(self.job) or not self._mine().filter(cancel_asked=False).update(**done):
            raise Cancelled if board().is_asked_to_end(self.job) else Lost

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, attempt=self.job.attempt, state=State.RUNNING)

    def _beat(self) -> None:
        if not board().job_lives(self.job, self.watch.progress):
            self.watch.end()

    def _ended(self, error: Exception) -> None:
        """Note why nothing was done. When even that fails, the job is found by its missing signs of life."""
        if not connection.in_atomic_block:
            connection.close()  # an interruption may still be on its way to it
        try:
            if isinstance(error, OperationalError) and not self.watch.ended.is_set():
                logger.warning("Job %s met %s", self.job.pk, error, exc_info=error)
                again(self.job)
            else:
                state, message = self._told(error)
                mine = self._mine().update(state=state, message=message, **END)
                if mine and state == State.REFUSED and isinstance(error, NotDone) and error.then:
                    error.then()
        except Error:
            logger.exception("What came of job %s could not be noted.", self.job.pk)

    def _told(self, error: Exception) -> tuple[str, str]:
        if self.watch.ended.is_set() or isinstance(error, Cancelled):
            return State.CANCELLED, _("It was cancelled. Nothing was changed.")
        if isinstance(error, NotDone):
            return State.REFUSED, str(error)
        if isinstance(error, PermissionDenied):
            return State.REFUSED, _("Nothing was changed: you may not do this any more.")
        if isinstance(error, IntegrityError):
            return State.REFUSED, _("Nothing was changed: somebody changed something at that moment.")
        logger.error("Job %s failed.", self.job.pk, exc_info=error)
        return State.FAILED, _("Nothing was changed: there was an error, which is in the log of the worker.")
