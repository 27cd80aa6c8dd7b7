"""Charts as tables of bars: each row says its name and number, so what is seen and what is heard are the same.

Every bar begins at zero and the longest fills the width, within one chart; the geometry is SVG attributes, drawn by the
server.
"""

import datetime
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.dashboard import counts
from backoffice.dashboard.counts import EVERYTHING, REST, Counts, Entry
from backoffice.dashboard.declared import Below, Board, Groups, Months, Params
from backoffice.dashboard.places import Part, names
from backoffice.dashboard.sources import Source

BARS = 12
FILE_BARS = 5_000  # in a file


class Bar(NamedTuple):
    label: str
    number: int
    link: Params | None = None
    width: str = ""  # in per cent of the longest, for an SVG attribute
    place: int | None = None  # of a bar that leads further down
    is_rest: bool = False


class Pair(NamedTuple):
    label: str
    left: Bar
    right: Bar


class Told(NamedTuple):
    """What a chart is drawn from."""

    board: Board
    source: Source
    part: Part
    entries: list[Entry]
    counts: Counts
    most: int = BARS


def told(board: Board, source: Source, part: Part, most: int = BARS) -> Told:
    entries, counts = source.entries(part.places), Counts()
    for entry in entries:
        counts.update(entry.counts)
    return Told(board, source, part, entries, counts, most)


def bars(it: Told, chart: Any) -> list[Any]:
    if isinstance(chart, Months):
        return _months(it, chart)
    return _scaled(_below(it, chart) if isinstance(chart, Below) else _groups(it, chart))


def _below(it: Told, chart: Below) -> list[Bar]:
    top, shown = _rows_below(it)
    known = names(it.board, [entry.place for entry in shown])
    link = chart.link(it.source.day)
    found = [
        Bar(known[entry.place], entry.size, at(it.board, link, entry.place), place=entry.place)
        for entry in shown
        if entry.place in known
    ]
    if top and top.own:
        direct = {**link, it.board.place_filter: top.place} if it.board.place_filter else None
        found.append(Bar(_("Directly here"), top.own, direct))
    rest = top.size - top.own - sum(entry.size for entry in shown) if top else 0
    return [*found, Bar(_("All others"), rest, is_rest=True)] if rest else found


def _rows_below(it: Told) -> tuple[Entry | None, list[Entry]]:
    """What the bars are parts of, and they; of several parts of the tree side by side, those."""
    if len(it.entries) != 1:
        return None, sorted(it.entries, key=lambda entry: -entry.size)
    [top] = it.entries
    shown = it.source.below(top.place, it.most)
    if top.place == EVERYTHING and len(shown) == 1 and shown[0].size == top.size:
        inside = it.source.below(shown[0].place, it.most)  # one company: its parts say more than itself
        if inside:
            return shown[0], inside
    return top, shown


def _groups(it: Told, chart: Groups) -> list[Bar]:
    day, groups = it.source.day, it.counts.groups(chart.measure)
    rest = groups.pop(REST, 0)
    found = sorted(groups.items(), key=lambda pair: (-pair[1], pair[0]))
    rest += sum(number for _group, number in found[it.most :])
    shown = [
        Bar(str(chart.label(group)), number, at(it.board, chart.link(day, group), it.part.chosen))
        for group, number in found[: it.most]
    ]
    return [*shown, Bar(_("All others"), rest, is_rest=True)] if rest else shown


def _months(it: Told, chart: Months) -> list[Pair]:
    counted, day = it.counts, it.source.day
    firsts = months(day)
    rows = [
        [counted.of(s.measure, counts.month(first)) for s in (chart.left, chart.right)] for first in firsts
    ]
    longest = max((number for row in rows for number in row), default=0)
    found = []
    for first, numbers in zip(firsts, rows, strict=True):
        final = _next(first) - datetime.timedelta(days=1)
        label = date_format(first, "M Y")
        left, right = (
            Bar(label, number, at(it.board, s.link(first, final), it.part.chosen), _width(number, longest))
            for s, number in zip((chart.left, chart.right), numbers, strict=True)
        )
        found.append(Pair(label, left, right))
    return found


def months(day: datetime.date, number: int = 12) -> list[datetime.date]:
    """The first days of this month and of those before, the oldest first."""
    found = [day.replace(day=1)]
    while len(found) < number:
        found.insert(0, (found[0] - datetime.timedelta(days=1)).replace(day=1))
    return found


def _next(first: datetime.date) -> datetime.date:
    return (first + datetime.timedelta(days=31)).replace(day=1)


def _scaled(found: list[Bar]) -> list[Bar]:
    """What is left over has no bar: it is a sum of many, and not one among the others."""
    longest = max((bar.number for bar in found if not bar.is_rest), default=0)
    return [bar if bar.is_rest else bar._replace(width=_width(bar.number, longest)) for bar in found]


def _width(number: int, longest: int) -> str:
    return f"{100 * number / longest:.2f}" if longest else "0"


def at(board: Board, link: Params, place: int | None) -> Params | None:
    """The list narrowed to a row of the tree and below; none where the list has no such filter."""
    if place is None:
        return link
    return (
        {**link, board.place_filter: place, f"{board.place_filter}__below": 1} if board.place_filter else None
    )
