"""What a bulk action does to rows that were not selected: shown beside what it does to those that were."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F
from django.db.models.expressions import BaseExpression, ExpressionWrapper
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.showing import NAMES, SampleRow, shown, stored

NEW = "followup_new"


class Followup(NamedTuple):
    """One field of these rows gets a new value: one for all, or an expression about each."""

    rows: models.QuerySet[Any]
    field: str
    value: Any
    sentence: Callable[[Count], str]  # what will happen to so many


class Note(NamedTuple):
    """These rows stay as they are, and are worth knowing of."""

    rows: models.QuerySet[Any]
    sentence: Callable[[Count], str]


class Shown(NamedTuple):
    """A follow-up or note as the preview shows it."""

    sentence: str
    columns: list[str]
    sample: list[SampleRow]
    size: Count = Count(0)  # of the rows that get a new value
    noted: Count = Count(0)  # of those that a note tells of


def at_least(rows: models.QuerySet[Any]) -> Count:
    """How many of some of the rows there are."""
    return Count(bounded_count(rows).number, "more")


def all_of(rows: models.QuerySet[Any]) -> Count:
    return Count(rows.count())


def unknown(rows: models.QuerySet[Any]) -> Count:
    return Count(0, "more")


def show(
    found: Iterable[Followup | Note],
    user: Any = None,
    count: Callable[[models.QuerySet[Any]], Count] = bounded_count,
) -> Iterator[Shown]:
    """Those that concern somebody, or may."""
    for one in found:
        number = count(one.rows)
        if not number.number:
            if number.kind == "more":
                yield Shown(_("Not counted yet."), [], [])
        elif isinstance(one, Note):
            yield Shown(one.sentence(number), [], [], noted=number)
        else:
            field: Any = one.rows.model._meta.get_field(one.field)
            label = capfirst(str(field.verbose_name))
            yield Shown(one.sentence(number), [label], _sample(one, field, user), number)


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
