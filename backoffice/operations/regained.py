"""Rows that came back in an earlier undo of the same operation, without what their relation pointed at: when that comes
back later, they get it again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value

from backoffice.frozen import key_set
from backoffice.links import links_to
from backoffice.models import Operation
from backoffice.operations.conflicts import LEVELS, looked_up, standing
from backoffice.operations.current import Recording
from backoffice.operations.recorder import insert_from, joined
from backoffice.operations.replay import replay
from backoffice.operations.tables import is_recorded, new, old, recorded_fields

Rows = models.QuerySet[Any]
Keys = Mapping[Any, Any]  # model → keys of its rows


def regain(target: Operation, it: Recording, back: Keys, *, only: Keys | None, without: Keys) -> None:
    """Point the rows that did without at what this undo brought back: `back`, model → a question for its keys.

    With `only` these rows alone; never those of `without`.
    """
    others = Operation.objects.using(it.using).filter(undoes=target).exclude(pk=it.operation.pk)
    if not others.exists():
        return
    for model, keys in back.items():
        for field in _relations(model):
            rows = bereft(target, field, keys, it.using).exclude(operation=it.operation)
            if only is not None:
                rows = rows.filter(row_id__in=key_set(field.model, only.get(field.model, [])))
            if field.model in without:
                rows = rows.exclude(row_id__in=key_set(field.model, without[field.model]))
            _set(target, it, field, rows)


def bereft_of(target: Operation, model: Any, key: Any) -> dict[Any, list[Any]]:
    """model → keys of the rows that came back without this one."""
    found: dict[Any, list[Any]] = {}
    for field in _relations(model):
        keys = bereft(target, field, [key], str(target._state.db)).values_list("row_id", flat=True)
        found.setdefault(field.model, []).extend(keys)
    return found


def bereft(target: Operation, field: Any, keys: Any, using: str) -> Rows:
    """The history rows with which rows of `field.model` came back without one of `keys`, and stand so still."""
    history: Rows = field.model.history_model.objects.using(using).order_by()
    had = history.filter(operation=target, row=OuterRef("row"), **{f"{old(field)}__in": keys})
    concerned = Q(fields__contains=f",{field.name},") | Q(action="+")
    later = history.filter(concerned, row=OuterRef("row"), pk__gt=OuterRef("pk"))
    later = later.exclude(operation__state=Operation.State.UNDONE).exclude(operation__undoes__gt=target.pk)
    came = history.filter(operation__undoes=target, action="+", **{new(field): None})
    came = standing(came.filter(**{f"row__{field.attname}": None}), LEVELS)
    return came.filter(looked_up(had)).exclude(looked_up(later))


def _set(target: Operation, it: Recording, field: Any, rows: Rows) -> None:
    model = field.model
    had = model.history_model.objects.using(it.using).order_by()
    had = had.filter(operation=target, row=OuterRef("row")).exclude(**{old(field): None})
    number = it.step(model, [field.name])
    columns: dict[str, Any] = {
        "operation_id": Value(it.operation.pk),
        "step": Value(number),
        "action": Value("~"),
        "row_id": F("row_id"),
        "fields": Value(joined([field])),
        **{old(each): F(f"row__{each.attname}") for each in recorded_fields(model)},
        new(field): Subquery(had.values(old(field))[:1]),
    }
    if insert_from(model.history_model, columns, rows, lock=model):
        recorded = model.history_model.objects.using(it.using).order_by()
        replay(model, recorded.filter(operation=it.operation, step=number), "~")


def _relations(model: Any) -> Iterator[Any]:
    """The relations to `model` that a row can do without."""
    for link in links_to(model):
        if link.is_plain and link.field.null and is_recorded(link.model):
            yield link.field
