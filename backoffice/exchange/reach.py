"""An import within the scope of the person who brings it; the command line has none and may do everything."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.access import limit, places
from backoffice.exchange.plan import Objection, Plan, changed


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
    if condition is not None:
        rows = plan.rows.filter(plan_new=False).exclude(
            plan_key__in=_meeting(plan, plan.sheet.model, condition)
        )
        yield Objection(rows, plan.sheet.key, _("This is outside of what you may change."))


def _stands_elsewhere(plan: Plan, deed: str) -> Iterator[Objection]:
    """New rows, and rows that move, whose place is not the person's; one of the same file is as its own line says."""
    place = places(plan.actor, plan.sheet.model, deed)
    if place is None:
        return
    column, condition = place
    rows = plan.created if deed == "add" else plan.updated
    if not column:
        if deed == "add":
            yield Objection(rows, plan.sheet.key, _("You may not add this."))
        return
    if deed == "change":
        rows = rows.filter(changed(column))
    allowed = _meeting(plan, plan.sheet.field(column).related_model, condition)
    elsewhere = Q((column, None)) | (Q((f"{column}__gt", 0)) & ~Q((f"{column}__in", allowed)))
    yield Objection(rows.filter(elsewhere), column, _("You may not put anything there."))


def _points_at_others(plan: Plan) -> Iterator[Objection]:
    for _position, column in plan.used:
        if not column.by:
            continue
        related: Any = plan.sheet.field(column.name).related_model
        condition = limit(plan.actor, related)
        if condition is not None:
            pointing = plan.rows.filter(changed(column.name), **{f"{column.name}__gt": 0})
            rows = pointing.exclude(**{f"{column.name}__in": _meeting(plan, related, condition)})
            names = {"model": related._meta.verbose_name}
            yield Objection(rows, column.name, _("There is no such %(model)s that you see.") % names)


def _meeting(plan: Plan, model: Any, condition: Q) -> models.QuerySet[Any]:
    """The keys of the rows that meet the condition."""
    rows: models.QuerySet[Any] = model._base_manager.using(plan.scratch.using)
    return rows.filter(condition).order_by().values("pk")
