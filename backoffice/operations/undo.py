"""Take an operation back: row by row what can be, and say what stands against the rest.

An undo is an operation like any other. It records first (for each step of the operation, the last step first, the
opposite change of every row that nothing stands against) and then applies exactly what it recorded, in one transaction.
"""

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, router, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.models import Operation
from backoffice.operations.current import current, operation
from backoffice.operations.leaving import SAMPLE
from backoffice.operations.outcome import NOT_RECORDED, Left, Needed, Only, Outcome, UndoError
from backoffice.operations.taking_back import take_back
from backoffice.serving.busy import impatient

__all__ = ["Left", "Only", "Outcome", "UndoError", "check", "trial", "undo"]

PATIENCE = 2  # seconds that a trial waits for others

Look = Callable[[Outcome], None]


def check(target: Operation) -> None:
    """Raise UndoError for an operation of which nothing can be taken back."""
    if NOT_RECORDED in target.details:
        raise UndoError(_("What was done here was not recorded row by row: it cannot be undone."))
    if target.expired_at:
        raise UndoError(_("The rows of this operation are not kept any more: it cannot be undone."))
    if target.state == Operation.State.UNDONE:
        raise UndoError(_("This operation was undone already."))
    days = settings.OPERATION_RETENTION_DAYS
    if target.at < timezone.now() - datetime.timedelta(days=days):
        sentence = ngettext(
            "This operation is older than %(days)s day: it cannot be undone.",
            "This operation is older than %(days)s days: it cannot be undone.",
            days,
        )
        raise UndoError(sentence % {"days": days})


def undo(
    target: Operation,
    *,
    actor: Any = None,
    reason: str = "",
    source: str = "",
    subject: str | None = None,
    only: Only | None = None,
    needed: Needed = (),
) -> Outcome:
    """Take back what nothing stands against; the rest is named in the outcome. Raises UndoError.

    With `only` it is these rows of the operation that are taken back, and the operation is partly undone. Rows that
    lost one of the relations in `needed` stay away.
    """
    facts = {"actor": actor, "reason": reason, "source": source}
    facts["subject"] = target.subject if subject is None else subject
    try:
        return _undo(target, only, needed, facts, carefully=False)
    except IntegrityError as error:  # ProtectedError of a row that must be kept is one
        if current() is not None:  # it is a part of something that has failed now
            raise UndoError(_why(error)) from error
    try:
        return _undo(target, only, needed, facts, carefully=True)
    except IntegrityError as error:
        raise UndoError(_why(error)) from error


def _undo(
    target: Operation, only: Only | None, needed: Needed, facts: dict[str, Any], *, carefully: bool
) -> Outcome:
    with operation("undo", undoes=target, **facts) as it:
        outcome = take_back(_locked(target, it.using), it, only, needed, carefully=carefully)
        if not outcome.number:
            raise UndoError(_nothing(outcome))
        return outcome


def _nothing(outcome: Outcome) -> str:
    reasons = dict.fromkeys(found.reason.rstrip(".") for found in outcome.left) or [
        _("It left nothing to take back")
    ]
    return _("Nothing was undone. %(reason)s") % {"reason": " ".join(f"{reason}." for reason in reasons)}


def _why(error: IntegrityError) -> str:
    if isinstance(error, ProtectedError):
        return str(error.args[0])
    return _("Nothing was undone: somebody changed something at that moment. Try again.")


def trial(
    target: Operation,
    *,
    only: Only | None = None,
    needed: Needed = (),
    named: int = SAMPLE,
    look: Look | None = None,
) -> Outcome:
    """What `undo` would do now, with the first `named` rows that it leaves for each reason. Nothing stays of it.
    `look` is called with it while all is as it would be, and once more where it has to be tried again.

    Raises UndoError, or OperationalError when others are writing. Everything is asked row by row: of an operation since
    which nothing was recorded the answer is the same as without, as rules are asked only by what changed since.
    It does what an undo does, and so it needs the same locks; who only looks is not to wait for them long.
    """
    try:
        return _trial(target, only, needed, named, look)
    except IntegrityError:
        pass  # somebody wrote at this moment what stands against it: by now it can be seen
    try:
        return _trial(target, only, needed, named, look)
    except IntegrityError as error:
        raise UndoError(_why(error)) from error


def _trial(target: Operation, only: Only | None, needed: Needed, named: int, look: Look | None) -> Outcome:
    using = router.db_for_write(Operation)
    with impatient(using, PATIENCE), operation("undo", undoes=target, using=using) as it:
        point = transaction.savepoint(using=it.using)
        outcome = take_back(_locked(target, it.using), it, only, needed, carefully=True, named=named)
        if look:
            look(outcome)
        transaction.savepoint_rollback(point, using=it.using)
    return outcome._replace(operation=None)


def _locked(target: Operation, using: str) -> Operation:
    found = Operation.objects.using(using).select_for_update().get(pk=target.pk)
    check(found)
    return found
