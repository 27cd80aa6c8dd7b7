"""What an undo would leave as it is: why, how many rows, and the first of them with what changed them since."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.access import is_unlimited, within
from backoffice.admin.counting import Count
from backoffice.admin.log import told
from backoffice.admin.log.rows import PER_CHUNK, safe
from backoffice.admin.log.seen import seen
from backoffice.admin.named_rows import history_url, with_names
from backoffice.admin.rights import may
from backoffice.admin.wording import moment, things
from backoffice.models import Operation
from backoffice.operations import kinds
from backoffice.operations.changes import Change, net
from backoffice.operations.conflicts import changed_by
from backoffice.operations.holding import Holding
from backoffice.operations.names import Names
from backoffice.operations.outcome import Left


class Held(NamedTuple):
    """What refers to a row by one relation: the first of it by name, and how many more."""

    label: str
    rows: list[tuple[str, str]]  # name, address
    more: Count


class LeftRow(NamedTuple):
    name: str
    url: str  # of its history
    by: str = ""  # what changed it since, and who did that
    by_url: str = ""
    held: Sequence[Held] = ()


class LeftRows(NamedTuple):
    """Rows that would stay as they are: why, how many, and the first of them by name."""

    reason: str
    size: str
    rows: list[LeftRow]
    more: Count


def left_rows(site: AdminSite, request: HttpRequest, operation: Operation, part: Left) -> LeftRows:
    """Rows are named to those who may view them, else only counted; operations likewise."""
    is_named = may(site, request, "view", part.model)
    rows = _rows(site, request, operation, part.model, part.sample) if is_named else []
    held = _held(site, request, part) if rows else {}
    rows = [
        row._replace(held=held.get(step.row_id, ())) for step, row in zip(part.sample, rows, strict=is_named)
    ]
    size = Count(part.number)
    return LeftRows(part.reason.rstrip("."), things(part.model, size), rows, Count(part.number - len(rows)))


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


def _held(site: AdminSite, request: HttpRequest, part: Left) -> dict[Any, list[Held]]:
    """key → what refers to that row, as far as this person sees it; two queries for each model of it."""
    every = [one for found in part.held.values() for one in found]
    models = {one.link.model for one in every}
    shown = {
        model: _names(
            site, request, model, [key for one in every if one.link.model is model for key in one.keys]
        )
        for model in models
        if may(site, request, "view", model)
    }
    return {
        key: [
            _told(one, names, is_counted=is_unlimited(request.user, one.link.model))
            for one in found
            if (names := shown.get(one.link.model)) and names.keys() & set(one.keys)
        ]
        for key, found in part.held.items()
    }


def _names(site: AdminSite, request: HttpRequest, model: Any, keys: list[Any]) -> dict[Any, tuple[str, str]]:
    rows = with_names(list(within(request.user, model._base_manager.filter(pk__in=keys))))
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    has_page = model in site._registry
    return {row.pk: (str(row), reverse(page, args=[quote(row.pk)]) if has_page else "") for row in rows}


def _told(one: Holding, names: dict[Any, tuple[str, str]], *, is_counted: bool) -> Held:
    rows = [names[key] for key in one.keys if key in names]
    label = f"{one.link.model._meta.verbose_name_plural} ({one.link.field.verbose_name})"
    # What refers to it was counted for all: to who sees a part of that, the number would tell of the others.
    more = Count(one.number - len(rows), "more" if one.is_more else "exact") if is_counted else Count(0)
    return Held(label, rows, more)


def _row(change: Change, name: str, by: Operation | None, *, knows: bool) -> LeftRow:
    url = history_url(change.model, change.key)
    if by is None:
        return LeftRow(name, url)
    # What it was about may name others.
    what = told.what(by) if knows else kinds.label(by.kind)
    words = _("%(what)s by %(who)s, %(when)s") % {"what": what, "who": told.who(by), "when": moment(by.at)}
    by_url = reverse("admin:backoffice_operation_change", args=[by.pk]) if knows else ""
    return LeftRow(name, url, words, by_url)
