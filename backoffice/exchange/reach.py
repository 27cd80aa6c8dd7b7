"""An import within the scope of the person who brings it; the command line has none and may do everything."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.access import hidden, limit, places
from backoffice.exchange import lookups
from backoffice.exchange.plan import Objection, Plan, Row


def out_of_reach(plan: Plan) -> Iterator[Objection]:
    """The rows that touch, or point at, what the person may not."""
    if plan.actor is None:
        return
    yield from _may_not_be_changed(plan)
    for deed in ("add", "change"):
        yield from _stands_elsewhere(plan, deed)
    yield from _points_at_others(plan)


def _may_not_be_changed(plan: Plan) -> Iterator[Objection]:
    condition = limit(plan.actor, plan.sheet.model, "change")
    if condition is None:
        return
    stored = {row.instance.pk: row for row in plan.accepted if not row.is_new}
    for key in stored.keys() - _meeting(plan.sheet.model, stored, condition):
        yield Objection(stored[key], plan.sheet.key, _("This is outside of what you may change."))


def _stands_elsewhere(plan: Plan, deed: str) -> Iterator[Objection]:
    """New rows, and rows that move, whose place is not the person's; one of the same file is as its own line says."""
    place = places(plan.actor, plan.sheet.model, deed)
    if place is None:
        return
    column, condition = place
    rows = [row for row in plan.accepted if row.is_new == (deed == "add")]
    if not column:
        yield from (
            Objection(row, plan.sheet.key, _("You may not add this.")) for row in rows if deed == "add"
        )
        return
    field = plan.sheet.field(column)
    rows = [row for row in rows if row.is_new or _is_moved(row, field.attname)]
    wanted = [row.get(field.attname) for row in rows]
    allowed = _meeting(
        field.related_model, (key for key in wanted if key and not isinstance(key, Row)), condition
    )
    for row, key in zip(rows, wanted, strict=True):
        if not isinstance(key, Row) and key not in allowed:
            yield Objection(row, column, _("You may not put anything there."))


def _is_moved(row: Row, attname: str) -> bool:
    return attname in row.values and row.values[attname] != getattr(row.instance, attname)


def _points_at_others(plan: Plan) -> Iterator[Objection]:
    for column in plan.columns:
        if not column.by:
            continue
        field = plan.sheet.field(column.name)
        rows = [row for row in plan.accepted if row.is_changed(field.attname)]
        keys = {row.get(field.attname): row for row in rows if not isinstance(row.get(field.attname), Row)}
        unseen = {
            key
            for chunk in lookups.chunks(keys)
            for key in hidden(plan.actor, field.related_model, [key for key in chunk if key is not None])
        }
        for row in rows:
            key = row.get(field.attname)
            if not isinstance(key, Row) and key in unseen:
                names = {"model": field.related_model._meta.verbose_name}
                yield Objection(row, column.name, _("There is no such %(model)s that you see.") % names)


def _meeting(model: Any, keys: Any, condition: Q) -> set[Any]:
    """Those of `keys` whose rows meet the condition."""
    found: set[Any] = set()
    for chunk in lookups.chunks(keys):
        rows = model._base_manager.filter(pk__in=chunk).filter(condition).order_by()
        found.update(rows.values_list("pk", flat=True))
    return found
