"""Rows that came back in an undo without what their relation pointed at: the operation is not wholly undone until they
get it again, in a later undo, when that is there again.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value

from backoffice.links import links_to
from backoffice.models import Operation
from backoffice.operations.conflicts import LEVELS, later, looked_up, standing, undos_of
from backoffice.operations.current import Recording
from backoffice.operations.outcome import BEREFT, Only
from backoffice.operations.recorder import insert_from, joined
from backoffice.operations.replay import replay
from backoffice.operations.tables import is_recorded, new, old, recorded_fields, recorded_models
from backoffice.operations.undoing import Undoing
from backoffice.sql.frozen import key_set

Rows = models.QuerySet[Any]


def regain(undoing: Undoing) -> int:
    """Point the rows that did without at what is there again by now; how many."""
    target, it = undoing.target, undoing.it
    number = 0
    for field in lost_relations(target, it.using):
        rows = bereft(target, field, it.using, undoing.only).filter(_there(field))
        if field.model in undoing.without:
            rows = rows.exclude(row_id__in=key_set(field.model, undoing.without[field.model]))
        number += _set(it, field, rows)
    return number


def is_without(target: Operation, it: Recording) -> bool:
    """Whether rows of `target` came back without something that no undo gave them since."""
    return any(
        without(target, field, it.using).exists() for field in lost_relations(target, it.using, it.operation)
    )


def without_this(target: Operation, model: Any, key: Any) -> dict[Any, list[Any]]:
    """model → keys of the rows that came back without this one."""
    found: dict[Any, list[Any]] = {}
    for field in _relations(model):
        rows = without(target, field, str(target._state.db)).filter(had=key)
        found.setdefault(field.model, []).extend(rows.values_list("row_id", flat=True))
    return found


def without(target: Operation, field: Any, using: str, only: Only | None = None) -> Rows:
    """The history rows with which rows of `field.model` came back without what they `had`, which no undo gave them
    since; of all that are to be taken back, or `only` of these.
    """
    history: Rows = field.model.history_model.objects.using(using).order_by()
    had = history.filter(operation=target, row=OuterRef("row")).order_by("pk").values(old(field))[:1]
    own = history.filter(operation__in=[line.pk for line in undos_of(target)])
    came = standing(own.filter(action="+", **{new(field): None}), LEVELS)
    given = own.filter(action="~", row=OuterRef("row"), pk__gt=OuterRef("pk"))
    given = standing(given.exclude(**{new(field): None}), LEVELS)
    rows: Rows = came.annotate(had=Subquery(had)).exclude(had=None).exclude(looked_up(given))
    if only is not None:
        rows = rows.filter(row_id__in=key_set(field.model, list(only.get(field.model, []))))
    return rows


def bereft(target: Operation, field: Any, using: str, only: Only | None = None) -> Rows:
    """Those of them that stand so still."""
    return without(target, field, using, only).filter(_stands_so(target, field, using))


def set_since(target: Operation, field: Any, using: str, only: Only | None = None) -> Rows:
    """Those of them that were given another value, or are gone."""
    return without(target, field, using, only).exclude(_stands_so(target, field, using))


def _stands_so(target: Operation, field: Any, using: str) -> Q:
    concerned = Q(fields__contains=f",{field.name},") | ~Q(action="~")
    live = field.model._base_manager.using(using).order_by()
    is_empty = Exists(live.filter(pk=OuterRef("row_id"), **{field.attname: None}))
    return Q(is_empty) & ~Q(looked_up(later(field.model, target).filter(concerned)))


def _there(field: Any) -> Exists:
    rows = field.related_model._base_manager.order_by()
    return Exists(rows.filter(**{field.target_field.attname: OuterRef("had")}))


def lost_relations(target: Operation, using: str, undo: Operation | None = None) -> Iterator[Any]:
    """The relations that rows of `target` came back without, in an undo that stands or in `undo`."""
    told = [
        *(line.details for line in undos_of(target)),
        undo.details if undo and undo.undoes_id == target.pk else {},
    ]
    known = {(label, name) for details in told for label, name, _number in details.get(BEREFT, [])}
    labels = {label for label, _name in known}
    for model in recorded_models():
        for field in recorded_fields(model) if model._meta.label in labels else []:
            if (model._meta.label, field.name) in known and is_recorded(field.related_model):
                yield field


def _set(it: Recording, field: Any, rows: Rows) -> int:
    model = field.model
    number = it.step(model, [field.name])
    columns: dict[str, Any] = {
        "operation_id": Value(it.operation.pk),
        "step": Value(number),
        "action": Value("~"),
        "row_id": F("row_id"),
        "fields": Value(joined([field])),
        **{old(each): F(f"row__{each.attname}") for each in recorded_fields(model)},
        new(field): F("had"),
    }
    if not insert_from(model.history_model, columns, rows, lock=model):
        return 0
    recorded = model.history_model.objects.using(it.using).order_by()
    return replay(model, recorded.filter(operation=it.operation, step=number), "~")


def _relations(model: Any) -> Iterator[Any]:
    """The relations to `model` that a row can do without."""
    for link in links_to(model):
        if link.is_plain and link.field.null and is_recorded(link.model):
            yield link.field
