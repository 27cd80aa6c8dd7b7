"""Bulk actions on employees. Each is named in EmployeeAdmin.bulk_actions."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.access import within
from backoffice.admin import BulkAction, SetFields
from backoffice.admin.bulk.action import Answers
from backoffice.admin.bulk.followups import Followup, Note
from backoffice.admin.counting import Count
from backoffice.rules import Changes, Refusal
from organization import rules, services
from organization.handover import Choice, Handover, left_behind, new_manager
from organization.models import Employee


class EmployeeAction(BulkAction):
    def refusals(self, queryset: models.QuerySet[Any], answers: Answers) -> Iterator[Refusal]:
        return rules.refused_employees(queryset, self.changes(answers))

    def hold(self, answers: Answers) -> None:
        rules.hold_employees(Employee, self.changes(answers))

    def notes(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        changing: models.QuerySet[Any],
        answers: Answers,
    ) -> Iterator[Note]:
        """Who reports to them without being among them."""
        yield Note(within(request.user, left_behind(queryset, changing)), _go_on)


def _go_on(count: Count) -> str:
    sentence = ngettext(
        "%(count)s other employee reports to them and goes on doing so.",
        "%(count)s other employees report to them and go on doing so.",
        count.number,
    )
    return sentence % {"count": count}


class TransferAction(EmployeeAction):
    name, title, fields = "transfer", gettext_lazy("Transfer to a department"), ("department",)
    log_label = gettext_lazy("Transfer")

    def apply(self, queryset: Any, answers: Answers) -> int:
        return services.transfer(employees=queryset, to=answers["department"])

    def question(self, count: Count, answers: Answers) -> str:
        sentence = ngettext(
            "Move %(count)s employee to %(department)s",
            "Move %(count)s employees to %(department)s",
            count.number,
        )
        return sentence % {"count": count, **answers}

    def success_message(self, count: Count, answers: Answers) -> str:
        sentence = ngettext(
            "Moved %(count)s employee to %(department)s.",
            "Moved %(count)s employees to %(department)s.",
            count.number,
        )
        return sentence % {"count": count, **answers}


class StatusForm(forms.Form):
    """What goes with leaving, and with nothing else."""

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        self._check_handover(answers)
        leaves = answers.get("status") == Employee.Status.LEFT
        if not leaves and "status" in answers and (answers.get("end_date") or answers.get("end_reason")):
            self.add_error(
                "status", _("Only “Left” goes with an end date and an end reason. Leave them empty.")
            )
        return answers

    def _check_handover(self, answers: dict[str, Any]) -> None:
        choice, heir = answers.get("reports"), answers.get("reports_to")
        if choice == Choice.TO and not heir and "reports_to" not in self.errors:
            self.add_error("reports_to", _("Choose who becomes their manager."))
        elif heir and choice != Choice.TO:
            sentence = _("Choose “%(choice)s”, or leave the new manager empty.")
            self.add_error("reports", sentence % {"choice": Choice.TO.label})
        elif heir and heir.status == Employee.Status.LEFT:
            self.add_error("reports_to", rules.has_left(heir))


class ChangeStatusAction(EmployeeAction):
    name, title = "change_status", gettext_lazy("Change status")
    log_label = gettext_lazy("Change of status")
    fields = ("status", "end_date", "end_reason")
    decisive = ("status",)  # who has left already keeps the date and reason of then
    form_class = StatusForm

    def get_form_fields(self, request: HttpRequest) -> dict[str, forms.Field]:
        fields = super().get_form_fields(request)
        for name in ("end_date", "end_reason"):
            fields[name].help_text = _("For the status “Left”. Leave it empty to keep what is there.")
        fields["reports"] = forms.ChoiceField(
            label=_("Who reports to them and stays"),
            choices=[("", _("Stays with them")), *Choice.choices],
            required=False,
            help_text=_("For the status “Left”. Who keeps such reports does not leave."),
        )
        fields["reports_to"] = self.get_field(request, "manager")
        fields["reports_to"].label = _("Their new manager")
        return fields

    def changes(self, answers: Answers) -> Changes:
        return services.status_changes(**{name: answers[name] for name in self.fields})

    def refusals(self, queryset: models.QuerySet[Any], answers: Answers) -> Iterator[Refusal]:
        return rules.refused_employees(queryset, self.changes(answers), _handover(answers))

    def followups(
        self, queryset: models.QuerySet[Any], changing: models.QuerySet[Any], answers: Answers
    ) -> Iterator[Followup]:
        handover = _handover(answers)
        if handover:
            stay = left_behind(queryset, changing)
            yield Followup(
                stay, "manager", new_manager(handover, changing), lambda count: _stay(count, handover, stay)
            )

    def notes(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        changing: models.QuerySet[Any],
        answers: Answers,
    ) -> Iterator[Note]:
        """Of those who leave nobody's reports go on: what becomes of them is a follow-up, or forbids it."""
        leave = answers["status"] == Employee.Status.LEFT
        return iter(()) if leave else super().notes(request, queryset, changing, answers)

    def apply(self, queryset: Any, answers: Answers) -> int:
        return services.change_status(employees=queryset, **self.changes(answers))

    def others_message(self, count: Count, answers: Answers) -> str:
        sentence = ngettext(
            "Changed the manager of %(count)s employee who reported to them.",
            "Changed the manager of %(count)s employees who reported to them.",
            count.number,
        )
        return sentence % {"count": count}

    def question(self, count: Count, answers: Answers) -> str:
        sentence = ngettext(
            "Set %(count)s employee to “%(status)s”", "Set %(count)s employees to “%(status)s”", count.number
        )
        return sentence % {"count": count, "status": Employee.Status(answers["status"]).label}

    def success_message(self, count: Count, answers: Answers) -> str:
        sentence = ngettext(
            "Set %(count)s employee to “%(status)s”.",
            "Set %(count)s employees to “%(status)s”.",
            count.number,
        )
        return sentence % {"count": count, "status": Employee.Status(answers["status"]).label}


def _handover(answers: Answers) -> Handover | None:
    leave = answers["status"] == Employee.Status.LEFT
    return Handover(answers["reports"], answers["reports_to"]) if leave and answers["reports"] else None


def _stay(count: Count, handover: Handover, people: models.QuerySet[Any]) -> str:
    """What happens to so many `people` who report to those who leave."""
    if handover.to and people.filter(pk=handover.to.pk).exists():  # nobody becomes their own manager
        sentence = ngettext(
            "%(count)s employee reports to those who leave, and stays. %(manager)s gets the next manager above.",
            "%(count)s employees report to those who leave, and stay. Their new manager: %(manager)s, who gets the "
            "next one above.",
            count.number,
        )
    elif handover.choice == Choice.TO:
        sentence = ngettext(
            "%(count)s employee reports to those who leave, and stays. The new manager: %(manager)s.",
            "%(count)s employees report to those who leave, and stay. Their new manager: %(manager)s.",
            count.number,
        )
    elif handover.choice == Choice.UP:
        sentence = ngettext(
            "%(count)s employee reports to those who leave, and stays. The new manager is the next one above.",
            "%(count)s employees report to those who leave, and stay. Their new manager is the next one above.",
            count.number,
        )
    else:
        sentence = ngettext(
            "%(count)s employee reports to those who leave, and stays without a manager.",
            "%(count)s employees report to those who leave, and stay without a manager.",
            count.number,
        )
    return sentence % {"count": count, "manager": handover.to}


class ManagerForm(forms.Form):
    """A manager, or none: an empty answer alone clears nothing."""

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        manager, nobody = answers.get("manager"), answers.get("nobody")
        if manager and nobody:
            self.add_error("nobody", _("Either a new manager or none: not both."))
        elif manager and manager.status == Employee.Status.LEFT:
            self.add_error("manager", rules.has_left(manager))
        elif not manager and not nobody and "manager" not in self.errors:
            self.add_error("manager", _("Choose a manager, or tick that they shall have none."))
        return answers


class SetManagerAction(EmployeeAction):
    name, title, fields = "set_manager", gettext_lazy("Set manager"), ("manager",)
    log_label = gettext_lazy("Change of manager")
    form_class = ManagerForm

    def get_form_fields(self, request: HttpRequest) -> dict[str, forms.Field]:
        nobody = forms.BooleanField(label=_("No manager"), required=False)
        return {**super().get_form_fields(request), "nobody": nobody}

    def apply(self, queryset: Any, answers: Answers) -> int:
        return services.set_manager(employees=queryset, manager=answers["manager"])

    def question(self, count: Count, answers: Answers) -> str:
        if answers["manager"] is None:
            sentence = ngettext(
                "Take the manager away from %(count)s employee",
                "Take the manager away from %(count)s employees",
                count.number,
            )
        else:
            sentence = ngettext(
                "Make %(manager)s the manager of %(count)s employee",
                "Make %(manager)s the manager of %(count)s employees",
                count.number,
            )
        return sentence % {"count": count, **answers}

    def success_message(self, count: Count, answers: Answers) -> str:
        if answers["manager"] is None:
            sentence = ngettext(
                "%(count)s employee has no manager now.",
                "%(count)s employees have no manager now.",
                count.number,
            )
        else:
            sentence = ngettext(
                "%(manager)s is the manager of %(count)s employee more now.",
                "%(manager)s is the manager of %(count)s employees more now.",
                count.number,
            )
        return sentence % {"count": count, **answers}


class HandOverAction(SetManagerAction):
    """The manager of those who report to the selected people."""

    name, title = "hand_over_reports", gettext_lazy("Hand over reports")
    log_label = gettext_lazy("Handing over of reports")

    def notes(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        changing: models.QuerySet[Any],
        answers: Answers,
    ) -> Iterator[Note]:
        """Those who are selected keep nobody; of whom their reports lead there is nothing to say."""
        return iter(())

    def rows(self, selected: models.QuerySet[Any], visible: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return visible.exclude(status="left").filter(manager__in=selected.order_by().values("pk"))

    def subject(self, count: Count) -> str:
        sentence = ngettext(
            "%(count)s employee reports to those who are selected.",
            "%(count)s employees report to those who are selected.",
            count.number,
        )
        return sentence % {"count": count}


class SetEmployeeFields(EmployeeAction, SetFields):
    """The rules of EmployeeAction, the form of SetFields."""
