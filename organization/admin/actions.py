"""Bulk actions on employees. Each is named in EmployeeAdmin.bulk_actions."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.admin import BulkAction
from backoffice.admin.counting import Count
from backoffice.rules import Changes, Refusal
from organization import rules, services
from organization.models import Employee


class EmployeeAction(BulkAction):
    def refusals(self, queryset: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
        return rules.refused_employees(queryset, changes)

    def hold(self, changes: Changes) -> None:
        rules.hold_employees(Employee, changes)


class TransferAction(EmployeeAction):
    name, title, fields = "transfer", gettext_lazy("Transfer to a department"), ("department",)

    def apply(self, queryset: Any, changes: Changes, request: HttpRequest) -> int:
        return services.transfer(employees=queryset, to=changes["department"], actor=request.user)

    def question(self, count: Count, changes: Changes) -> str:
        sentence = ngettext(
            "Move %(count)s employee to %(department)s",
            "Move %(count)s employees to %(department)s",
            count.number,
        )
        return sentence % {"count": count, **changes}

    def success_message(self, count: Count, changes: Changes) -> str:
        sentence = ngettext(
            "Moved %(count)s employee to %(department)s.",
            "Moved %(count)s employees to %(department)s.",
            count.number,
        )
        return sentence % {"count": count, **changes}


class StatusForm(forms.Form):
    """What leaving needs is asked here, and refused here when it is missing."""

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        leaves = answers.get("status") == Employee.Status.LEFT
        if leaves and not answers.get("end_date") and "end_date" not in self.errors:
            self.add_error("end_date", _("Someone who has left needs an end date."))
        elif not leaves and "status" in answers and (answers.get("end_date") or answers.get("end_reason")):
            self.add_error(
                "status", _("Only “Left” goes with an end date and an end reason. Leave them empty.")
            )
        return answers


class ChangeStatusAction(EmployeeAction):
    name, title = "change_status", gettext_lazy("Change status")
    fields = ("status", "end_date", "end_reason")
    decisive = ("status",)  # who has left already keeps the date and reason of then
    form_class = StatusForm

    def get_field(self, request: HttpRequest, name: str) -> forms.Field:
        field = super().get_field(request, name)
        field.help_text = "" if name == "status" else _("For the status “Left”.")
        return field

    def companions(self, queryset: models.QuerySet[Any], changes: Changes) -> models.QuerySet[Any]:
        leave = changes["status"] == Employee.Status.LEFT
        return Employee.objects.filter(manager__in=queryset) if leave else queryset.none()

    def changes(self, form: forms.Form) -> Changes:
        return services.status_changes(**form.cleaned_data)

    def apply(self, queryset: Any, changes: Changes, request: HttpRequest) -> int:
        return services.change_status(employees=queryset, actor=request.user, **changes)

    def question(self, count: Count, changes: Changes) -> str:
        sentence = ngettext(
            "Set %(count)s employee to “%(status)s”", "Set %(count)s employees to “%(status)s”", count.number
        )
        return sentence % {"count": count, "status": Employee.Status(changes["status"]).label}

    def success_message(self, count: Count, changes: Changes) -> str:
        sentence = ngettext(
            "Set %(count)s employee to “%(status)s”.",
            "Set %(count)s employees to “%(status)s”.",
            count.number,
        )
        return sentence % {"count": count, "status": Employee.Status(changes["status"]).label}
