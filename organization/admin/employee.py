"""Employees."""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from backoffice import admin
from backoffice.access import is_unlimited
from backoffice.access.giving import GIVING
from backoffice.admin.scoping import check_place
from backoffice.admin.undo.limits import standing
from backoffice.links import Rows
from backoffice.rules import Changes, Refusal
from organization import rules
from organization.admin.actions import (
    ChangeStatusAction,
    HandOverAction,
    SetEmployeeFields,
    SetManagerAction,
    TransferAction,
)
from organization.admin.early import warn_of_early
from organization.admin.filters import ReportsFilter
from organization.admin.reports import ReportsMixin
from organization.exchange import EMPLOYEES
from organization.models import Employee


@admin.register(Employee)
class EmployeeAdmin(ReportsMixin, admin.SubjectMixin, admin.ModelAdmin):
    list_display = ("name", "employee_number", "department", "job_title", "status", "manager", "hire_date")
    more_columns = (
        "preferred_name",
        "work_email",
        "work_phone",
        "employment_type",
        "fte",
        "end_date",
        "location",
        "cost_center",
    )
    list_select_related = ("department", "manager")
    list_filter = (
        ("department", admin.tree_filter("parent")),
        ("status", admin.ChoicesFilter),
        ("employment_type", admin.ChoicesFilter),
        ("location", admin.ValuesFilter),
        ("hire_date", admin.DateRangeFilter),
        ("end_date", admin.DateRangeFilter),
        ("manager", admin.RelatedFilter),
        ("status", ReportsFilter),
    )
    search_fields = ("search_text",)
    exact_fields = ("employee_number", "work_email")
    found_with = ("department",)
    reads_recorded = True
    sheet = EMPLOYEES
    bulk_actions = (TransferAction, SetManagerAction, HandOverAction, ChangeStatusAction, SetEmployeeFields)
    bulk_fields = (
        "job_title",
        "location",
        "cost_center",
        "employment_type",
        "fte",
        "hire_date",
        "end_date",
        "end_reason",
        "work_phone",
    )
    autocomplete_fields = ("department", "manager", "user")
    kept_fields = ("department", "manager")
    undo_refusal = _("Which account is theirs is decided by those who give roles there")
    fieldsets = (
        (
            None,
            {"fields": ("name", "preferred_name", "employee_number", "department", "manager", "job_title")},
        ),
        (_("Contact and place"), {"fields": ("work_email", "work_phone", "location", "cost_center")}),
        (
            _("Employment"),
            {"fields": ("status", "employment_type", "fte", "hire_date", "end_date", "end_reason")},
        ),
        (_("Account and notes"), {"fields": ("user", "notes")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose account it is decides what they head and see: for those who give roles there."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if request.user.has_perm(GIVING, obj) else (*fixed, "user")

    def check_saved(self, request: HttpRequest, row: Any, fields: Collection[str], deed: str) -> None:
        super().check_saved(request, row, fields, deed)
        if "user" in fields:  # also where they come to stand by it
            check_place(request, [row], GIVING)

    def undo_limit(self, request: HttpRequest) -> Q | None:
        """The history rows that this person may take back: those that say nothing of an account, and where they give
        roles.
        """
        user: Any = request.user
        if is_unlimited(user, Employee, GIVING):
            return None
        linked = Q(action="~", fields__contains=",user,") & ~standing(user, Employee, "~", GIVING)
        gone = Q(action="-", old_user__isnull=False) & ~standing(user, Employee, "-", GIVING)
        return ~(linked | gone)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        warn_of_early(request, [obj])
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        warn_of_early(request, [obj])
        return response

    def found_note(self, row: Any) -> str:
        status = "" if row.status == Employee.Status.ACTIVE else row.get_status_display()
        return ", ".join(filter(None, [row.job_title, str(row.department or ""), status]))

    def refusals(self, rows: Rows, changes: Changes, without: Rows | None = None) -> Iterator[Refusal]:
        return rules.refused_employees(rows, changes)

    def hold(self, changes: Changes) -> None:
        rules.hold_employees(Employee, changes)
