"""Departments, with the people in them inline."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backoffice import admin
from backoffice.admin.counting import Count
from backoffice.dashboard.sources import sizes
from backoffice.links import Rows
from backoffice.rules import Changes, Refusal
from organization import rules
from organization.admin.early import warn_of_early
from organization.dashboard import PEOPLE
from organization.exchange import DEPARTMENTS
from organization.models import Department, Employee


def with_headcounts(departments: list[Any]) -> datetime.datetime | None:
    """As the first page has them: of a large organisation those that are kept, else those of this moment."""
    counted = sizes(PEOPLE, [department.pk for department in departments])
    own = counted.own if counted else Employee.objects.headcounts(departments)
    for department in departments:
        department.headcount = own.get(department.pk, 0)
        department.everybody = counted.all.get(department.pk, 0) if counted else department.headcount
    return counted.as_of if counted else None


def headcount_note(department: Any) -> str:
    """The people directly in it, against those that are planned, and with everything below."""
    sentence = ngettext("%(number)s person", "%(number)s people", department.headcount)
    words = [sentence % {"number": Count(department.headcount)}]
    if department.headcount_planned is not None:
        words.append(_("%(number)s planned") % {"number": Count(department.headcount_planned)})
    if department.everybody != department.headcount:
        words.append(_("%(number)s in all") % {"number": Count(department.everybody)})
    return ", ".join(str(each) for each in words)


def title_note(employee: Any) -> str:
    status = "" if employee.status == Employee.Status.ACTIVE else employee.get_status_display()
    return ", ".join(filter(None, [employee.job_title, status]))


class EmployeeInline(admin.TabularInline):
    model = Employee
    fields = ("name", "job_title", "status", "hire_date")


@admin.register(Department)
class DepartmentAdmin(admin.ChartMixin, admin.ModelAdmin):
    chart = admin.Chart(
        title=_("Organization chart"),
        parent="parent",
        leaves=Employee,
        path="department",
        shown=Q(status__in=[status for status in Employee.Status if status != Employee.Status.LEFT]),
        prepare=with_headcounts,
        note=headcount_note,
        leaf_note=title_note,
    )
    list_display = ("name", "code", "parent", "head", "headcount", "location")
    more_columns = ("cost_center", "email", "headcount_planned", "opened_on", "closed_on")
    list_select_related = ("parent", "head")
    list_filter = (
        ("parent", admin.tree_filter("parent")),
        ("location", admin.ValuesFilter),
        ("head", admin.RelatedFilter),
    )
    search_fields = ("search_text",)
    exact_fields = ("code",)
    found_with = ("parent",)
    autocomplete_fields = ("parent", "head")
    bulk_actions = (admin.SetFields,)
    bulk_fields = ("head", "location", "cost_center", "headcount_planned", "opened_on", "closed_on")
    sheet = DEPARTMENTS
    fieldsets = (
        (None, {"fields": ("name", "code", "parent", "head")}),
        (
            _("Place and cost"),
            {"fields": ("location", "email", "cost_center", "headcount_planned"), "classes": ("collapse",)},
        ),
        (
            _("Opening, closing, description"),
            {"fields": ("opened_on", "closed_on", "description"), "classes": ("collapse",)},
        ),
    )
    inlines = (EmployeeInline,)

    def found_note(self, row: Any) -> str:
        return ", ".join(filter(None, [row.code, str(row.parent or "")]))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Employee:
            warn_of_early(request, [*formset.new_objects, *(row for row, _fields in formset.changed_objects)])

    def refusals(self, rows: Rows, changes: Changes, without: Rows | None = None) -> Iterator[Refusal]:
        return rules.refused_departments(rows, changes, without)

    def hold(self, changes: Changes) -> None:
        rules.hold_departments(Department, changes)

    def prepare_page(self, request: HttpRequest, rows: list[Any]) -> None:
        headcounts = Employee.objects.headcounts(rows)
        for department in rows:
            department.headcount = headcounts.get(department.pk, 0)

    @admin.display(description=_("headcount"))
    def headcount(self, department: Any) -> int:
        return int(department.headcount)
