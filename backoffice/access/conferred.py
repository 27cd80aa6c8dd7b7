"""Rights that columns confer: who heads a part of a tree has a role there, by the columns on the way to their account;
and who holds a role for a part of it holds it for what is put below.

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
from backoffice.access.trees import Tree, chain, trees
from backoffice.operations.current import ACTIONS, MANY, Recording
from backoffice.operations.tables import is_recorded, new, old
from backoffice.security.events import event, request_now


class Column(NamedTuple):
    """A relation on the way from a row of a tree to the account of whoever heads it."""

    tree: Tree
    field: Any
    place: str = "pk"  # the way from the row of the tree to the row with this relation

    @property
    def is_parent(self) -> bool:
        return self.field.name == self.tree.parent and self.field.model is self.tree.model


def columns() -> Iterator[Column]:
    for tree in trees():
        model: Any = tree.model
        if tree.parent and is_recorded(model):
            yield Column(tree, model._meta.get_field(tree.parent))
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
        if column.is_parent and "~" not in recording.done.get(column.field.model, ()):
            continue  # what comes or goes takes nobody along who was somewhere else
        changed = _changed(column, recording)
        lines = list(changed[:MANY])  # in no order: with one, PostgreSQL would walk the whole table by it
        if not lines:
            continue
        request = request_now()
        if request is not None and not is_fresh(request) and _gives(column, changed, recording):
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
    return rows.order_by().filter(written if column.is_parent else came | went | written)


def _gives(column: Column, changed: models.QuerySet[Any], recording: Recording) -> bool:
    """Whether somebody has a role by these rows now; that of who headed it before goes in silence."""
    if column.is_parent:
        # What moves up because the row above it is deleted is below nobody new.
        return recording.operation.kind != "delete" and _leads_below_others(column, changed)
    assert column.tree.head
    headed = {column.place: OuterRef("row_id"), f"{column.tree.head.user}__isnull": False}
    return changed.filter(Exists(column.tree.model._base_manager.order_by().filter(**headed))).exists()


def _leads_below_others(column: Column, changed: models.QuerySet[Any]) -> bool:
    """Whether a row is below one that somebody holds a role for, and was not before; yes where rows go many ways."""
    model = column.tree.model
    ways = list(changed.values_list(old(column.field), new(column.field)).distinct()[: MANY + 1])
    if len(ways) > MANY:
        return True
    ends = {key for way in ways for key in way if key is not None}
    above = column.tree.above(ends)
    gained = {key for before, after in ways for key in chain(above, after) - chain(above, before)}
    held = column.tree.grants._base_manager.filter(**{f"{column.tree.root}__in": gained})
    heads = model._base_manager.none()
    if column.tree.head:
        heads = model._base_manager.filter(pk__in=gained, **{f"{column.tree.head.user}__isnull": False})
    return held.exists() or heads.exists()


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
