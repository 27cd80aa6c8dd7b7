"""What was done since a moment: a moment is which operations could be seen then."""

from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Q

from backoffice.models import Operation

RECENT = 100  # operations: one under way has a number among the newest and cannot be seen yet


class Moment(NamedTuple):
    newest: int
    hidden: list[int]  # numbers below the newest that were under way (or came to nothing)

    @classmethod
    def now(cls) -> Self:
        seen = list(Operation.objects.order_by("-pk").values_list("pk", flat=True)[:RECENT])
        if not seen:
            return cls(0, [])
        oldest = seen[-1] if len(seen) == RECENT else 1
        return cls(seen[0], sorted(set(range(oldest, seen[0])) - set(seen)))

    def changes(self, model: Any) -> models.QuerySet[Any]:
        """The history rows of `model` that could not be seen then."""
        later = Q(operation__gt=self.newest)
        if self.hidden:
            later |= Q(operation__in=self.hidden)
        rows: models.QuerySet[Any] = model.history_model.objects.filter(later).order_by()
        return rows
