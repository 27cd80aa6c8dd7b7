"""The sentence after a deed, with the way back."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from backoffice.admin.undo.offered import is_still_offered
from backoffice.models import Operation

NEXT = "next"  # in the address of the page that undoes: where to go on afterwards
MAX_BACK = 1_000  # characters: a cookie may keep the sentence


def tell(request: HttpRequest, sentence: Any, operation: Operation | None, back: str = "") -> None:
    """Say what was done; with a link to undo it, unless `operation` is None or left no line in the log, or this person
    lacks a permission for that by now. Whoever follows it comes back to the address `back`.
    """
    url = undo_url(operation, back) if operation and is_still_offered(site, request, operation) else ""
    if url:
        sentence = format_html('{} <a href="{}">{}</a>', sentence, url, _("Undo"))
    messages.success(request, sentence, fail_silently=True)


def undo_url(operation: Operation | None, back: str = "") -> str:
    """The page that shows what undoing would do; empty where there is nothing to undo."""
    if operation is None or operation.pk is None:
        return ""
    try:
        url = reverse("admin:backoffice_operation_undo", args=[operation.pk])
    except NoReverseMatch:  # a site without the log
        return ""
    return f"{url}?{urlencode({NEXT: back}, safe='/')}" if back and len(back) <= MAX_BACK else url
