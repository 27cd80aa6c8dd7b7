"""Bulk actions: choose values, see what will happen to whom, confirm.

To add one, subclass BulkAction and name it in a ModelAdmin:

    class WithdrawBooks(admin.BulkAction):
        name, title, fields = "withdraw", _("Withdraw"), ("withdrawn_on",)

    class BookAdmin(admin.ModelAdmin):
        bulk_actions = (WithdrawBooks,)
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin.utils import model_ngettext
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.actions import SelectionAction
from backoffice.admin.bulk.followups import Followup, Note
from backoffice.admin.bulk.pages import BulkPages
from backoffice.admin.counting import Count
from backoffice.admin.forms.widgets import DayInput, RelatedSelect
from backoffice.admin.lists.selection import Selection
from backoffice.admin.scoping import ScopedChoice, limit_choices
from backoffice.operations import kinds
from backoffice.rules import Changes, Refusal, broken_constraints

Answers = Mapping[str, Any]


class BulkAction(SelectionAction):
    """Set some fields of every selected row to the same values.

    `log_label` is what the log calls it, as a noun, where `title` does not do. Override `fields` and `form_class` for
    what is asked, `decisive` for the fields (all by default) whose new values a row must not have yet to be changed,
    `changes` for what follows from the answers (the form's cleaned data), `refusals` for who cannot be changed so,
    `followups` for what happens to other rows, `notes` for which of them to know of, `apply` for the deed, `question`
    and `success_message` for the words, `rows` and `subject` for an action that changes what hangs on the selected rows
    instead of these.
    """

    log_label: Any = ""
    fields: Sequence[str] = ()
    decisive: Sequence[str] = ()
    reason_required = False  # whether a confirmation must say why
    form_class: type[forms.Form] = forms.Form
    form_template = "backoffice/bulk/form.html"
    preview_template = "backoffice/bulk/preview.html"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name and cls.title:
            kinds.register(cls.name, cls.log_label or cls.title)

    def get_form(self, request: HttpRequest, data: Any = None) -> forms.Form:
        fields = self.get_form_fields(request)
        form: forms.Form = type(self.form_class.__name__, (self.form_class,), fields)(data)
        return form

    def get_form_fields(self, request: HttpRequest) -> dict[str, forms.Field]:
        return {name: self.get_field(request, name) for name in self.fields}

    def get_field(self, request: HttpRequest, name: str) -> forms.Field:
        """The form field for a model field; a relation offers the rows that this person may see."""
        field: Any = self.opts.get_field(name)
        site = self.model_admin.admin_site
        options: dict[str, Any] = {}
        if field.related_model in site._registry:
            # By key: what the list of those rows computes for its columns is of no use here.
            visible = site._registry[field.related_model].get_queryset(request).values("pk")
            rows = field.related_model._default_manager.filter(pk__in=visible)
            options = {"queryset": rows, "widget": RelatedSelect(field, site)}
        elif isinstance(field, models.DateField):
            options = {"widget": DayInput()}
        if isinstance(field, models.ForeignKey):
            options["form_class"] = ScopedChoice
        asked: forms.Field = field.formfield(**options)
        if field.is_relation:
            limit_choices(asked, request, self.model_admin.model, field)
        return asked

    def rows(self, selected: models.QuerySet[Any], visible: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows that are changed; `visible` are all that this person sees."""
        return selected

    def subject(self, count: Count) -> str:
        """How many rows() there are."""
        sentence = ngettext(
            "%(count)s %(rows)s is selected.", "%(count)s %(rows)s are selected.", count.number
        )
        return sentence % self.counted(count)

    @property
    def changes_selected(self) -> bool:
        return type(self).rows is BulkAction.rows

    def changes(self, answers: Answers) -> Changes:
        """Field name → new value."""
        return {name: answers[name] for name in self.fields}

    def refusals(self, queryset: models.QuerySet[Any], answers: Answers) -> Iterator[Refusal]:
        """The rows that cannot be changed so, reason by reason."""
        return broken_constraints(queryset, self.changes(answers))

    def followups(
        self, queryset: models.QuerySet[Any], changing: models.QuerySet[Any], answers: Answers
    ) -> Iterator[Followup]:
        """What happens to other rows because those of `queryset` change, as a part of the same operation.

        It is done first. `changing` are all that change; for a preview `queryset` may be some of them.
        """
        return iter(())

    def notes(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        changing: models.QuerySet[Any],
        answers: Answers,
    ) -> Iterator[Note]:
        """Other rows to know of before those of `queryset` change; `changing` are all that do."""
        return iter(())

    def hold(self, answers: Answers) -> None:
        """Called first in the transaction that changes rows: to lock what `refusals` looks at besides (see locks)."""

    def apply(self, queryset: models.QuerySet[Any], answers: Answers) -> int:
        """Change exactly the rows of `queryset`, in the operation that is under way; how many there were."""
        return queryset.update(**self.changes(answers))

    def question(self, count: Count, answers: Answers) -> str:
        """What stands on the button that does it."""
        return _("Change %(count)s %(rows)s") % self.counted(count)

    def success_message(self, count: Count, answers: Answers) -> str:
        return _("Changed %(count)s %(rows)s.") % self.counted(count)

    def others_message(self, count: Count, answers: Answers) -> str:
        """What was done to other rows by `followups`."""
        return _("Changed %(count)s other %(rows)s too.") % self.counted(count)

    def counted(self, count: Count) -> dict[str, Any]:
        return {"count": count, "rows": model_ngettext(self.opts, count.number)}

    def respond(self, request: HttpRequest, selection: Selection) -> HttpResponseBase:
        return BulkPages(self, request, selection).respond()
