"""The sentence after a deed, with the way back."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from backoffice.admin.rights import may_still_undo
from backoffice.models import Operation


def tell(request: HttpRequest, sentence: Any, operation: Operation | None) -> None:
    """Say what was done; with a link to undo it, unless `operation` is None or left no line in the log, or this person
    lacks a permission for that by now.
    """
    url = undo_url(operation) if operation and may_still_undo(site, request, operation) else ""
    if url:
        sentence = format_html('{} <a href="{}">{}</a>', sentence, url, _("Undo"))
    messages.success(request, sentence, fail_silently=True)


def undo_url(operation: Operation | None) -> str:
    """The page that shows what undoing would do; empty where there is nothing to undo."""
    if operation is None or operation.pk is None:
        return ""
    try:
        return reverse("admin:backoffice_operation_undo", args=[operation.pk])
    except NoReverseMatch:  # a site without the log
        return ""
