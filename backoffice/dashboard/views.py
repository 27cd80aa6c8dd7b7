"""A chart as a file, and the wish for newer figures."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.admin.rights import may
from backoffice.background.boards import board as signs_of_life
from backoffice.dashboard import charts
from backoffice.dashboard.charts import Pair
from backoffice.dashboard.declared import board_named, boards
from backoffice.dashboard.models import KeptBoard
from backoffice.dashboard.page import part_for
from backoffice.dashboard.sources import source_of


def chart_file(request: HttpRequest, board: str, chart: str, site: AdminSite) -> HttpResponse:
    declared = board_named(board)
    found = next((each for each in declared.charts if each.name == chart), None) if declared else None
    if declared is None or found is None:
        raise Http404(_("There is no such chart."))
    if not may(site, request, "view", declared.model):
        raise PermissionDenied
    part, source = part_for(request, declared), source_of(declared)
    if part is None or source is None:
        raise Http404(_("These figures are not there yet."))
    rows = charts.bars(charts.told(request.user, declared, source, part, charts.FILE_BARS), found)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(chart)}-{source.day}.csv"'
    response.write("\ufeff")  # so that spreadsheets read it as UTF-8
    csv.writer(response).writerows(_lines(found, rows))
    return response


def _lines(chart: Any, rows: list[Any]) -> Iterator[list[Any]]:
    if rows and isinstance(rows[0], Pair):
        yield [_("Month"), str(chart.left.title), str(chart.right.title)]
        yield from ([_safe(row.label), row.left.number, row.right.number] for row in rows)
    else:
        yield [str(chart.heading), pgettext("how many", "Number")]
        yield from ([_safe(bar.label), bar.number] for bar in rows)


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def count_again(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask the worker for newer figures of everything that this person sees figures of."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    seen = [board.name for board in boards() if may(site, request, "view", board.model)]
    if not seen:
        raise PermissionDenied
    KeptBoard.objects.filter(pk__in=seen).update(asked_at=timezone.now())
    if signs_of_life().has_worker():
        messages.info(request, _("The figures are being counted again. Load this page again in a minute."))
    else:
        sentence = _("Nobody counts at the moment: no worker runs. An administrator can start one.")
        messages.warning(request, sentence)
    return HttpResponseRedirect(reverse(f"{site.name}:index"))
