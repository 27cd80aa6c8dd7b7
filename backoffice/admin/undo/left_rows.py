"""What an undo would leave as it is: why, how many rows, and the first of them with what changed them since."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.admin.counting import Count
from backoffice.admin.log import told
from backoffice.admin.log.rows import PER_CHUNK, safe
from backoffice.admin.log.seen import seen
from backoffice.admin.named_rows import history_url
from backoffice.admin.rights import may
from backoffice.admin.undo.holding import Held
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
    held: Sequence[Held] = ()


class LeftRows(NamedTuple):
    """Rows that would stay as they are, or be back in part: why, how many, and the first of them by name."""

    reason: str
    size: str
    rows: list[LeftRow]
    more: Count
    is_back: bool


def left_rows(
    site: AdminSite,
    request: HttpRequest,
    operation: Operation,
    part: Left,
    held: Mapping[Any, Sequence[Held]],
) -> LeftRows:
    """Rows are named to those who may view them, else only counted; operations likewise. `held` is what refers to
    them, by their keys.
    """
    is_named = may(site, request, "view", part.model)
    rows = _rows(site, request, operation, part.model, part.sample) if is_named else []
    rows = [
        row._replace(held=held.get(step.row_id, ())) for step, row in zip(part.sample, rows, strict=is_named)
    ]
    size = Count(part.number)
    more = Count(part.number - len(rows))
    return LeftRows(part.reason.rstrip("."), things(part.model, size), rows, more, part.is_back)


def left_lines(
    site: AdminSite, request: HttpRequest, operation: Operation, parts: Iterable[Left]
) -> Iterator[list[str]]:
    """All that the parts have in hand, as a file."""
    yield [_("Key"), _("Name"), _("Reason"), _("Operation")]
    for part in parts:
        for steps in (part.sample[at : at + PER_CHUNK] for at in range(0, len(part.sample), PER_CHUNK)):
            rows = _rows(site, request, operation, part.model, steps)
            for step, row in zip(steps, rows, strict=True):
                yield [str(step.row_id), safe(row.name), part.reason, safe(row.by)]


def _rows(
    site: AdminSite, request: HttpRequest, operation: Operation, model: Any, steps: Sequence[Any]
) -> list[LeftRow]:
    changes = [net(model, [step]) for step in steps]
    names, by = Names(changes, request.user), changed_by(model, operation, steps)
    knows = may(site, request, "view", Operation)
    by = dict(zip(by, seen(request, by.values()), strict=True))
    return [_row(change, names.of(change), by.get(change.key), knows=knows) for change in changes]


def _row(change: Change, name: str, by: Operation | None, *, knows: bool) -> LeftRow:
    url = history_url(change.model, change.key)
    if by is None:
        return LeftRow(name, url)
    # What it was about may name others.
    what = told.what(by) if knows else kinds.label(by.kind)
    words = _("%(what)s by %(who)s, %(when)s") % {"what": what, "who": told.who(by), "when": moment(by.at)}
    by_url = reverse("admin:backoffice_operation_change", args=[by.pk]) if knows else ""
    return LeftRow(name, url, words, by_url)
