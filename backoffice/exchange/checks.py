"""What may not be saved: each check looks at the whole plan and yields objections, sets of rows with a sentence.

A row that is refused can make another one impossible: the row that it refers to does not come, the address
that it was to give up stays taken. So the checks run until none of them objects any more.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When, Window
from django.db.models.functions import FirstValue
from django.utils.translation import gettext as _

from backoffice.exchange.cells import empty
from backoffice.exchange.composing import reset
from backoffice.exchange.loops import closes_loops
from backoffice.exchange.meanwhile import changed_meanwhile
from backoffice.exchange.noting import note, object_to, refuse_noted
from backoffice.exchange.parts import lacks_a_part
from backoffice.exchange.plan import Objection, Plan, changed, sentence
from backoffice.exchange.reach import is_narrowed, out_of_reach
from backoffice.exchange.scratch import PLANNED
from backoffice.rules import checks_of


def check(plan: Plan) -> None:
    """Refuse every row of the plan that may not be saved."""
    refuse_noted(plan)
    _refuse(plan, [changed_meanwhile, _lacks_what_is_needed, lacks_a_part, _breaks_constraints])
    checks = [_refers_to_refused, _repeats_unique_values, closes_loops, *plan.sheet.rules]
    # No rule is asked about a row that the person may not touch: its sentence could tell of what they do not see.
    while _refuse(plan, [out_of_reach], foreign=True) or _refuse(plan, checks):
        pass


def _refuse(
    plan: Plan, checks: list[Callable[[Plan], Iterator[Objection]]], *, foreign: bool = False
) -> bool:
    """Whether a row was refused, or changed. `foreign`: for being outside of the person's scope."""
    noted = sum(object_to(plan, objection) for find in checks for objection in find(plan))
    plan.foreign += noted if foreign else 0
    left = _leave_relations(plan)
    return bool(noted and refuse_noted(plan)) or left


def _lacks_what_is_needed(plan: Plan) -> Iterator[Objection]:
    """New rows without a value that they cannot do without."""
    for field in plan.sheet.model._meta.concrete_fields:
        if field.primary_key or field.generated or field.null or field.has_default():
            continue
        if field.blank and field.empty_strings_allowed:
            continue
        lacking = Q((field.name, None)) | (
            Q((field.name, "")) if field.empty_strings_allowed and not field.is_relation else Q()
        )
        names = {"model": plan.sheet.model._meta.verbose_name, "field": field.verbose_name}
        reason = (
            empty(field) if field.name in plan.names else _("A new %(model)s needs the %(field)s.") % names
        )
        yield Objection(plan.created.filter(lacking), field.name, reason)


def _breaks_constraints(plan: Plan) -> Iterator[Objection]:
    rows = plan.rows.exclude(plan_changes="")
    for names, broken, reason in checks_of(plan.sheet.model, plan.everything.model):
        field = next((name for name in names if name in plan.names), names[0])
        yield Objection(rows.filter(broken), field, reason)


def _refers_to_refused(plan: Plan) -> Iterator[Objection]:
    """The row referred to was to be created and is refused, and the relation cannot be empty."""
    for _position, column in plan.used:
        if plan.sheet.is_self_reference(column) and not plan.sheet.field(column.name).null:
            line = -F(column.name)
            yield Objection(_to_refused(plan, column.name), column.name, sentence(_refused_line(), line=line))


def _leave_relations(plan: Plan) -> bool:
    """Relations to refused rows stay as they are, where they may be empty."""
    found = False
    for position, column in plan.used:
        if plan.sheet.is_self_reference(column) and plan.sheet.field(column.name).null:
            field = plan.scratch.quote(plan.sheet.field(column.name).attname)
            lines = (
                f"SELECT p.plan_line FROM {PLANNED} p JOIN {PLANNED} r ON r.plan_line = -p.{field} "  # noqa: S608
                f"WHERE NOT p.plan_refused AND r.plan_refused AND p.{field} < 0"
            )
            chosen = lines.partition(" FROM ")[2]
            reason = _refused_line() + " " + _("The field stays as it is.")
            if note(
                plan, f"FROM {chosen}", "p.plan_line", position, reason, warning=True, line="r.plan_line"
            ):
                reset(plan, column, lines, [])
                found = True
    return found


def _refused_line() -> str:
    return _("Line %(line)s, which brings this one, is refused.")


def _to_refused(plan: Plan, name: str) -> models.QuerySet[Any]:
    refused = plan.everything.filter(plan_refused=True, plan_line=-OuterRef(name))
    return plan.rows.filter(Exists(refused), **{f"{name}__lt": 0})


def _repeats_unique_values(plan: Plan) -> Iterator[Objection]:
    for _position, column in plan.used:
        field = plan.sheet.field(column.name)
        # Whoever has the key is found by it, but for those whom the person does not see.
        is_found = column.name == plan.sheet.key and not is_narrowed(plan, plan.sheet.model)
        if field.unique and not is_found and not field.is_relation:
            yield from _repeats_in_file(plan, column.name)
            yield from _repeats_in_database(plan, column.name)


def _repeats_in_file(plan: Plan, name: str) -> Iterator[Objection]:
    column = plan.scratch.quote(plan.sheet.field(name).attname)
    if not plan.scratch.rows(
        f"SELECT 1 FROM {PLANNED} WHERE NOT plan_refused AND {column} IS NOT NULL "  # noqa: S608
        f"GROUP BY {column} HAVING COUNT(*) > 1 LIMIT 1"
    ):
        return
    # Whoever has the value already keeps it, wherever the line stands.
    order: Any = [Case(When(changed(name), then=Value(1)), default=Value(0)), "plan_line"]
    first = Window(FirstValue("plan_line"), partition_by=[F(name)], order_by=order)
    rows = plan.rows.exclude(**{name: None}).annotate(first=first).exclude(first=F("plan_line"))
    yield Objection(rows, name, sentence(_("Line %(line)s has it already."), line=F("first")))


def _repeats_in_database(plan: Plan, name: str) -> Iterator[Objection]:
    holder = plan.stored.filter(**{name: OuterRef(name)})
    rows = plan.rows.filter(changed(name)).exclude(**{name: None}).filter(Exists(holder))
    if name == plan.sheet.key:  # somebody whom the person does not see
        plan.foreign += rows.count()
    yield Objection(rows, name, _taken(plan, name))


def _taken(plan: Plan, name: str) -> str:
    """The sentence that a form says."""
    model = plan.sheet.model
    return " ".join(model().unique_error_message(model, (name,)).messages)
