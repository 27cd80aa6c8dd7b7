"""Whether anything was recorded since an operation: mostly nothing was, when it is undone from its message."""

from typing import Any

from django.db import models
from django.db.models import Min

from backoffice.models import Operation
from backoffice.operations.tables import recorded_models


def is_untouched(target: Operation, undo: Operation) -> bool:
    """Whether no operation but `target` and `undo` wrote a history row after the first one of `target`.

    One that began before `target` and ended after it is seen by its rows, where it wrote to the same tables. What it
    wrote to others, or what went around the record, shows in a constraint.
    """
    using = str(undo._state.db)
    if Operation.objects.using(using).filter(pk__gt=target.pk).exclude(pk=undo.pk).exists():
        return False
    own = [target.pk, undo.pk]
    return not any(_others(model, own, target, using).exists() for model in recorded_models())


def _others(model: Any, own: list[int], target: Operation, using: str) -> models.QuerySet[Any]:
    history = model.history_model.objects.using(using).order_by()
    if model._meta.label not in target.rows:
        return history.filter(operation__gt=target.pk).exclude(operation__in=own)  # type: ignore[no-any-return]
    first = history.filter(operation=target).aggregate(first=Min("pk"))["first"] or 0
    return history.filter(pk__gt=first).exclude(operation__in=own)  # type: ignore[no-any-return]
