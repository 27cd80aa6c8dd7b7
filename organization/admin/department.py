"""Departments, with the people in them inline."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice import admin
from backoffice.links import Rows
from backoffice.rules import Changes, Refusal
from organization import rules
from organization.exchange import DEPARTMENTS
from organization.models import Department, Employee


class EmployeeInline(admin.TabularInline):
    model = Employee
    fields = ("name", "job_title", "status", "hire_date")


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin):
    list_display = ("name", "code", "parent", "head", "headcount", "location")
    list_select_related = ("parent", "head")
    list_filter = (
        ("parent", admin.tree_filter("parent")),
        ("location", admin.ValuesFilter),
    )
    search_fields = ("search_text",)
    exact_fields = ("code",)
    autocomplete_fields = ("parent", "head")
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
