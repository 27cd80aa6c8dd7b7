"""An undo while it happens: what it is about, and the history rows of both operations."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Min, OuterRef

from backoffice.models import Operation
from backoffice.operations.conflicts import Conflict, conflicts, looked_up, pending
from backoffice.operations.current import Recording
from backoffice.operations.outcome import Needed, Only
from backoffice.operations.tables import recorded_models
from backoffice.sql.frozen import key_set

Rows = models.QuerySet[Any]

OPPOSITE = {"+": "-", "~": "~", "-": "+"}


class Step(NamedTuple):
    model: Any
    number: int
    action: str


class Undoing:
    def __init__(
        self, target: Operation, it: Recording, only: Only | None = None, needed: Needed = ()
    ) -> None:
        self.target, self.it, self.needed = target, it, needed
        self.only = None if only is None else {model: list(keys) for model, keys in only.items()}
        self.steps = sorted(self._steps(), key=lambda step: -step.number)
        self.models = list(dict.fromkeys(step.model for step in self.steps))
        self.without: dict[Any, dict[Any, str]] = {}  # model → key → the rule that it would break
        self.alone: dict[
            Any, dict[str, dict[Any, str]]
        ] = {}  # model → relation → key → the one it would break by that
        self._began: dict[Any, int] = {}

    def asked(self, model: Any) -> Rows:
        """The history rows of the operation that are to be taken back."""
        rows = pending(model, self.target, self.it.operation)
        return rows if self.only is None else rows.filter(row_id__in=key_set(model, self.only.get(model, [])))

    def pending(self, step: Step) -> Rows:
        return self.asked(step.model).filter(step=step.number, action=step.action)

    def own(self, model: Any) -> Rows:
        """The history rows of the undo."""
        rows: Rows = model.history_model.objects.using(self.it.using)
        return rows.filter(operation=self.it.operation).order_by()

    def began(self, model: Any) -> int:
        """The first history row of the operation; asked once."""
        if model not in self._began:
            rows = model.history_model.objects.using(self.it.using).filter(operation=self.target)
            self._began[model] = rows.aggregate(first=Min("pk"))["first"]
        return self._began[model]

    def conflicts(self, model: Any, action: str) -> Iterator[Conflict]:
        return conflicts(model, action, self.target, self.it.operation, self.only, self.needed)

    def is_more(self) -> bool:
        """Whether the operation has rows that were not asked for and are not back."""
        return self.only is not None and any(self._remains(model) for model in self.models)

    def _remains(self, model: Any) -> bool:
        done = looked_up(self.own(model).filter(row=OuterRef("row")))
        return pending(model, self.target, self.it.operation).exclude(done).exists()

    def _steps(self) -> Iterator[Step]:
        for model in recorded_models():
            if model._meta.label in self.target.rows:
                rows = model.history_model.objects.using(self.it.using).filter(operation=self.target)
                for number, action in rows.order_by().values_list("step", "action").distinct():
                    yield Step(model, number, action)
