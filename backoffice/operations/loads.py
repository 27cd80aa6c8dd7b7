"""A line in the log for what was loaded in bulk, without a record of each row."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils import timezone

from backoffice.models import Operation
from backoffice.operations.current import command
from backoffice.operations.outcome import NOT_RECORDED

KEYS = "keys"  # in the details: model → the first and the last key of what was loaded
MOST = 100  # loads that are looked at for the one that a row came with


def note(
    created: Mapping[type[models.Model], int],
    *,
    kind: str = "load",
    reason: str = "",
    first: Mapping[Any, int] | None = None,
) -> Operation:
    """Say in the log that so many rows of each model were created; in the transaction that creates them.

    There is no detail, as in an operation that expired: it cannot be undone. Keys that follow one another from `first`
    on are remembered, so that the history of a row can say what it came with.
    """
    keys = {model._meta.label: [key, key + created[model] - 1] for model, key in (first or {}).items()}
    return Operation.objects.create(
        kind=kind,
        reason=reason,
        source=command(),
        rows={model._meta.label: {"created": number} for model, number in created.items() if number},
        number=sum(created.values()),
        expired_at=timezone.now(),
        details={NOT_RECORDED: "load", KEYS: keys},
    )


def load_of(model: Any, key: Any) -> Operation | None:
    """What a row was loaded with."""
    for line in Operation.objects.filter(kind="load").order_by("-pk")[:MOST]:
        first, last = line.details.get(KEYS, {}).get(model._meta.label, (1, 0))
        if isinstance(key, int) and first <= key <= last:
            return line
    return None
