"""What may not be saved: each check looks at the whole plan and yields objections, sets of rows with a sentence.

A row that is refused can make another one impossible: the row that it refers to does not come, the address
that it was to give up stays taken. So the checks run until none of them objects any more.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When, Window
from django.db.models.functions import FirstValue
from django.utils.translation import gettext as _

from backoffice.exchange.cells import empty
from backoffice.exchange.loops import closes_loops
from backoffice.exchange.meanwhile import changed_meanwhile
from backoffice.exchange.noting import note, object_to, refuse_noted
from backoffice.exchange.parts import lacks_a_part
from backoffice.exchange.plan import Objection, Plan, changed, sentence
from backoffice.exchange.reach import is_narrowed, out_of_reach
from backoffice.exchange.scratch import PLANNED
from backoffice.exchange.sheet import Column
from backoffice.rules import checks_of

STEPS = 900  # of a chain at a time: MariaDB follows a thousand


def check(plan: Plan) -> None:
    """Refuse every row of the plan that may not be saved."""
    refuse_noted(plan)
    _refuse_dependent(plan)
    _refuse(plan, [changed_meanwhile, _lacks_what_is_needed, lacks_a_part, _breaks_constraints])
    checks = [_repeats_unique_values, closes_loops, *plan.sheet.rules]
    # No rule is asked about a row that the person may not touch: its sentence could tell of what they do not see.
    while _refuse(plan, [out_of_reach], foreign=True) or _refuse(plan, checks):
        pass


def _refuse(
    plan: Plan, checks: list[Callable[[Plan], Iterator[Objection]]], *, foreign: bool = False
) -> bool:
    """Whether a row was refused. `foreign`: for being outside of the person's scope."""
    noted = sum(object_to(plan, objection) for find in checks for objection in find(plan))
    plan.foreign += noted if foreign else 0
    if not (noted and refuse_noted(plan)):
        return False
    _refuse_dependent(plan)
    return True


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


def _refuse_dependent(plan: Plan) -> None:
    """The rows that refer to what a refused line was to bring, and those that refer to these: saved without it, they
    would not be in the file of what is to be mended.
    """
    columns = [(place, column) for place, column in plan.used if plan.sheet.is_self_reference(column)]
    while sum(_note_dependent(plan, place, column) for place, column in columns):
        refuse_noted(plan)


def _note_dependent(plan: Plan, position: int, column: Column) -> int:
    above = f"p.{plan.scratch.quote(plan.sheet.field(column.name).attname)}"
    most = f"AND g.step < {STEPS}" if plan.scratch.vendor == "mysql" else ""
    going = (
        "WITH RECURSIVE going(line, above, step) AS ("  # noqa: S608
        f"SELECT p.plan_line, r.plan_line, 1 FROM {PLANNED} r JOIN {PLANNED} p ON {above} = -r.plan_line "
        "WHERE r.plan_refused AND NOT p.plan_refused "
        f"UNION ALL SELECT p.plan_line, g.line, g.step + 1 FROM going g JOIN {PLANNED} p ON {above} = -g.line "
        f"WHERE NOT p.plan_refused {most}) SELECT line, above FROM going"
    )
    reason = _("Line %(line)s, which brings this one, is refused.")
    return note(plan, f"FROM ({going}) d", "d.line", position, reason, line="d.above")


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
