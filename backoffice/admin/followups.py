"""What a bulk action does to rows that were not selected: shown beside what it does to those that were."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F
from django.db.models.expressions import BaseExpression, ExpressionWrapper
from django.utils.text import capfirst

from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.showing import NAMES, SampleRow, shown, stored

NEW = "followup_new"


class Followup(NamedTuple):
    """One field of these rows gets a new value: one for all, or an expression about each."""

    rows: models.QuerySet[Any]
    field: str
    value: Any
    sentence: Callable[[Count], str]  # what will happen to so many


class Shown(NamedTuple):
    """A follow-up as the preview shows it."""

    sentence: str
    columns: list[str]
    sample: list[SampleRow]


def show(followups: Iterator[Followup], user: Any = None) -> Iterator[Shown]:
    """Those that concern somebody."""
    for followup in followups:
        count = bounded_count(followup.rows)
        if count.number:
            field: Any = followup.rows.model._meta.get_field(followup.field)
            yield Shown(
                followup.sentence(count), [capfirst(str(field.verbose_name))], _sample(followup, field, user)
            )


def facts(followups: Iterator[Followup], limit: int) -> list[Any]:
    """What a confirmation is bound to: which rows, from what to what."""
    return [
        sorted(_with_new(followup).values_list("pk", _attname(followup), NEW)[: limit + 1], key=str)
        for followup in followups
    ]


def apply(followups: Iterator[Followup]) -> int:
    """Do it, in the operation that is under way; how many rows."""
    return sum(followup.rows.update(**{followup.field: followup.value}) for followup in followups)


def _sample(followup: Followup, field: Any, user: Any) -> list[SampleRow]:
    ordering = followup.rows.model._meta.ordering or ("pk",)
    rows = list(_with_new(followup).order_by(*ordering)[:NAMES])
    values = [(getattr(row, field.attname), getattr(row, NEW)) for row in rows]
    names = shown(field, [value for pair in values for value in pair], user)
    return [SampleRow(row, [(names[old], names[new])]) for row, (old, new) in zip(rows, values, strict=True)]


def _with_new(followup: Followup) -> models.QuerySet[Any]:
    field: Any = followup.rows.model._meta.get_field(followup.field)
    value = _expression(field, followup.value)
    rows: models.QuerySet[Any] = followup.rows.order_by().annotate(**{NEW: value})
    return rows


def _expression(field: Any, value: Any) -> Any:
    plain = field.target_field if field.is_relation else field
    if isinstance(value, (BaseExpression, F)):
        return ExpressionWrapper(value, output_field=plain)
    return models.Value(stored(field, value), output_field=plain)


def _attname(followup: Followup) -> str:
    field: Any = followup.rows.model._meta.get_field(followup.field)
    return str(field.attname)
