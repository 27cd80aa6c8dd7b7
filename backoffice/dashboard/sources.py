"""Where a page has its figures from: counted at this moment, or kept by a worker."""

import datetime
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from django.utils import timezone

from backoffice.dashboard import counts, keeping
from backoffice.dashboard.counts import Counts, Entry
from backoffice.dashboard.declared import Board, board_named
from backoffice.dashboard.models import KeptBoard, KeptFigures


class Source(Protocol):
    day: datetime.date
    as_of: datetime.datetime | None  # when they were counted; None for those of this moment

    def entries(self, places: Iterable[int]) -> list[Entry]: ...
    def below(self, place: int, most: int) -> list[Entry]:
        """What is right below a place and not empty, the largest first."""
        ...


class Live:
    as_of: datetime.datetime | None = None

    def __init__(self, board: Board) -> None:
        self.board, self.day = board, timezone.localdate()

    @cached_property
    def _entries(self) -> dict[int, Entry]:
        return {entry.place: entry for entry in counts.entries(self.board, self.day)}

    def entries(self, places: Iterable[int]) -> list[Entry]:
        return [self._entries[place] for place in places if place in self._entries]

    def below(self, place: int, most: int) -> list[Entry]:
        found = [entry for entry in self._entries.values() if entry.parent == place and entry.size]
        return sorted(found, key=lambda entry: (-entry.size, entry.place))[:most]


class Kept:
    def __init__(self, board: Board, state: KeptBoard) -> None:
        self.rows = KeptFigures.objects.filter(board=board.name)
        self.day, self.as_of = state.day or timezone.localdate(), state.counted_at

    def entries(self, places: Iterable[int]) -> list[Entry]:
        return [_entry(row) for row in self.rows.filter(place__in=list(places))]

    def below(self, place: int, most: int) -> list[Entry]:
        found = self.rows.filter(parent=place, size__gt=0).order_by("-size", "place")
        return [_entry(row) for row in found[:most]]


def _entry(row: KeptFigures) -> Entry:
    return Entry(row.place, row.parent, row.own, row.size, Counts.from_json(row.counts))


def source_of(board: Board) -> Source | None:
    """None for a large table that was not counted yet."""
    state = KeptBoard.objects.filter(pk=board.name).first()
    if state and state.rows > keeping.LIVE:
        return Kept(board, state)
    return Live(board) if keeping.largest(board) <= keeping.LIVE else None


class Sizes(NamedTuple):
    """How many rows there are at some rows of the tree, by the measure that compares: in themselves and in all."""

    own: dict[int, int]
    all: dict[int, int]
    as_of: datetime.datetime | None


def sizes(board: Board, places: Iterable[int]) -> Sizes | None:
    """None for a large table that was not counted yet."""
    only = replace(board, measures=(board.measure(board.size),))
    source = source_of(only)
    if source is None:
        return None
    found = source.entries(places)
    return Sizes(
        {each.place: each.own for each in found}, {each.place: each.size for each in found}, source.as_of
    )


def kept_keys(board: str, measure: str) -> list[Any] | None:
    """The keys of the rows that a measure counted when figures were kept last; None where they are not kept.

    For a filter of a list whose condition no index answers: with the keys beside it, only those rows are asked.
    """
    declared = board_named(board)
    state = KeptBoard.objects.filter(pk=board).first() if declared else None
    if state is None or state.rows <= keeping.LIVE:
        return None
    return state.keys.get(measure)  # type: ignore[no-any-return]
