"""Rights that columns confer: who heads a part of a tree has a role there, by the columns on the way to their account.

To fill one of them is to give a role, whichever way it comes: a form, a list, a bulk action, an import, an undo. So it
asks who it is, and every change of one is a security event.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.constants import LOOKUP_SEP

from backoffice.access.fresh import NotFresh, is_fresh
from backoffice.access.trees import Tree, trees
from backoffice.operations.current import ACTIONS, MANY, Recording
from backoffice.operations.tables import is_recorded, new, old
from backoffice.security.events import event, request_now


class Column(NamedTuple):
    """A relation on the way from a row of a tree to the account of whoever heads it."""

    tree: Tree
    field: Any
    place: str  # the way from the row of the tree to the row with this relation


def columns() -> Iterator[Column]:
    for tree in trees():
        model: Any = tree.model
        way: list[str] = []
        for name in tree.head.user.split(LOOKUP_SEP) if tree.head else []:
            field: Any = model._meta.get_field(name)
            if is_recorded(model):
                yield Column(tree, field, LOOKUP_SEP.join(way) or "pk")
            way.append(name)
            model = field.related_model


def look(recording: Recording) -> None:
    """Before an operation is committed. Raises NotFresh where it gives a role and whoever sent it has to be asked."""
    for column in columns():
        written = recording.columns.get(column.field.model, set())
        if written is not None and column.field.name not in written:
            continue
        changed = _changed(column, recording)
        lines = list(changed[:MANY])  # in no order: with one, PostgreSQL would walk the whole table by it
        if not lines:
            continue
        request = request_now()
        if request is not None and not is_fresh(request) and changed.filter(_gives(column)).exists():
            raise NotFresh
        for line in lines:
            _tell(column, line, recording)


def _changed(column: Column, recording: Recording) -> models.QuerySet[Any]:
    """The history rows that fill, change or empty it."""
    before, after = old(column.field), new(column.field)
    came = Q(action="+", **{f"{after}__isnull": False})
    went = Q(action="-", **{f"{before}__isnull": False})
    written = Q(action="~", fields__contains=f",{column.field.name},")
    history: Any = column.field.model.history_model
    rows: models.QuerySet[Any] = history.objects.using(recording.using).filter(operation=recording.operation)
    return rows.order_by().filter(came | went | written)


def _gives(column: Column) -> Exists:
    """Whether somebody has a role by the row now; that of who headed it before goes in silence."""
    assert column.tree.head
    headed = {column.place: OuterRef("row_id"), f"{column.tree.head.user}__isnull": False}
    return Exists(column.tree.model._base_manager.order_by().filter(**headed))


def _tell(column: Column, line: Any, recording: Recording) -> None:
    facts = {
        "what": f"{column.field.model._meta.label_lower}.{column.field.name}",
        "row": line.row_id,
        "deed": ACTIONS[line.action],
        "keys": {"old": getattr(line, old(column.field)), "new": getattr(line, new(column.field))},
        "operation": recording.operation.pk,
    }
    say = partial(event, "authz_change", user=recording.operation.actor_id, level="WARN", **facts)
    transaction.on_commit(say, using=recording.using)
