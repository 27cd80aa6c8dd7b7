"""What the first page says about people and departments."""

import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice import dashboard
from backoffice.admin.counting import Count
from backoffice.dashboard.charts import months
from backoffice.dashboard.counts import Counts, month
from backoffice.operations.before import had_until, has_since
from organization.access import DEPARTMENTS
from organization.models import Department, Employee

Day = datetime.date
Status = Employee.Status
DAYS_OF_A_MONTH = 31
CURRENT = [status for status in Status if status != Status.LEFT]
STARTED = [status for status in Status if status != Status.PLANNED]
HIRED = [status for status in CURRENT if status in STARTED]
HAS_REPORTS = Exists(Employee.objects.filter(manager=OuterRef("pk"), status__in=CURRENT).order_by())


def _current(day: Day) -> Q:
    return Q(status__in=CURRENT)


def _hired(day: Day) -> Q:
    """The headcount: whoever is planned is not there yet."""
    return Q(status__in=HIRED)


def _joined(day: Day) -> Q:
    """Everyone who started in these twelve months; who is planned has not."""
    return Q(status__in=STARTED, hire_date__gte=months(day)[0], hire_date__lt=_next(day))


def _left(day: Day) -> Q:
    return Q(status=Status.LEFT, end_date__gte=months(day)[0], end_date__lt=_next(day))


def _new(day: Day) -> Q:
    """Of the people of today, those who started this month."""
    return Q(status__in=HIRED, hire_date__gte=day.replace(day=1))


def _gone(day: Day) -> Q:
    """The people of last month who left since."""
    return Q(status=Status.LEFT, end_date__gte=day.replace(day=1)) & _was_there(day)


def _was_there(day: Day) -> Q:
    return Q(hire_date__lt=day.replace(day=1)) | Q(hire_date__isnull=True)


def _overdue(day: Day) -> Q:
    return Q(status__in=CURRENT, end_date__lt=day)


def _next(day: Day) -> Day:
    return (day.replace(day=1) + datetime.timedelta(days=31)).replace(day=1)


def _last_month(day: Day) -> Day:
    return day.replace(day=1) - datetime.timedelta(days=1)


def _headcount_before(counts: Counts, day: Day) -> int:
    """At the end of last month, by the dates of today: who joined since is taken away, who left is added."""
    return counts.total("headcount") - counts.total("new") + counts.total("gone")


def _in(day: Day) -> str:
    return date_format(day, "YEAR_MONTH_FORMAT")


def _headcount_note(counts: Counts, day: Day) -> str:
    numbers = {"number": Count(_headcount_before(counts, day)), "month": _in(_last_month(day))}
    return _("%(number)s at the end of %(month)s") % numbers


def _month_note(number: int) -> str:
    return _("%(number)s in the month before") % {"number": Count(number)}


def _first_moment(day: Day) -> datetime.datetime:
    """When this month began."""
    return timezone.make_aware(datetime.datetime.combine(day.replace(day=1), datetime.time.min))


def _leave_began(day: Day) -> Q:
    """Who joined since was not on leave before, whatever they are recorded with."""
    began = has_since(Employee, "status", Status.ON_LEAVE, _first_moment(day)) | _new(day)
    return Q(status=Status.ON_LEAVE) & began  # once more: by it they are found


def _leave_ended(day: Day) -> Q:
    return had_until(Employee, "status", Status.ON_LEAVE, _first_moment(day)) & _was_there(day)


def _leave_note(counts: Counts, day: Day) -> str:
    """Leave has no dates: who was on leave is read from the record, as far back as it is kept."""
    if settings.OPERATION_RETENTION_DAYS < DAYS_OF_A_MONTH:
        everybody = counts.total("headcount")
        share = 100 * counts.total("on_leave") / everybody if everybody else 0
        return _("%(share)s %% of the headcount") % {"share": number_format(share, 1)}
    before = counts.total("on_leave") - counts.total("leave_began") + counts.total("leave_ended")
    return _("%(number)s at the end of %(month)s") % {"number": Count(before), "month": _in(_last_month(day))}


def _joiners(first: Day, final: Day) -> dict[str, Any]:
    return {"status": STARTED, "hire_date__from": first.isoformat(), "hire_date__to": final.isoformat()}


def _leavers(first: Day, final: Day) -> dict[str, Any]:
    return {"status": Status.LEFT, "end_date__from": first.isoformat(), "end_date__to": final.isoformat()}


def _this_month(day: Day) -> tuple[Day, Day]:
    return day.replace(day=1), _next(day) - datetime.timedelta(days=1)


def _place(value: str) -> dict[str, Any]:
    return {"location": value} if value else {"location__empty": 1}


def _type(value: str) -> Any:
    return dict(Employee.EmploymentType.choices).get(value, value) if value else _("Not given")


PEOPLE = dashboard.declare(
    dashboard.Board(
        name="people",
        model=Employee,
        tree=DEPARTMENTS,
        title=gettext_lazy("People"),
        size="headcount",
        place_filter="department",
        measures=(
            dashboard.Measure("headcount", _hired),
            dashboard.Measure("new", _new),
            dashboard.Measure("gone", _gone),
            dashboard.Measure("on_leave", lambda day: Q(status=Status.ON_LEAVE)),
            dashboard.Measure("leave_began", _leave_began),
            dashboard.Measure("leave_ended", _leave_ended),
            dashboard.Measure("joined", _joined, TruncMonth("hire_date")),
            dashboard.Measure("left", _left, TruncMonth("end_date")),
            dashboard.Measure("type", _hired, "employment_type"),
            dashboard.Measure("location", _hired, "location"),
            dashboard.Measure("no_manager", lambda day: _current(day) & Q(manager__isnull=True)),
            dashboard.Measure("leavers_with_reports", lambda day: Q(status=Status.LEFT) & Q(HAS_REPORTS)),
            dashboard.Measure("overdue", _overdue),
        ),
        figures=(
            dashboard.Figure(
                "headcount",
                lambda day: _("Headcount"),
                lambda counts, day: counts.total("headcount"),
                lambda day: {"status": HIRED},
                _headcount_note,
            ),
            dashboard.Figure(
                "joined",
                lambda day: _("Joined in %(month)s") % {"month": _in(day)},
                lambda counts, day: counts.of("joined", month(day)),
                lambda day: _joiners(*_this_month(day)),
                lambda counts, day: _month_note(counts.of("joined", month(_last_month(day)))),
            ),
            dashboard.Figure(
                "left",
                lambda day: _("Left in %(month)s") % {"month": _in(day)},
                lambda counts, day: counts.of("left", month(day)),
                lambda day: _leavers(*_this_month(day)),
                lambda counts, day: _month_note(counts.of("left", month(_last_month(day)))),
            ),
            dashboard.Figure(
                "on_leave",
                lambda day: _("On leave"),
                lambda counts, day: counts.total("on_leave"),
                lambda day: {"status": Status.ON_LEAVE},
                _leave_note,
            ),
        ),
        attention=(
            dashboard.Attention(
                "no_manager",
                lambda number: ngettext("person without a manager", "people without a manager", number),
                lambda day: {"manager": "none", "status": CURRENT},
                gettext_lazy("“Set manager” mends it."),
            ),
            dashboard.Attention(
                "leavers_with_reports",
                lambda number: ngettext(
                    "person who has left and still has reports",
                    "people who have left and still have reports",
                    number,
                ),
                lambda day: {"status": Status.LEFT, "reports": "current"},
                gettext_lazy("“Hand over reports” mends it."),
                keep=True,
            ),
            dashboard.Attention(
                "overdue",
                lambda number: ngettext(
                    "person whose end date has passed and who has not left",
                    "people whose end dates have passed and who have not left",
                    number,
                ),
                lambda day: {
                    "status": CURRENT,
                    "end_date__to": (day - datetime.timedelta(days=1)).isoformat(),
                },
                gettext_lazy("“Change status” mends it."),
            ),
        ),
        charts=(
            dashboard.Below(
                "department",
                gettext_lazy("Headcount by department, with everything below"),
                "headcount",
                lambda day: {"status": HIRED},
                gettext_lazy("Department"),
            ),
            dashboard.Months(
                "months",
                gettext_lazy("Leavers and joiners by month"),
                dashboard.Series("left", gettext_lazy("Leavers"), _leavers),
                dashboard.Series("joined", gettext_lazy("Joiners"), _joiners),
            ),
            dashboard.Groups(
                "type",
                gettext_lazy("Headcount by employment type"),
                "type",
                lambda day, value: {"employment_type": value or "none", "status": HIRED},
                _type,
                gettext_lazy("Employment type"),
            ),
            dashboard.Groups(
                "location",
                gettext_lazy("Headcount by location"),
                "location",
                lambda day, value: {**_place(value), "status": HIRED},
                lambda value: value or _("Not given"),
                gettext_lazy("Location"),
            ),
        ),
    )
)

DEPARTMENTS_BOARD = dashboard.declare(
    dashboard.Board(
        name="departments",
        model=Department,
        tree=DEPARTMENTS,
        title=gettext_lazy("Departments"),
        size="departments",
        measures=(
            dashboard.Measure("departments", lambda day: Q()),
            dashboard.Measure("headless", lambda day: Q(head__isnull=True)),
        ),
        attention=(
            dashboard.Attention(
                "headless",
                lambda number: ngettext("department without a head", "departments without a head", number),
                lambda day: {"head": "none"},
                gettext_lazy("“Set or clear fields” mends it."),
            ),
        ),
    )
)
