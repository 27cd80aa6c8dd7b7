"""The sheets that HR brings: departments and employees."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import exchange
from backoffice.exchange import Column, Objection, Plan, Row, Sheet, lookups
from organization.models import Department, Employee

LEFT = Employee.Status.LEFT


def _repeats_a_name(plan: Plan) -> Iterator[Objection]:
    """A new name or place that a sibling has, in the file or in the database."""
    moved = (row for row in plan.accepted if row.is_changed("name") or row.is_changed("parent_id"))
    changed = dict.fromkeys(moved)  # a set in the order of the lines
    taken = _names_below(plan, {row.get("parent_id") for row in changed})
    taken.update(_place(row) for row in plan.accepted if row not in changed)
    for row in changed:
        if _place(row) in taken:
            yield Objection(row, "name", _("There is a department of this name in the same place already."))
        taken.add(_place(row))


def _place(row: Row) -> tuple[Any, str]:
    return row.get("parent_id"), row.get("name").casefold()


def _names_below(plan: Plan, parents: set[Any]) -> set[tuple[Any, str]]:
    """(parent, name) of the stored departments under these parents that the file does not touch."""
    keys = [parent for parent in parents if parent and not isinstance(parent, Row)]
    below = [Department.objects.filter(parent__in=chunk) for chunk in lookups.chunks(keys)]
    if None in parents:
        below.append(Department.objects.filter(parent=None))
    rows = (row for siblings in below for row in siblings.order_by().values_list("pk", "parent_id", "name"))
    return {(parent, name.casefold()) for pk, parent, name in rows if not plan.row_of(pk)}


def _reports_to_a_leaver(plan: Plan) -> Iterator[Objection]:
    """Those who have left themselves may name a manager who has: that is how it was."""
    rows = [row for row in plan.accepted if row.is_changed("manager_id") and row.get("status") != LEFT]
    keys = (row.get("manager_id") for row in rows)
    stored = _leavers(key for key in keys if key and not isinstance(key, Row))
    for row in rows:
        manager = row.get("manager_id")
        incoming = manager if isinstance(manager, Row) else plan.row_of(manager)
        name = stored.get(manager)
        if incoming:
            name = incoming.get("name") if incoming.get("status") == LEFT else None
        if name:
            reason = _("%(manager)s has left and cannot be anyone's manager.") % {"manager": name}
            yield Objection(row, "manager", reason)


def _leavers(keys: Iterator[Any]) -> dict[Any, str]:
    """The names of those who have left, by key."""
    found: dict[Any, str] = {}
    for chunk in lookups.chunks(keys):
        leavers = Employee.objects.filter(pk__in=chunk, status=LEFT)
        found.update(leavers.order_by().values_list("pk", "name"))
    return found


def _leaves_reports_behind(plan: Plan) -> Iterator[Objection]:
    """Somebody leaves whom people stay with, counting what the same file changes about those people."""
    leaving = {
        row.instance.pk: row
        for row in plan.accepted
        if not row.is_new and row.is_changed("status") and row.get("status") == LEFT
    }
    staying: dict[Any, int] = defaultdict(int)
    for chunk in lookups.chunks(leaving):
        reports = Employee.objects.current().filter(manager__in=chunk).order_by()
        for pk, manager in reports.values_list("pk", "manager_id"):
            row = plan.row_of(pk)
            if row is None or (row.get("manager_id") == manager and row.get("status") != LEFT):
                staying[manager] += 1
    for manager in staying:
        reason = _("People still report to this person. Give them another manager first.")
        yield Objection(leaving[manager], "status", reason)


DEPARTMENTS = exchange.register(
    Sheet(
        name="departments",
        model=Department,
        key="code",
        columns=[
            Column("code", also=("department_code",)),
            Column("name", also=("department_name",)),
            Column(
                "parent_code",
                "parent",
                also=("parent",),
                by="code",
                loop=gettext_lazy("%(target)s is this department or lies below it."),
            ),
            Column("head_employee_number", "head", also=("head",), by="employee_number", may_come_later=True),
            Column("location"),
            Column("cost_center"),
            Column("email", also=("e-mail",)),
            Column("description"),
            Column("headcount_planned", also=("planned_headcount",)),
            Column("opened_on"),
            Column("closed_on"),
        ],
        rules=[_repeats_a_name],
    )
)

EMPLOYEES = exchange.register(
    Sheet(
        name="employees",
        model=Employee,
        key="employee_number",
        columns=[
            Column("employee_number", also=("number",)),
            Column("name"),
            Column("preferred_name"),
            Column("work_email", also=("email", "e-mail")),
            Column("phone", "work_phone", also=("work_phone",)),
            Column("job_title"),
            Column("department_code", "department", also=("department",), by="code"),
            Column(
                "manager_employee_number",
                "manager",
                also=("manager",),
                by="employee_number",
                loop=gettext_lazy(
                    "%(target)s is this person or reports to them, directly or through others."
                ),
            ),
            Column("status"),
            Column("employment_type"),
            Column("fte"),
            Column("hire_date"),
            Column("end_date"),
            Column("end_reason"),
            Column("location"),
            Column("cost_center"),
            Column("notes"),
        ],
        ignored=["department_name"],  # there for the reader's eyes; the code decides
        rules=[_reports_to_a_leaver, _leaves_reports_behind],
    )
)
