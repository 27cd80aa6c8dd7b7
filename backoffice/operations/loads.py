"""A line in the log for what was loaded in bulk, without a record of each row."""

from collections.abc import Mapping

from django.db import models
from django.utils import timezone

from backoffice.models import Operation
from backoffice.operations.current import command
from backoffice.operations.undo import NOT_RECORDED


def note(created: Mapping[type[models.Model], int], *, kind: str = "load", reason: str = "") -> Operation:
    """Say in the log that so many rows of each model were created; in the transaction that creates them.

    There is no detail, as in an operation that expired: it cannot be undone.
    """
    return Operation.objects.create(
        kind=kind,
        reason=reason,
        source=command(),
        rows={model._meta.label: {"created": number} for model, number in created.items() if number},
        number=sum(created.values()),
        expired_at=timezone.now(),
        details={NOT_RECORDED: "load"},
    )
