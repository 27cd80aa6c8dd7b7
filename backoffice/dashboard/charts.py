"""Charts as tables of bars: each row says its name and number, so what is seen and what is heard are the same.

Every bar begins at zero and the longest fills the width, within one chart; the geometry is SVG attributes, drawn by the
server.
"""

import datetime
from typing import Any, NamedTuple

from django.contrib.admin.views.main import SEARCH_VAR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.dashboard import counts
from backoffice.dashboard.counts import EVERYTHING, REST, Counts, Entry
from backoffice.dashboard.declared import Below, Board, Groups, Months, Params
from backoffice.dashboard.places import Part, names
from backoffice.dashboard.sources import Source

BARS = 12
OTHERS = 18  # that the link of “All others” can name
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
    """What a chart is drawn from, and for whom."""

    user: Any
    board: Board
    source: Source
    part: Part
    entries: list[Entry]
    counts: Counts
    most: int = BARS


def told(user: Any, board: Board, source: Source, part: Part, most: int = BARS) -> Told:
    entries, counts = source.entries(part.places), Counts()
    for entry in entries:
        counts.update(entry.counts)
    return Told(user, board, source, part, entries, counts, most)


def bars(it: Told, chart: Any) -> list[Any]:
    if isinstance(chart, Months):
        return _months(it, chart)
    return _scaled(_below(it, chart) if isinstance(chart, Below) else _groups(it, chart))


def _below(it: Told, chart: Below) -> list[Bar]:
    top, shown = _rows_below(it)
    known = names(it.user, it.board, [entry.place for entry in shown])
    link = chart.link(it.source.day)
    found = [
        Bar(known[entry.place], entry.size, at(it.board, link, entry.place), place=entry.place)
        for entry in shown[: it.most]
        if entry.place in known
    ]
    if top and top.own:
        direct = {**link, it.board.place_filter: top.place} if it.board.place_filter else None
        found.append(Bar(_("Directly here"), top.own, direct))
    others = [entry for n, entry in enumerate(shown) if n >= it.most or entry.place not in known]
    unknown = top.size - top.own - sum(entry.size for entry in shown) if top else 0
    is_listed = not unknown and known.keys() >= {entry.place for entry in others}
    links = [at(it.board, link, entry.place) for entry in others] if is_listed else []
    return [*found, *_rest(unknown + sum(entry.size for entry in others), links)]


def _rows_below(it: Told) -> tuple[Entry | None, list[Entry]]:
    """What the bars are parts of, and they; of several parts of the tree side by side, those."""
    if len(it.entries) != 1:
        return None, sorted(it.entries, key=lambda entry: -entry.size)
    [top] = it.entries
    shown = it.source.below(top.place, it.most + OTHERS)
    if top.place == EVERYTHING and len(shown) == 1 and shown[0].size == top.size:
        inside = it.source.below(shown[0].place, it.most + OTHERS)  # one company: its parts say more
        if inside:
            return shown[0], inside
    return top, shown


def _groups(it: Told, chart: Groups) -> list[Bar]:
    day, groups = it.source.day, it.counts.groups(chart.measure)
    rest = groups.pop(REST, 0)
    found = [
        Bar(str(chart.label(group)), number, at(it.board, chart.link(day, group), it.part.chosen))
        for group, number in sorted(groups.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    others = found[it.most :]
    links = [] if rest else [bar.link for bar in others]
    return [*found[: it.most], *_rest(rest + sum(bar.number for bar in others), links)]


def _rest(number: int, links: list[Params | None]) -> list[Bar]:
    """What the bars leave over, with its list where one filter can ask for all of it; none where nothing is left."""
    return [Bar(_("All others"), number, _any_of(links), is_rest=True)] if number else []


def _any_of(links: list[Params | None]) -> Params | None:
    """One list of what these list each, which differ in what they ask of one filter: its values, or "empty"."""
    told = [link for link in links if link is not None]
    if not 0 < len(links) == len(told) <= OTHERS:
        return None
    same = {name: value for name, value in told[0].items() if all(link.get(name) == value for link in told)}
    differing = sorted({name for link in told for name in link} - same.keys())
    if SEARCH_VAR in differing or len({name.removesuffix("__empty") for name in differing}) > 1:
        return None
    return {**same, **{name: [link[name] for link in told if name in link] for name in differing}}


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
