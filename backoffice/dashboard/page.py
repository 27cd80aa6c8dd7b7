"""The first page: what each board says to the person who asks, as the template shows it."""

import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.admin.counting import Count
from backoffice.admin.rights import may
from backoffice.dashboard import charts
from backoffice.dashboard.charts import Bar, Pair, Told
from backoffice.dashboard.declared import Board, Months, boards
from backoffice.dashboard.places import Part, Place, part
from backoffice.dashboard.sources import source_of


class Shown(NamedTuple):
    """A number with its list: a figure, or rows to look at."""

    title: str
    number: str
    url: str
    note: str = ""


class ShownBar(NamedTuple):
    label: str
    number: str
    url: str
    width: str
    deeper: str = ""  # the page of this part of the tree
    is_file: bool = False


class ShownChart(NamedTuple):
    name: str
    title: str
    heading: str
    rows: list[Any]
    csv: str
    sides: tuple[str, str] | None = None  # of a chart of pairs


class Section(NamedTuple):
    board: Board
    path: list[Place]
    here: str  # the address of this page without the path
    as_of: datetime.datetime | None = None
    is_counted: bool = False
    figures: list[Shown] = []
    attention: list[Shown] = []
    charts: list[ShownChart] = []


def sections(site: AdminSite, request: HttpRequest) -> list[Section]:
    """Of every board, or of the one of which a part was asked for. Raises Http404 for a part that is not theirs."""
    seen = [board for board in boards() if may(site, request, "view", board.model)]
    asked = [board for board in seen if request.GET.get(board.name)]
    return _gathered(list(_sections(site, request, asked or seen)))


def _gathered(found: list[Section]) -> list[Section]:
    """Rows to look at stand in one place: those of boards that tell nothing else, with those of the first."""
    told = [each for each in found if each.figures or each.charts or not each.is_counted]
    rest = [each for each in found if each.attention and each not in told]
    if not told or not told[0].is_counted:
        return [*told, *rest]
    more = [row for each in rest for row in each.attention]
    return [told[0]._replace(attention=[*told[0].attention, *more]), *told[1:]]


def part_for(request: HttpRequest, board: Board) -> Part | None:
    asked = request.GET.get(board.name, "")
    found = part(request.user, board, asked if board.place_filter else "")
    if asked and found is None:
        raise Http404(_("There is no such place."))
    return found


def _sections(site: AdminSite, request: HttpRequest, asked: list[Board]) -> Iterator[Section]:
    for board in asked:
        found = part_for(request, board)
        if found is not None:
            mends = may(site, request, "change", board.model)
            yield _section(request.user, _Writer(site, board, found, mends), board, found)


def _section(user: Any, writer: "_Writer", board: Board, found: Part) -> Section:
    here, source = reverse(f"{writer.site.name}:index"), source_of(board)
    if source is None:
        return Section(board, found.path, here)
    it = charts.told(user, board, source, found)
    return Section(
        board,
        found.path,
        here,
        source.as_of,
        True,
        [writer.figure(it, figure) for figure in board.figures],
        [each for each in (writer.attention(it, declared) for declared in board.attention) if each],
        [each for each in (writer.chart(it, chart) for chart in board.charts) if each.rows],
    )


class _Writer:
    """Numbers and addresses as people read and follow them."""

    def __init__(self, site: AdminSite, board: Board, found: Part, mends: bool) -> None:
        self.site, self.board, self.part, self.mends = site, board, found, mends
        meta = board.model._meta
        self.list_url = reverse(f"{site.name}:{meta.app_label}_{meta.model_name}_changelist")

    def figure(self, it: Told, declared: Any) -> Shown:
        day = it.source.day
        number = str(Count(declared.value(it.counts, day)))
        return Shown(
            declared.title(day), number, self._here(declared.link(day)), declared.note(it.counts, day)
        )

    def attention(self, it: Told, declared: Any) -> Shown | None:
        number = it.counts.total(declared.measure)
        if not number or (self.part.chosen and not self.board.place_filter):
            return None
        url = self._here(declared.link(it.source.day))
        return Shown(
            declared.words(number), str(Count(number)), url, str(declared.mend) if self.mends else ""
        )

    def chart(self, it: Told, declared: Any) -> ShownChart:
        rows = charts.bars(it, declared)
        chosen = {self.board.name: self.part.chosen} if self.part.chosen else {}
        csv = reverse(f"{self.site.name}:backoffice_figures", args=[self.board.name, declared.name])
        address = f"{csv}?{urlencode(chosen)}" if chosen else csv
        if isinstance(declared, Months):
            sides = (str(declared.left.title), str(declared.right.title))
            shown = [Pair(row.label, self._bar(row.left), self._bar(row.right)) for row in rows]
            return ShownChart(declared.name, str(declared.title), _("Month"), shown, address, sides)
        heading = str(declared.heading)
        bars = [self._rest(bar, address) if bar.is_rest else self._bar(bar) for bar in rows]
        return ShownChart(declared.name, str(declared.title), heading, bars, address)

    def _rest(self, bar: Bar, file: str) -> ShownBar:
        """What no filter can ask for leads to the file that names every value."""
        shown: ShownBar = self._bar(bar)
        return shown if shown.url else shown._replace(url=file, is_file=True)

    def _bar(self, bar: Bar) -> Any:
        deeper = (
            f"?{urlencode({self.board.name: bar.place})}" if bar.place and self.board.place_filter else ""
        )
        return ShownBar(bar.label, str(Count(bar.number)), self._url(bar.link), bar.width, deeper)

    def _here(self, link: Any) -> str:
        return self._url(charts.at(self.board, link, self.part.chosen))

    def _url(self, link: Any) -> str:
        return "" if link is None else f"{self.list_url}?{urlencode(link, doseq=True)}"
