"""A row as it was: reading its history page by page, comparing two versions, putting values back.

A version is named by a history row: "12" is the row after that change, "b12" before it.
"""

from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.changes import Change, Values, after, before, net
from backoffice.operations.names import Names
from backoffice.operations.tables import recorded_fields

PER_PAGE = 25  # changes


class Moved(Exception):
    """Somebody changed the row, or what it pointed at, since it was looked at."""


class Version(NamedTuple):
    token: str
    values: Values
    operation: Operation | None

    @property
    def is_before(self) -> bool:
        return self.token.startswith("b")

    @property
    def place(self) -> tuple[int, bool]:
        """Of two versions the older one has the lower."""
        return int(self.token.removeprefix("b")), not self.is_before


class History:
    """The changes of one row, newest first; several steps of one operation are one change."""

    def __init__(self, model: Any, key: Any, after: int | None = None) -> None:
        self.model, self.key, self.after = model, key, after

    @cached_property
    def steps(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model.history_model.objects.filter(row=self.key)
        return rows.order_by()

    @cached_property
    def newest(self) -> int:
        """The key of the newest history row: the version of the row. 0 when nothing was recorded."""
        return self.steps.order_by("-pk").values_list("pk", flat=True).first() or 0

    @cached_property
    def _operations(self) -> list[tuple[int, int]]:
        """(operation, newest history row) of this page and one more."""
        groups = self.steps.values_list("operation_id").annotate(last=Max("pk")).order_by("-last")
        if self.after is not None:
            groups = groups.filter(last__lt=self.after)
        return list(groups[: PER_PAGE + 1])

    @property
    def next(self) -> int | None:
        """Where the next page starts."""
        return self._operations[PER_PAGE - 1][1] if len(self._operations) > PER_PAGE else None

    @cached_property
    def changes(self) -> list[tuple[Change, Operation | None]]:
        keys = [key for key, _last in self._operations[:PER_PAGE]]
        known = Operation.objects.in_bulk(keys)
        parts: dict[int, list[Any]] = {key: [] for key in keys}
        for step in self.steps.filter(operation__in=keys):
            parts[step.operation_id].append(step)
        return [(net(self.model, steps), known.get(key)) for key, steps in parts.items()]

    def version(self, token: str) -> Version | None:
        """The row at a version; None when there is no such version or the row did not exist then."""
        number = token.removeprefix("b")
        if not (number.isdecimal() and number.isascii() and len(number) < 19):
            return None
        step = self.steps.filter(pk=int(number)).select_related("operation").first()
        if step is None:
            return None
        values = before(step, self.model) if token.startswith("b") else after(step, self.model)
        return Version(token, values, _operation_of(step)) if values is not None else None


def _operation_of(step: Any) -> Operation | None:
    try:
        found: Operation | None = step.operation
    except Operation.DoesNotExist:
        return None
    return found


def put_back(
    row: Any, version: Version, fields: list[Any], *, seen: int, actor: Any, reason: str = ""
) -> Operation:
    """Set `fields` of `row` to what they were. Raises ValidationError as its form would, but for what stays as it is,
    and Moved when the row has changed since its version `seen`.
    """
    model = type(row)
    using = router.db_for_write(model)
    with transaction.atomic(using=using):
        stays = _faults(row)  # before any row is locked: rules may wait for each other here
        for field in fields:
            setattr(row, field.attname, version.values[field.attname])
            stays.pop(field.name, None)
        faults = _new_faults(_faults(row), stays)
        if faults:
            raise ValidationError(faults)
        model._base_manager.using(using).select_for_update().filter(pk=row.pk).order_by().first()
        if History(model, row.pk).newest != seen:
            raise Moved
        details = {"version": version.token}
        with operation(
            "restore", actor=actor, reason=reason, subject=row, details=details, using=using
        ) as it:
            row.save(using=using, update_fields=[field.name for field in fields])
        return it.operation


def _faults(row: Any) -> dict[str, list[str]]:
    try:
        row.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


def _new_faults(faults: dict[str, list[str]], stays: dict[str, list[str]]) -> dict[str, list[str]]:
    new = {
        name: [text for text in texts if text not in stays.get(name, [])] for name, texts in faults.items()
    }
    return {name: texts for name, texts in new.items() if texts}


def values_of(row: Any) -> Values:
    return {field.attname: getattr(row, field.attname) for field in recorded_fields(type(row))}


def gone_relations(fields: list[Any], names: Names, values: Values) -> list[str]:
    """Why fields cannot be put back: what they pointed at is gone."""
    return [
        _("The %(field)s was %(name)s, which is not there any more.")
        % {"field": field.verbose_name, "name": names.value(field, values)}
        for field in fields
        if field.is_relation
        and values[field.attname] is not None
        and names.is_gone(field, values[field.attname])
    ]
