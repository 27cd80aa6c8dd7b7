"""What became of an operation: applied, undone, or partly so."""

from django.db.models import Sum

from backoffice.models import Operation
from backoffice.operations.conflicts import pending
from backoffice.operations.current import Recording
from backoffice.operations.regained import is_without
from backoffice.operations.tables import recorded_models

State = Operation.State


def mark(target: Operation, it: Recording, *, fully: bool) -> None:
    """Note what became of the operation; an undo that is undone lets what it undid stand again, and so on up."""
    operations = Operation.objects.using(it.using)
    state = State.UNDONE if fully else State.PARTLY_UNDONE
    operations.filter(pk=target.pk).update(state=state)
    above = target.undoes_id
    while above:
        ancestor = operations.get(pk=above)
        operations.filter(pk=above).update(state=_state(ancestor, it))
        above = ancestor.undoes_id


def _state(ancestor: Operation, it: Recording) -> str:
    """Of an operation whose undos were undone, or stand again."""
    undos = Operation.objects.using(it.using).filter(undoes=ancestor).exclude(state=State.UNDONE)
    if not undos.exists():
        return State.APPLIED
    if ancestor.expired_at:
        # Its rows are not kept, but their number is.
        back = undos.filter(state=State.APPLIED).aggregate(rows=Sum("number"))["rows"] or 0
        return State.UNDONE if back >= ancestor.number else State.PARTLY_UNDONE
    touched = [model for model in recorded_models() if model._meta.label in ancestor.rows]
    more = any(pending(model, ancestor, it.operation).exists() for model in touched)
    return State.PARTLY_UNDONE if more or is_without(ancestor, it) else State.UNDONE
