"""What may not be saved: each check looks at the whole plan and yields objections.

A row that is refused can make another one impossible: the row that it refers to does not come, the address
that it was to give up stays taken. So the checks run until none of them objects any more.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import CheckConstraint
from django.utils.translation import gettext as _

from backoffice.exchange import lookups
from backoffice.exchange.conditions import holds
from backoffice.exchange.loops import closes_loops
from backoffice.exchange.plan import Objection, Plan, Row
from backoffice.exchange.reach import out_of_reach


def check(plan: Plan) -> None:
    """Refuse every row of the plan that may not be saved."""
    for objection in [*_lacks_what_is_needed(plan), *_breaks_constraints(plan)]:
        plan.refuse(objection)
    checks = [_refers_to_refused, _repeats_unique_values, closes_loops, *plan.sheet.rules, out_of_reach]
    while objections := [found for find in checks for found in find(plan) if not found.row.refused]:
        for objection in objections:
            plan.refuse(objection)


def _lacks_what_is_needed(plan: Plan) -> Iterator[Objection]:
    """New rows in a file that lacks a column they cannot do without."""
    needed = [
        field
        for field in plan.sheet.model._meta.concrete_fields
        if not (field.blank or field.has_default() or field.generated or field.name in plan.headers)
    ]
    for row in (row for row in plan.accepted if row.is_new):
        for field in needed:
            names = {"model": plan.sheet.model._meta.verbose_name, "field": field.verbose_name}
            yield Objection(row, field.name, _("A new %(model)s needs the %(field)s.") % names)


def _breaks_constraints(plan: Plan) -> Iterator[Objection]:
    attnames = {field.name: field.attname for field in plan.sheet.model._meta.concrete_fields}
    rows = [row for row in plan.accepted if row.is_new or row.changes]
    for constraint in plan.sheet.model._meta.constraints:
        if isinstance(constraint, CheckConstraint):
            for row in rows:
                if holds(constraint.condition, lambda name, row=row: row.get(attnames[name])) is False:  # type: ignore[misc]
                    yield Objection(row, _field_of(constraint, plan), str(constraint.violation_error_message))


def _field_of(constraint: CheckConstraint, plan: Plan) -> str:
    """The field that a constraint speaks of first, among those that the file brings."""
    names = [path.partition("__")[0] for path in _paths(constraint.condition)]
    return next((name for name in names if name in plan.headers), names[0])


def _paths(condition: Any) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, tuple):
            yield child[0]
        else:
            yield from _paths(child)


def _refers_to_refused(plan: Plan) -> Iterator[Objection]:
    """The row referred to was to be created and is refused: the relation stays as it is, if it may be empty."""
    for column in plan.columns:
        if not plan.sheet.is_self_reference(column):
            continue
        field = plan.sheet.field(column.name)
        for row in plan.accepted:
            target = row.values.get(field.attname)
            if isinstance(target, Row) and target.refused:
                reason = _("Line %(line)d, which brings this one, is refused.") % {"line": target.line}
                if not field.null:
                    yield Objection(row, column.name, reason)
                    continue
                del row.values[field.attname]
                plan.warn(row, column.name, reason + " " + _("The field stays as it is."))


def _repeats_unique_values(plan: Plan) -> Iterator[Objection]:
    for column in plan.columns:
        if plan.sheet.field(column.name).unique and column.name != plan.sheet.key:
            yield from _repeats_in_file(plan, column.name)
            yield from _repeats_in_database(plan, column.name)


def _repeats_in_file(plan: Plan, name: str) -> Iterator[Objection]:
    attname = plan.sheet.field(name).attname
    first: dict[Any, Row] = {}
    # Whoever has the value already keeps it, wherever the line stands.
    for row in sorted(plan.accepted, key=lambda row: row.is_changed(attname)):
        value = row.get(attname)
        if value is not None and first.setdefault(value, row) is not row:
            yield Objection(row, name, _("Line %(line)d has it already.") % {"line": first[value].line})


def _repeats_in_database(plan: Plan, name: str) -> Iterator[Objection]:
    attname = plan.sheet.field(name).attname
    changed = {row.get(attname): row for row in plan.accepted if row.is_changed(attname)}
    changed.pop(None, None)
    stored = lookups.objects_by(plan.sheet.model._default_manager.all(), attname, changed)
    for value, holders in stored.items():
        for holder in holders:
            row = plan.row_of(holder.pk)
            if row is None:  # a row of this file was compared above
                yield Objection(changed[value], name, _taken(plan, name))


def _taken(plan: Plan, name: str) -> str:
    """The sentence that a form says."""
    model = plan.sheet.model
    return " ".join(model().unique_error_message(model, (name,)).messages)
