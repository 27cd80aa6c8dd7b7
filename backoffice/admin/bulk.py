"""Bulk actions: choose values, see what will happen to whom, confirm.

To add one, subclass BulkAction and name it in a ModelAdmin:

    class WithdrawBooks(admin.BulkAction):
        name, title, fields = "withdraw", _("Withdraw"), ("withdrawn_on",)

    class BookAdmin(admin.ModelAdmin):
        bulk_actions = (WithdrawBooks,)
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib.admin.utils import model_ngettext
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backoffice import operations
from backoffice.admin.actions import SelectionAction
from backoffice.admin.bulk_pages import BulkPages
from backoffice.admin.counting import Count
from backoffice.admin.selection import Selection
from backoffice.admin.widgets import RelatedSelect
from backoffice.rules import Changes, Refusal, broken_constraints


class BulkAction(SelectionAction):
    """Set some fields of every selected row to the same values.

    Override `fields` and `form_class` for what is asked, `decisive` for the fields (all by default) whose new values a
    row must not have yet to be changed, `changes` for what follows from the answers, `refusals`
    for who cannot be changed so, `apply` for the deed, `question` and `success_message` for the words.
    """

    fields: Sequence[str] = ()
    decisive: Sequence[str] = ()
    form_class: type[forms.Form] = forms.Form
    form_template = "backoffice/bulk/form.html"
    preview_template = "backoffice/bulk/preview.html"

    def get_form(self, request: HttpRequest, data: Any = None) -> forms.Form:
        fields = {name: self.get_field(request, name) for name in self.fields}
        form: forms.Form = type(self.form_class.__name__, (self.form_class,), fields)(data)
        return form

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
            options = {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}
        return field.formfield(**options)  # type: ignore[no-any-return]

    def changes(self, form: forms.Form) -> Changes:
        """Field name → new value."""
        return {name: form.cleaned_data[name] for name in self.fields}

    def refusals(self, queryset: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
        """The rows that cannot be changed so, reason by reason."""
        return broken_constraints(queryset, changes)

    def companions(self, queryset: models.QuerySet[Any], changes: Changes) -> models.QuerySet[Any]:
        """The rows that `refusals` looks at besides those that it is asked about, when it judges these."""
        return queryset.none()

    def hold(self, changes: Changes) -> None:
        """Called first in the transaction that changes rows: to lock what `refusals` looks at besides (see locks)."""

    def apply(self, queryset: models.QuerySet[Any], changes: Changes, request: HttpRequest) -> int:
        """Change exactly the rows of `queryset`, in the transaction that is open; how many there were."""
        return operations.update(queryset, changes, actor=request.user, kind=self.name)

    def question(self, count: Count, changes: Changes) -> str:
        """What stands on the button that does it."""
        return _("Change %(count)s %(rows)s") % self.counted(count)

    def success_message(self, count: Count, changes: Changes) -> str:
        return _("Changed %(count)s %(rows)s.") % self.counted(count)

    def counted(self, count: Count) -> dict[str, Any]:
        return {"count": count, "rows": model_ngettext(self.opts, count.number)}

    def respond(self, request: HttpRequest, selection: Selection) -> HttpResponse:
        return BulkPages(self, request, selection).respond()
