"""What somebody did last, for the first page."""

from typing import NamedTuple

from django.contrib.admin import site
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import ngettext

from backoffice.admin.counting import Count
from backoffice.admin.rights import may_undo
from backoffice.admin.seen import seen
from backoffice.admin.undoing import undo_url
from backoffice.models import Operation
from backoffice.operations import kinds

SHOWN = 8


class Recent(NamedTuple):
    operation: Operation
    title: str  # "Transfer: Ada, Bo"
    rows: str  # "2 rows"
    url: str  # of the operation's page; empty for a site without the log
    undo_url: str  # empty where there is nothing left to undo, or this person may not


def recent_operations(request: HttpRequest) -> list[Recent]:
    """The newest operations of this person, by the index on (actor, id)."""
    lines = Operation.objects.filter(actor=request.user.pk).defer("details").order_by("-pk")
    return [_recent(request, line) for line in seen(request, lines[:SHOWN])]


def _recent(request: HttpRequest, line: Operation) -> Recent:
    title = ": ".join(filter(None, [kinds.label(line.kind), line.subject]))
    back = undo_url(line) if may_undo(site, request, line) else ""
    if line.number is None:
        return Recent(line, title, "", _url(line), back)
    rows = ngettext("%(count)s row", "%(count)s rows", line.number) % {"count": Count(line.number)}
    return Recent(line, title, rows, _url(line), back)


def _url(line: Operation) -> str:
    try:
        return reverse("admin:backoffice_operation_change", args=[line.pk])
    except NoReverseMatch:
        return ""
