"""A page of a row that is not there (any more): who deleted it when, the way to what it went with, what was typed."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.access.record import gone_limit
from backoffice.admin.forms.typed import MOST, typed_into, unsaved
from backoffice.operations.tables import is_recorded, old, recorded_fields


def gone_page(admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse | None:
    """Back to the list with a sentence about the deletion; None where the record knows of none."""
    deletion = _deletion(admin.model, object_id)
    if deletion is None or not admin.has_view_or_change_permission(request):
        return None
    condition = gone_limit(request.user, admin.model)
    if condition and not type(deletion).objects.filter(condition, pk=deletion.pk).exists():
        return None
    messages.warning(request, _sentence(admin, deletion, request))
    return HttpResponseRedirect(
        reverse(f"{admin.admin_site.name}:{admin.opts.app_label}_{admin.opts.model_name}_changelist")
    )


def unseen_page(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """What was typed for a row that is not there for this person: it was moved away, or deleted without a record."""
    return render(request, "404.html", {"unsaved": _unsaved(admin, request)}, status=404)


def _deletion(model: Any, object_id: str) -> Any:
    """The history row of the deletion, if that is the last that is known of this row."""
    try:
        key = model._meta.pk.to_python(object_id)
        model._meta.pk.run_validators(key)
    except ValidationError:
        return None
    if not is_recorded(model):
        return None
    last = model.history_model.objects.select_related("operation").filter(row=key).order_by("-pk").first()
    return last if last and last.action == "-" else None


def _sentence(admin: ModelAdmin, deletion: Any, request: HttpRequest) -> SafeString:
    operation = deletion.operation
    facts = {
        "thing": str(admin.opts.verbose_name),
        "name": _name(deletion, admin.model),
        "who": operation.actor_name or operation.source or _("somebody"),
        "when": formats.date_format(timezone.localtime(operation.at), "DATETIME_FORMAT"),
    }
    sentence = _("On %(when)s, %(who)s deleted the %(thing)s “%(name)s”.") % facts
    if request.method == "POST":
        sentence += " " + _unsaved(admin, request)
    return format_html("{} {}", sentence, _link(admin, operation))


def _unsaved(admin: ModelAdmin, request: HttpRequest) -> str:
    forms = [admin.get_form(request, change=True)(request.POST)]
    for formset, _inline in admin.get_formsets_with_inlines(request):
        prefix = formset.get_default_prefix()
        rows = range(min(_number(request.POST.get(f"{prefix}-TOTAL_FORMS")), MOST))
        forms += [formset.form(request.POST, prefix=f"{prefix}-{row}") for row in rows]
    typed = [words for form in forms if (words := typed_into(form))]
    if not typed:
        return _("What you entered was not saved.")
    return unsaved(typed)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0


def _link(admin: ModelAdmin, operation: Any) -> SafeString:
    """To the operation, from where it can be undone."""
    try:
        url = reverse(f"{admin.admin_site.name}:backoffice_operation_change", args=[operation.pk])
    except NoReverseMatch:
        return SafeString()
    return format_html('<a href="{}">{}</a>', url, _("See what was deleted"))


def _name(deletion: Any, model: Any) -> str:
    row = model(**{field.attname: getattr(deletion, old(field)) for field in recorded_fields(model)})
    row.pk = deletion.row_id
    try:
        return str(row)
    except ObjectDoesNotExist:  # it is called after something that is gone, too
        return f"#{row.pk}"
