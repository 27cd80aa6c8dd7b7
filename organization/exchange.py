"""The sheets that HR brings: departments and employees."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import exchange
from backoffice.exchange import Absent, Column, Objection, Plan, Sheet, changed, sentence
from backoffice.exchange.letters import Folded
from organization import words
from organization.models import Department, Employee

LEFT = Employee.Status.LEFT


def _repeats_a_name(plan: Plan) -> Iterator[Objection]:
    """A new name or place that a sibling has, in the file or in the database."""
    place = Concat(
        Cast(Coalesce(F("parent"), Value(0)), TextField()),
        Value(" "),
        Folded("name"),
        output_field=TextField(),
    )
    rows = plan.rows.annotate(place=place)
    moved, staying = rows.filter(changed("name", "parent")), rows.exclude(changed("name", "parent"))
    stored = plan.stored.annotate(place=place)
    # Sets that stand by themselves are read once, not once for each row.
    taken = Q(place__in=staying.order_by().values("place")) | Q(place__in=stored.order_by().values("place"))
    first = moved.order_by().values("place").annotate(first=Min("plan_line")).values("first")
    yield Objection(
        moved.filter(taken | ~Q(plan_line__in=first)),
        "name",
        _("There is a department of this name in the same place already."),
    )


def _reports_to_a_leaver(plan: Plan) -> Iterator[Objection]:
    """Those who have left themselves may name a manager who has: that is how it was."""
    rows = plan.rows.filter(changed("manager")).exclude(status=LEFT)
    here = plan.rows.filter(plan_key=OuterRef("manager"), status=LEFT)
    stored = plan.stored.filter(pk=OuterRef("manager"), status=LEFT)
    name = Coalesce(Subquery(here.values("name")[:1]), Subquery(stored.values("name")[:1]))
    reason = sentence(_("%(manager)s has left and cannot be anyone's manager."), manager=name)
    yield Objection(rows.filter(Exists(here) | Exists(stored)), "manager", reason)


def _leaves_reports_behind(plan: Plan) -> Iterator[Objection]:
    """Somebody leaves whom people stay with, counting what the same file changes about those people."""
    leaving = plan.rows.filter(changed("status"), plan_new=False, status=LEFT)
    if not leaving.exists():
        return
    # Those whom the same file puts below a leaver are refused themselves; who stays there is counted here.
    here = plan.rows.filter(manager=OuterRef("plan_key")).exclude(status=LEFT).exclude(changed("manager"))
    stored = plan.stored.filter(manager=OuterRef("plan_key")).exclude(status=LEFT)
    reason = _("People still report here. Give them another manager first.")
    yield Objection(leaving.filter(Exists(here) | Exists(stored)), "status", reason)


def _current() -> "QuerySet[Any]":
    people: QuerySet[Any] = Employee.objects.current()
    return people


def _left_today() -> dict[str, Any]:
    """As of today, or of an earlier day that is recorded; whoever was hired later never came."""
    today = timezone.localdate()
    recorded, later = Q(end_date__lt=today), Q(hire_date__gt=today)
    end = Case(When(recorded, then=F("end_date")), When(later, then=F("hire_date")), default=Value(today))
    return {"status": LEFT, "end_date": end}


COST_CENTER = Column("cost_center", also=("cost_centre",), guess=words.COST_CENTER)

DEPARTMENTS = exchange.register(
    Sheet(
        name="departments",
        model=Department,
        key="code",
        or_keys=["name"],
        columns=[
            Column(
                "code",
                also=("department_code",),
                guess=words.DEPARTMENTS["code"],
                loose=words.DEPARTMENTS_LOOSE["code"],
            ),
            Column(
                "name",
                also=("department_name",),
                guess=words.DEPARTMENTS["name"],
                loose=words.DEPARTMENTS_LOOSE["name"],
                tidy=True,
            ),
            Column(
                "parent_code",
                "parent",
                also=("parent",),
                guess=words.DEPARTMENTS["parent_code"],
                loose=words.DEPARTMENTS_LOOSE["parent_code"],
                by="code",
                or_by=("name",),
                path="parent",
                called="name",
                loop=gettext_lazy("%(target)s is this department or lies below it."),
            ),
            Column(
                "head_employee_number",
                "head",
                also=("head",),
                guess=words.DEPARTMENTS["head_employee_number"],
                loose=words.DEPARTMENTS_LOOSE["head_employee_number"],
                by="employee_number",
                or_by=("work_email",),
                called="name",
                may_come_later=True,
            ),
            Column(
                "location", guess=words.DEPARTMENTS["location"], loose=words.DEPARTMENTS_LOOSE["location"]
            ),
            COST_CENTER,
            Column("email", also=("e-mail",), guess=words.DEPARTMENTS["email"]),
            Column("description", guess=words.DEPARTMENTS["description"]),
            Column(
                "headcount_planned", also=("planned_headcount",), guess=words.DEPARTMENTS["headcount_planned"]
            ),
            Column("opened_on", guess=words.DEPARTMENTS["opened_on"]),
            Column("closed_on", guess=words.DEPARTMENTS["closed_on"]),
        ],
        rules=[_repeats_a_name],
    )
)

EMPLOYEES = exchange.register(
    Sheet(
        name="employees",
        model=Employee,
        key="employee_number",
        or_keys=["work_email"],
        parts=[
            Column("first_name", "name", guess=words.FIRST_NAME, tidy=True, label=gettext_lazy("First name")),
            Column(
                "middle_name",
                "name",
                guess=words.MIDDLE_NAME,
                tidy=True,
                label=gettext_lazy("Middle name"),
                optional=True,
            ),
            Column(
                "last_name",
                "name",
                guess=words.LAST_NAME,
                loose=words.BIRTH_NAME,
                tidy=True,
                label=gettext_lazy("Last name"),
            ),
            Column(
                "last_name_in_use",
                "name",
                guess=words.LAST_NAME_IN_USE,
                tidy=True,
                label=gettext_lazy("Last name in use"),
                optional=True,
                over="last_name",
            ),
            Column(
                "second_last_name",
                "name",
                guess=words.SECOND_LAST_NAME,
                tidy=True,
                label=gettext_lazy("Second last name"),
                optional=True,
            ),
        ],
        loose_key="name",
        columns=[
            Column(
                "employee_number",
                guess=words.EMPLOYEES["employee_number"],
                loose=words.EMPLOYEES_LOOSE["employee_number"],
            ),
            Column("name", guess=words.EMPLOYEES["name"], loose=words.EMPLOYEES_LOOSE["name"], tidy=True),
            Column("preferred_name", guess=words.EMPLOYEES["preferred_name"], tidy=True),
            Column(
                "work_email",
                also=("email", "e-mail"),
                guess=words.EMPLOYEES["work_email"],
                loose=words.EMPLOYEES_LOOSE["work_email"],
            ),
            Column(
                "phone",
                "work_phone",
                also=("work_phone",),
                guess=words.EMPLOYEES["phone"],
                loose=words.EMPLOYEES_LOOSE["phone"],
            ),
            Column(
                "job_title",
                guess=words.EMPLOYEES["job_title"],
                loose=words.EMPLOYEES_LOOSE["job_title"],
                never=words.FORMS_OF_ADDRESS,
            ),
            Column(
                "department_code",
                "department",
                also=("department",),
                guess=words.EMPLOYEES["department_code"],
                loose=words.EMPLOYEES_LOOSE["department_code"],
                by="code",
                or_by=("name",),
                path="parent",
                called="name",
                can_create=True,
                keyed=words.DEPARTMENT_CODES,
                called_in=words.DEPARTMENT_NAMES,
            ),
            Column(
                "manager_employee_number",
                "manager",
                also=("manager",),
                guess=words.EMPLOYEES["manager_employee_number"],
                loose=words.EMPLOYEES_LOOSE["manager_employee_number"],
                nothing=words.NO_MANAGER,
                by="employee_number",
                or_by=("work_email",),
                called="name",
                loop=gettext_lazy("%(target)s would report to themselves, directly or through others."),
            ),
            Column(
                "status",
                guess=words.EMPLOYEES["status"],
                loose=words.EMPLOYEES_LOOSE["status"],
                values=words.STATUS,
            ),
            Column(
                "employment_type",
                guess=words.EMPLOYEES["employment_type"],
                loose=words.EMPLOYEES_LOOSE["employment_type"],
                values=words.EMPLOYMENT_TYPE,
            ),
            Column("fte", guess=words.EMPLOYEES["fte"], loose=words.EMPLOYEES_LOOSE["fte"]),
            Column("hire_date", guess=words.EMPLOYEES["hire_date"]),
            Column("end_date", guess=words.EMPLOYEES["end_date"], loose=words.EMPLOYEES_LOOSE["end_date"]),
            Column("end_reason", guess=words.EMPLOYEES["end_reason"]),
            Column("location", guess=words.EMPLOYEES["location"], loose=words.EMPLOYEES_LOOSE["location"]),
            COST_CENTER,
            Column("notes", guess=words.EMPLOYEES["notes"]),
        ],
        # There for the reader's eyes; the code and the number decide.
        ignored=["department_name", "manager", "supervisor", "line_manager", "vorgesetzter", "responsable"],
        not_beside=[(words.OF_ADDRESSES, words.ADDRESSES)],
        rules=[_reports_to_a_leaver, _leaves_reports_behind],
        absent=Absent(
            within="department",
            rows=_current,
            gone=_left_today,
            label=gettext_lazy("Mark as left, as of today"),
            called="name",
        ),
    )
)
