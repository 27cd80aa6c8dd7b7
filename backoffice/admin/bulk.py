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
from django.contrib import messages
from django.contrib.admin.utils import model_ngettext
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import IntegrityError, models, router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import operations
from backoffice.admin.actions import SelectionAction
from backoffice.admin.counting import LIMIT, Count
from backoffice.admin.plan import Plan, PlanError
from backoffice.admin.preview import SAMPLE, Preview
from backoffice.admin.selection import Selection
from backoffice.rules import Changes, Refusal, broken_constraints

STAGE, PLAN, SEARCH = "stage", "plan", "sample_q"
PREVIEW, APPLY, APPLY_POSSIBLE = "preview", "apply", "apply_possible"  # all or none; only those that can be


class BulkAction(SelectionAction):
    """Set some fields of every selected row to the same values.

    Override `fields` and `form_class` for what is asked, `changes` for what follows from the answers, `refusals`
    for who cannot be changed so, `apply` for the deed, `question` and `success_message` for the words.
    """

    fields: Sequence[str] = ()
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
            visible = site._registry[field.related_model].get_queryset(request)
            options = {"queryset": visible, "widget": AutocompleteSelect(field, site)}
        elif isinstance(field, models.DateField):
            options = {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}
        return field.formfield(**options)  # type: ignore[no-any-return]

    def changes(self, form: forms.Form) -> Changes:
        """Field name → new value."""
        return {name: form.cleaned_data[name] for name in self.fields}

    def refusals(self, queryset: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
        """The rows that cannot be changed so, reason by reason."""
        return broken_constraints(queryset, changes)

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

    # Pages

    def respond(self, request: HttpRequest, selection: Selection) -> HttpResponse:
        stage = request.POST.get(STAGE, "")
        form = self.get_form(request, request.POST if stage else None)
        if stage not in (PREVIEW, APPLY, APPLY_POSSIBLE) or not form.is_valid():
            return self.form_page(request, selection, form)
        if stage != PREVIEW:
            return self.confirmed(request, selection, form)
        return self.preview_page(request, selection, form, self.preview(request, selection, form))

    def preview(
        self, request: HttpRequest, selection: Selection, form: forms.Form, *, everything: bool = False
    ) -> Preview:
        queryset = selection.queryset(request, self.model_admin)
        return Preview(queryset, self.changes(form), self.refusals, everything=everything)

    def form_page(self, request: HttpRequest, selection: Selection, form: forms.Form) -> HttpResponse:
        number = selection.size.number
        subject = ngettext("%(count)s %(rows)s is selected.", "%(count)s %(rows)s are selected.", number)
        context = {
            "form": form,
            "subject": subject % self.counted(selection.size),
            "media": self.model_admin.media + form.media,
        }
        return self.render(request, selection, self.form_template, context)

    def preview_page(
        self, request: HttpRequest, selection: Selection, form: forms.Form, preview: Preview, notice: str = ""
    ) -> HttpResponse:
        searched = request.POST.get(SEARCH, "").strip()[:100].replace("\x00", "")
        context = {
            "preview": preview,
            "summary": self.summary(selection, preview),
            "notice": notice,
            "columns": [capfirst(str(field.verbose_name)) for field in preview.fields],
            "sample": preview.sample(
                lambda rows: self.model_admin.get_search_results(request, rows, searched)[0]
            ),
            "searched": searched,
            "answers": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
            "plan": Plan.of(preview).token(request, self._purpose),
            "question": self.question(preview.allowed, self.changes(form)),
            "media": self.model_admin.media,
        }
        return self.render(request, selection, self.preview_template, context)

    def confirmed(self, request: HttpRequest, selection: Selection, form: forms.Form) -> HttpResponse:
        """Do what the preview showed; when that is no longer what would happen, show it again with the reason."""
        try:
            with transaction.atomic(using=router.db_for_write(self.opts.model)):
                count, preview = self._carry_out(request, selection, form)
        except PlanError as error:
            notice = str(error)
        except IntegrityError:
            notice = _(
                "Nothing was changed: somebody changed or deleted something in the meantime. Look again."
            )
        else:
            messages.success(request, self._report(count, preview, self.changes(form)))
            return HttpResponseRedirect(selection.list_url(self.model_admin))
        preview = self.preview(request, selection, form, everything=True)
        return self.preview_page(request, selection, form, preview, notice)

    def _carry_out(self, request: HttpRequest, selection: Selection, form: forms.Form) -> tuple[int, Preview]:
        possible = request.POST[STAGE] == APPLY_POSSIBLE
        plan = Plan.from_token(request.POST.get(PLAN, ""), request, self._purpose)
        lock(selection.queryset(request, self.model_admin))
        preview = self.preview(request, selection, form, everything=True)
        plan.check(preview)
        refused = Count(len(preview.refused_keys))
        if refused.number and not possible:
            sentence = ngettext(
                "Nothing was changed: %(count)s of them cannot be changed so. The reason is below.",
                "Nothing was changed: %(count)s of them cannot be changed so. The reasons are below.",
                refused.number,
            )
            raise PlanError(sentence % {"count": refused})
        if preview.too_many_refused:
            sentence = _(
                "Nothing was changed: %(count)s of them cannot be changed so. Select fewer, by a filter."
            )
            raise PlanError(sentence % {"count": Count(LIMIT, "more")})
        if not preview.allowed.number:
            raise PlanError(_("Nothing was changed: there is nothing to change."))
        return self.apply(preview.rows(), self.changes(form), request), preview

    def _report(self, count: int, preview: Preview, changes: Changes) -> str:
        done = self.success_message(Count(count), changes)
        left = preview.total.number - count if preview.exact else 0
        if not left:
            return done
        sentence = ngettext(
            "%(count)s of the selected was left as it is.",
            "%(count)s of the selected were left as they are.",
            left,
        )
        return f"{done} {sentence % {'count': Count(left)}}"

    @property
    def _purpose(self) -> str:
        return f"{self.opts.label_lower}:{self.name}"

    # What the preview says first

    def summary(self, selection: Selection, preview: Preview) -> list[str]:
        """Sentences on how many were selected, are so already, cannot be changed, and how much was looked at."""
        facts = {
            "refused": Count(len(preview.refused_keys)),
            "unchanged": preview.unchanged,
            "sample": Count(SAMPLE),
            "then": selection.size,
            **self.counted(preview.total),
        }
        return [sentence % facts for sentence in _sentences(selection, preview)]


def _sentences(selection: Selection, preview: Preview) -> Iterator[str]:
    yield ngettext(
        "%(count)s %(rows)s is selected.", "%(count)s %(rows)s are selected.", preview.total.number
    )
    if selection.size != preview.total:
        yield _("There were %(then)s when you selected them.")
    if not preview.exact:
        yield _(
            "That is too many to look at one by one before you confirm: the numbers and names below are from "
            "%(sample)s of them. Each is looked at when you confirm."
        )
    if preview.unchanged.number:
        yield ngettext(
            "%(unchanged)s is so already and stays as it is.",
            "%(unchanged)s are so already and stay as they are.",
            preview.unchanged.number,
        )
    if preview.refused_keys:
        yield ngettext(
            "%(refused)s cannot be changed so.",
            "%(refused)s cannot be changed so.",
            len(preview.refused_keys),
        )


def lock(queryset: models.QuerySet[Any]) -> None:
    """Keep the rows as they are until the transaction ends. A set above LIMIT is changed in one statement anyway."""
    keys = list(queryset.values_list("pk", flat=True)[: LIMIT + 1])
    if len(keys) <= LIMIT:
        # In the order of their keys, so that two people who lock the same rows wait instead of deadlocking.
        rows = queryset.model._default_manager.filter(pk__in=keys).order_by("pk").select_for_update()
        list(rows.values_list("pk"))
