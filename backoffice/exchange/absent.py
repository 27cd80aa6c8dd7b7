"""Rows that the file should have held: told, and marked if the person wishes."""

from typing import Any

from django.db import models
from django.db.models import F, Value, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import RowNumber

from backoffice.access import visible
from backoffice.exchange.plan import ABSENT, Plan
from backoffice.exchange.planned import CHANGES, KEY, LINE, NEW, REFUSED
from backoffice.exchange.scratch import NODES
from backoffice.operations.recorder import insert_from
from backoffice.operations.tables import recorded_fields


def rows(plan: Plan) -> models.QuerySet[Any] | None:
    """The stored rows that the file lacks, of those that the person sees; None where that cannot be said."""
    declared = plan.sheet.absent
    if declared is None or declared.within not in plan.names or not plan.keys:
        return None
    every = declared.rows().using(plan.scratch.using)
    seen = visible(plan.actor, every) if plan.actor else every
    covered = plan.everything.filter(**{f"{declared.within}__gt": 0, "plan_line__lt": ABSENT})
    found: models.QuerySet[Any] = seen.filter(
        **{f"{declared.within}__in": covered.values(declared.within).distinct()},
    ).exclude(pk__in=RawSQL(f"SELECT node FROM {NODES} WHERE node > 0", []))  # noqa: S608, S611
    return found.order_by()


def add(plan: Plan) -> None:
    """Rows of the plan for those that are to be marked: they are held to the rules like any other."""
    found = rows(plan) if plan.options.absent else None
    if found is None or plan.sheet.absent is None:
        return
    model, gone = plan.sheet.model, plan.sheet.absent.gone()
    planned = plan.everything.model
    number = Window(RowNumber(), order_by=F("pk").asc())
    columns: dict[str, Any] = {
        LINE: number + Value(ABSENT),
        KEY: F("pk"),
        NEW: Value(False),
        REFUSED: Value(False),
        CHANGES: Value(f",{','.join(gone)},"),
    }
    for field in recorded_fields(model):
        name = planned._meta.get_field(field.name).attname
        value = gone.get(field.name, F(field.attname))
        columns[name] = value if hasattr(value, "resolve_expression") else Value(value, output_field=field)
    insert_from(planned, columns, found)


def keys(plan: Plan) -> tuple[models.QuerySet[Any], str] | None:
    """Where the keys of those rows are, marked or not, and in which column; None where that cannot be said."""
    if plan.options.absent:
        return plan.everything.filter(plan_line__gte=ABSENT), KEY
    found = rows(plan)
    return None if found is None else (found, "pk")


def number(plan: Plan) -> int:
    found = keys(plan)
    return 0 if found is None else found[0].count()
