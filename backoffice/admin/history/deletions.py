"""The rows that are gone and not back, by the history rows of their deletions."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from backoffice.access.record import gone_limit
from backoffice.admin.log.rows import searched
from backoffice.models import Operation
from backoffice.operations.changes import net
from backoffice.operations.names import Names
from backoffice.operations.tables import is_recorded, recorded_fields

MANY = 1_000  # rows of an operation; the deletions of smaller ones are looked at one by one
MOST_UNDONE = 1_000
SEARCHED = 50_000  # newest deletions that a search looks at: no index helps it

Steps = models.QuerySet[Any]


def deletions(user: Any, model: Any) -> Steps:
    """Those that `user` sees and nothing followed, newest first. Those of undone operations need not be looked at; what
    an operation made itself and deleted again was never there for anybody.
    """
    history = model.history_model.objects
    later = history.filter(row=OuterRef("row"), pk__gt=OuterRef("pk")).order_by()
    steps = history.filter(gone_limit(user, model), action="-")
    undone = Operation.objects.filter(state=Operation.State.UNDONE, number__gt=MANY)
    steps = steps.exclude(operation__in=list(undone.values_list("pk", flat=True)[:MOST_UNDONE]))
    made = history.filter(
        operation=OuterRef("operation"), row=OuterRef("row"), action="+", pk__lt=OuterRef("pk")
    )
    steps = steps.exclude(Exists(later)).exclude(Exists(made.order_by()))
    found: Steps = steps.order_by("-pk")
    return found


def found_in(steps: Steps, model: Any, query: str, oldest: int | None) -> Steps:
    """Those of rows in whose names every word of `query` is, from the newest to the `oldest` that is looked at."""
    found = searched(steps, model, query)
    return found.filter(pk__gte=oldest) if oldest else found


def oldest_searched(model: Any) -> int | None:
    """Where a search ends; None when it looks at everything."""
    deleted = model.history_model.objects.filter(action="-").order_by("-pk")
    last: int | None = deleted.values_list("pk", flat=True)[SEARCHED : SEARCHED + 1].first()
    return last


def names_of(steps: Iterable[Any], model: Any, user: Any) -> list[str]:
    """What the rows were called."""
    return [name for name, _for_good in told_of(steps, model, user)]


def told_of(steps: Iterable[Any], model: Any, user: Any) -> list[tuple[str, bool]]:
    """What the rows were called, and whether they are gone for good: with something that they cannot be without and
    that is not recorded.
    """
    changes = [net(model, [step]) for step in steps]
    names = Names(changes, user)
    needed = [
        field
        for field in recorded_fields(model)
        if field.is_relation and not field.null and not is_recorded(field.related_model)
    ]
    return [
        (
            names.of(change),
            any(names.is_gone(field, (change.before or {})[field.attname]) for field in needed),
        )
        for change in changes
    ]
