"""Rows that the file should have held: told, and marked if the person wishes."""

from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, RowNumber
from django.utils.translation import ngettext

from backoffice.access import visible
from backoffice.exchange.plan import ABSENT, Plan, changed
from backoffice.exchange.planned import CHANGES, KEY, LINE, NEW, REFUSED
from backoffice.exchange.scratch import NODES, PLANNED, PROBLEMS
from backoffice.operations.recorder import insert_from
from backoffice.operations.tables import recorded_fields

NAMED = 20  # lines in a sentence


def look_for_unplaced(plan: Plan) -> None:
    """Note the lines that were refused before it was known whom they mean: anybody can stand in them."""
    if not _can_be_said(plan):
        return
    lines = f"FROM {PROBLEMS} p LEFT JOIN {NODES} n ON n.line = p.line WHERE n.line IS NULL AND NOT p.warning"
    [[plan.unplaced]] = plan.scratch.rows(f"SELECT COUNT(DISTINCT p.line) {lines}")
    found = plan.scratch.rows(f"SELECT DISTINCT p.line {lines} ORDER BY p.line LIMIT {NAMED}")
    plan.unplaced_lines = [line for (line,) in found]


def doubt(number: int, lines: list[int]) -> str:
    """What is said beside the rows that the file lacks, where lines are unplaced; else nothing."""
    if not number:
        return ""
    sentence = ngettext(
        "It is not known whom a refused line means, and that can be one of these: line %(lines)s. Nobody is marked "
        "before that line is mended.",
        "It is not known whom %(n)s refused lines mean, and those can be among these: lines %(lines)s. Nobody is "
        "marked before those lines are mended.",
        number,
    )
    named = ", ".join(map(str, lines)) + (", …" if number > len(lines) else "")
    return sentence % {"n": f"{number:,}", "lines": named}


def _can_be_said(plan: Plan) -> bool:
    declared = plan.sheet.absent
    return declared is not None and declared.within in plan.names and bool(plan.keys)


def _is_marked(plan: Plan) -> bool:
    return plan.options.absent and not plan.unplaced


def rows(plan: Plan) -> models.QuerySet[Any] | None:
    """The stored rows that the file lacks, of those that the person sees; None where that cannot be said."""
    declared = plan.sheet.absent
    if declared is None or not _can_be_said(plan):
        return None
    every = declared.rows().using(plan.scratch.using)
    seen = visible(plan.actor, every) if plan.actor else every
    covered = plan.everything.filter(**{f"{declared.within}__gt": 0, "plan_line__lt": ABSENT})
    found: models.QuerySet[Any] = seen.filter(
        **{f"{declared.within}__in": covered.values(declared.within).distinct()},
    ).exclude(pk__in=RawSQL(f"SELECT node FROM {NODES} WHERE node > 0", []))  # noqa: S608, S611
    return _unnamed(plan, found).order_by()


def _unnamed(plan: Plan, found: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Without those whom a line names beside the key of somebody else: by their address, with another number."""
    for name in plan.keys[1:]:
        if not plan.sheet.field(name).unique:
            continue
        lines = plan.everything.filter(changed(name), plan_line__lt=ABSENT, **{name: OuterRef(name)})
        found = found.exclude(Exists(lines))
    return found


def add(plan: Plan) -> None:
    """Rows of the plan for those that are to be marked: they are held to the rules like any other."""
    found = rows(plan) if _is_marked(plan) else None
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
        CHANGES: Concat(Value(","), *(_change(name, value) for name, value in gone.items())),
    }
    for field in recorded_fields(model):
        name = planned._meta.get_field(field.name).attname
        value = gone.get(field.name, F(field.attname))
        columns[name] = value if hasattr(value, "resolve_expression") else Value(value, output_field=field)
    insert_from(planned, columns, found)


def _change(name: str, value: Any) -> Case:
    return Case(When(Q((name, value)), then=Value("")), default=Value(f"{name},"))


def name_refused(plan: Plan) -> None:
    """Say of whom it is that cannot be marked: no line of the file tells."""
    declared, scratch = plan.sheet.absent, plan.scratch
    if declared is None or not _is_marked(plan):
        return
    name = f"s.{scratch.quote(plan.sheet.field(declared.called).attname)}"
    reason = {"reason": scratch.joined(name, "': '", "t.reason")}
    scratch.update_from(PROBLEMS, PLANNED, f"s.{LINE} = t.line", reason, f"t.line > {ABSENT}")


def keys(plan: Plan) -> tuple[models.QuerySet[Any], str] | None:
    """Where the keys of those rows are, marked or not, and in which column; None where that cannot be said."""
    if _is_marked(plan):
        return plan.everything.filter(plan_line__gte=ABSENT), KEY
    found = rows(plan)
    return None if found is None else (found, "pk")


def number(plan: Plan) -> int:
    found = keys(plan)
    return 0 if found is None else found[0].count()
