"""Take an operation back outside of a request."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.background.outcome import NotDone
from backoffice.models import Operation
from backoffice.operations.outcome import UndoError
from backoffice.operations.undo import undo


def run(actor: Any, parameters: dict[str, Any]) -> str:
    target = Operation.objects.filter(pk=parameters["operation"]).first()
    if target is None:
        raise NotDone(_("Nothing was undone: this operation is not in the log any more."))
    try:
        outcome = undo(target, actor=actor, reason=parameters["reason"])
    except UndoError as error:
        raise NotDone(str(error)) from error
    done = ngettext("Took back %(count)s change.", "Took back %(count)s changes.", outcome.number) % {
        "count": outcome.number
    }
    left = sum(part.number for part in outcome.left if not part.is_back)
    if not left:
        return done
    rest = ngettext("%(count)s row stays as it is.", "%(count)s rows stay as they are.", left)
    return f"{done} {rest % {'count': left}}"
