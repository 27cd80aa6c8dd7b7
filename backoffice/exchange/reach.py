"""An import within the scope of the person who brings it; the command line has none and may do everything.

Rows and relations are looked for among the rows that the person sees: what is foreign and what is not there at all
make the same plan and the same sentences.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from backoffice.access import limit, places
from backoffice.access.scope import NOTHING
from backoffice.exchange.plan import Objection, Plan, changed
from backoffice.exchange.scratch import PLANNED

Statement = tuple[str, list[Any]]


def is_narrowed(plan: Plan, model: Any) -> bool:
    """Whether the person sees a part of the rows of `model` only."""
    return plan.actor is not None and limit(plan.actor, model) is not None


def seen(plan: Plan, field: Any, *others: Any, among: str = "") -> Statement:
    """A table, or a query in brackets: the rows that the person sees, with their keys and these fields of theirs.

    `among` is a query of values of `field`, where no others are of any use: few lines are then quick in a large table.
    """
    model = field.model
    condition = limit(plan.actor, model) if plan.actor is not None else None
    if condition is None:
        return plan.scratch.quote(model._meta.db_table), []
    if among:
        condition &= Q((f"{field.name}__in", RawSQL(among, [])))  # noqa: S611
    rows = model._base_manager.using(plan.scratch.using).filter(condition).order_by()
    chosen = rows.values_list(model._meta.pk.name, field.attname, *(other.attname for other in others))
    sql, params = chosen.query.get_compiler(plan.scratch.using, elide_empty=False).as_sql()
    return f"({sql})", list(params)


def out_of_reach(plan: Plan) -> Iterator[Objection]:
    """The rows that touch what the person sees and may not change, or stand where they may put nothing."""
    if plan.actor is None:
        return
    yield from _may_not_be_changed(plan)
    for deed in ("add", "change"):
        yield from _stands_elsewhere(plan, deed)


def _may_not_be_changed(plan: Plan) -> Iterator[Objection]:
    condition = limit(plan.actor, plan.sheet.model, "change")
    if condition is not None:
        planned = Q(pk__in=RawSQL(f"SELECT plan_key FROM {PLANNED}", []))  # noqa: S608, S611
        allowed = _meeting(plan, plan.sheet.model, condition & planned)
        rows = plan.rows.filter(plan_new=False).exclude(plan_key__in=allowed)
        yield Objection(rows, plan.sheet.key, _("This is outside of what you may change."))


def _stands_elsewhere(plan: Plan, deed: str) -> Iterator[Objection]:
    """New rows, and rows that move, whose place is not the person's; one of the same file is as its own line says."""
    place = places(plan.actor, plan.sheet.model, deed)
    if place is None:
        return
    column, condition = place
    rows = plan.created if deed == "add" else plan.updated
    if not column or condition == NOTHING:
        if deed == "add":
            yield Objection(rows, plan.sheet.key, _("You may not add this."))
        return
    if deed == "change":
        rows = rows.filter(changed(column))
    allowed = _meeting(plan, plan.sheet.field(column).related_model, condition)
    elsewhere = Q((column, None)) | (Q((f"{column}__gt", 0)) & ~Q((f"{column}__in", allowed)))
    yield Objection(rows.filter(elsewhere), column, _("You may not put anything there."))


def _meeting(plan: Plan, model: Any, condition: Q) -> models.QuerySet[Any]:
    """The keys of the rows that meet the condition."""
    rows: models.QuerySet[Any] = model._base_manager.using(plan.scratch.using)
    return rows.filter(condition).order_by().values("pk")
