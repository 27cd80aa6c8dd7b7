"""What somebody did: the last of it for the first page, all of it page by page."""

from typing import Any, NamedTuple

from django.contrib.admin import site
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import ngettext

from backoffice.admin.counting import Count
from backoffice.admin.log import told
from backoffice.admin.log.seen import seen
from backoffice.admin.undo.offered import offered
from backoffice.admin.undo.undoing import undo_url
from backoffice.models import Operation

SHOWN = 8
PER_PAGE = 50


class Recent(NamedTuple):
    operation: Operation
    title: str  # "Transfer: Ada, Bo"
    rows: str  # "2 rows"
    url: str  # of the operation's page; empty for a site without the log
    undo_url: str  # empty where there is nothing left to undo, or this person may not


def recent_operations(request: HttpRequest) -> list[Recent]:
    """The newest operations of this person."""
    return _recent(request, list(_own(request)[:SHOWN]))


def page(request: HttpRequest) -> dict[str, Any]:
    """One page of them; `?before=` is the key of the last one on the page of newer ones."""
    before = request.GET.get("before", "")
    lines = _own(request)
    if before.isdecimal() and len(before) <= 18:
        lines = lines.filter(pk__lt=before)
    found = list(lines[: PER_PAGE + 1])
    operations = _recent(request, found[:PER_PAGE])
    older = f"?before={found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else ""
    return {"operations": operations, "older": older, "is_first": not before}


def _own(request: HttpRequest) -> QuerySet[Operation]:
    """By the index on (actor, id)."""
    return Operation.objects.filter(actor=request.user.pk).defer("details").order_by("-pk")


def _recent(request: HttpRequest, lines: list[Operation]) -> list[Recent]:
    back = offered(site, request, lines)
    return [_line(line, undo_url(line) if line.pk in back else "") for line in seen(request, lines)]


def _line(line: Operation, back: str) -> Recent:
    title = told.what(line)
    if line.number is None:
        return Recent(line, title, "", _url(line), back)
    rows = ngettext("%(count)s row", "%(count)s rows", line.number) % {"count": Count(line.number)}
    return Recent(line, title, rows, _url(line), back)


def _url(line: Operation) -> str:
    try:
        return reverse("admin:backoffice_operation_change", args=[line.pk])
    except NoReverseMatch:
        return ""
