"""What an app declares for the first page."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from backoffice.access.trees import Tree

if TYPE_CHECKING:
    from backoffice.dashboard.counts import Counts

Day = datetime.date
Params = Mapping[str, Any]  # what a list is asked for


@dataclass(frozen=True)
class Measure:
    """How many rows are so on a day; with `by`, how many of each value of a column or an expression.

    A value that is a date counts for its month.
    """

    name: str
    where: Callable[[Day], Q]
    by: Any = None


@dataclass(frozen=True)
class Figure:
    """A number with its list behind it, and a note beside it: how many there were before, what share that is."""

    name: str
    title: Callable[[Day], str]
    value: Callable[["Counts", Day], int]
    link: Callable[[Day], Params]
    note: Callable[["Counts", Day], str] = lambda counts, day: ""


@dataclass(frozen=True)
class Below:
    """A bar for each row of the tree right below, with everything below it."""

    name: str
    title: Any
    measure: str
    link: Callable[[Day], Params]
    heading: Any = ""


@dataclass(frozen=True)
class Groups:
    """A bar for each value of a measure, the longest first."""

    name: str
    title: Any
    measure: str
    link: Callable[[Day, str], Params]
    label: Callable[[str], Any]
    heading: Any = ""


@dataclass(frozen=True)
class Series:
    measure: str
    title: Any
    link: Callable[[Day, Day], Params]  # from a day to a day


@dataclass(frozen=True)
class Months:
    """Two bars for each of twelve months: two measures by a date, against each other."""

    name: str
    title: Any
    left: Series
    right: Series


@dataclass(frozen=True)
class Attention:
    """Rows that somebody should look at, as a list, and the bulk action of that list that mends them.

    `keep` rows are kept by key with the figures, for a condition that no index answers: see dashboard.kept_keys.
    """

    measure: str
    words: Callable[[int], str]
    link: Callable[[Day], Params]
    mend: Any = ""
    keep: bool = False


@dataclass(frozen=True)
class Board:
    """What is told about the rows of one model. `place_filter` is the list's filter by a row of the tree and below."""

    name: str
    model: type[models.Model]
    tree: Tree
    title: Any
    measures: tuple[Measure, ...]
    size: str  # the measure by which rows of the tree are compared
    place_filter: str | None = None
    figures: tuple[Figure, ...] = ()
    charts: tuple[Any, ...] = ()
    attention: tuple[Attention, ...] = field(default=())

    def measure(self, name: str) -> Measure:
        return next(each for each in self.measures if each.name == name)


_boards: dict[str, Board] = {}


def declare(board: Board) -> Board:
    _boards[board.name] = board
    return board


def boards() -> list[Board]:
    return list(_boards.values())


def board_named(name: str) -> Board | None:
    return _boards.get(name)
