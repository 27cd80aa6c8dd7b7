"""What an undo would leave as it is: why, how many rows, and the first of them with what changed them since."""

from typing import NamedTuple

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.admin import told
from backoffice.admin.counting import Count
from backoffice.admin.named_rows import history_url
from backoffice.admin.rights import may
from backoffice.admin.seen import seen
from backoffice.admin.wording import moment, things
from backoffice.models import Operation
from backoffice.operations import kinds
from backoffice.operations.changes import Change, net
from backoffice.operations.conflicts import changed_by
from backoffice.operations.names import Names
from backoffice.operations.outcome import Left


class LeftRow(NamedTuple):
    name: str
    url: str  # of its history
    by: str = ""  # what changed it since, and who did that
    by_url: str = ""


class LeftRows(NamedTuple):
    """Rows that would stay as they are: why, how many, and the first of them by name."""

    reason: str
    size: str
    rows: list[LeftRow]
    more: Count


def left_rows(site: AdminSite, request: HttpRequest, operation: Operation, part: Left) -> LeftRows:
    """Rows are named to those who may view them, else only counted; operations likewise."""
    rows: list[LeftRow] = []
    if may(site, request, "view", part.model):
        changes = [net(part.model, [step]) for step in part.sample]
        names, by = Names(changes, request.user), changed_by(part.model, operation, part.sample)
        knows = may(site, request, "view", Operation)
        by = dict(zip(by, seen(request, by.values()), strict=True))
        rows = [_row(change, names.of(change), by.get(change.key), knows=knows) for change in changes]
    size = Count(part.number)
    return LeftRows(part.reason, things(part.model, size), rows, Count(part.number - len(rows)))


def _row(change: Change, name: str, by: Operation | None, *, knows: bool) -> LeftRow:
    url = history_url(change.model, change.key)
    if by is None:
        return LeftRow(name, url)
    # What it was about may name others.
    what = told.what(by) if knows else kinds.label(by.kind)
    words = _("%(what)s by %(who)s, %(when)s") % {"what": what, "who": told.who(by), "when": moment(by.at)}
    by_url = reverse("admin:backoffice_operation_change", args=[by.pk]) if knows else ""
    return LeftRow(name, url, words, by_url)
