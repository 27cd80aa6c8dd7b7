"""Editing in the list: the rows of a post are locked from the first look at them until all of them are saved."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import router, transaction
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.forms.posted import PostedRowsFormSet
from backoffice.admin.forms.row_form import RowForm
from backoffice.admin.wording import listing

POSTED = "backoffice.posted_rows"  # where a request keeps the formset of the list


class ListFormSet(PostedRowsFormSet):
    """The rows of one page of a list."""

    request: HttpRequest
    per_page: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.request.META[POSTED] = self
        else:
            self._queryset = self.queryset  # the page of the list, read already


class ListEditingMixin(ModelAdmin):
    """`list_editable` in which nobody's change is overwritten."""

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": RowForm, **kwargs})

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        made: Any = super().get_changelist_formset(request, **{"formset": ListFormSet, **kwargs})
        made.request = request  # the class was made for this request
        made.per_page = self.list_per_page
        return made

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method != "POST" or "_save" not in request.POST:
            return super().changelist_view(request, extra_context)
        with transaction.atomic(using=router.db_for_write(self.model)):
            response: HttpResponse = super().changelist_view(request, extra_context)
        formset = request.META.pop(POSTED, None)
        if formset is None:
            return response
        tell_gone(request, formset, saved=response.status_code == 302)
        if response.status_code == 302:
            tell_merges(request, formset.forms)
        else:
            tell_news(request, formset.forms)
        cl = (getattr(response, "context_data", None) or {}).get("cl")
        if (
            cl is not None
        ):  # it comes back with errors: each form beside its own row, whatever the list holds by now
            cl.result_list = [form.instance for form in formset.forms]
            related = self.get_list_select_related(request)
            prefetch_related_objects(cl.result_list, *([] if isinstance(related, bool) else related))
            cl.model_admin.prepare_page(request, cl.result_list)
        return response


def tell_merges(request: HttpRequest, forms: Iterable[Any]) -> None:
    """Say of saved forms what was merged, and of which it cannot be known."""
    merges = [form.merge for form in forms if getattr(form, "merge", None)]
    for sentence in [sentence for merge in merges for sentence in merge.report]:
        messages.info(request, sentence)
    blind = [merge.row for merge in merges if merge.form.changed_data and not merge.is_compared]
    if blind:
        sentence = _(
            "What was sent did not say what its page had shown, so it was not compared with what others saved "
            "meanwhile: %(rows)s. What was there before is in the history."
        )
        messages.warning(request, sentence % {"rows": listing(blind[:20])})


def tell_news(request: HttpRequest, forms: Iterable[Any]) -> None:
    """Say of forms that come back what others changed in their rows meanwhile, which they show by now."""
    for form in forms:
        merge = getattr(form, "merge", None)
        for sentence in merge.news if merge else ():
            messages.warning(request, sentence)


def tell_gone(request: HttpRequest, formset: Any, *, saved: bool) -> None:
    """Say which rows of a post were not there any more, and what was typed for them."""
    names = getattr(formset, "gone", [])
    if not names:
        return
    sentence = ngettext(
        "%(names)s was deleted or moved away by somebody else meanwhile and was left alone.",
        "%(names)s were deleted or moved away by somebody else meanwhile and were left alone.",
        len(names),
    )
    if saved:
        sentence = ngettext(
            "%(names)s was deleted or moved away by somebody else meanwhile and was left alone; "
            "the rest is saved.",
            "%(names)s were deleted or moved away by somebody else meanwhile and were left alone; "
            "the rest is saved.",
            len(names),
        )
    messages.warning(request, sentence % {"names": ", ".join(names)})
    if formset.lost:
        typed = _("What you typed there is not saved: %(typed)s.")
        messages.warning(request, typed % {"typed": "; ".join(formset.lost)})
