"""Count the measures of a board: grouped by the database, summed up the tree here."""

import datetime
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Count, F

from backoffice.dashboard.declared import Board

EVERYTHING = 0  # stands above the roots of the tree; no key of a row is 0
KEPT_GROUPS = 30  # of a measure
REST = "…"  # the group of all other values


class Counts(Counter[tuple[str, str]]):
    """(measure, value) → number of rows."""

    def total(self, measure: str) -> int:  # type: ignore[override]  # Counter's takes none
        return sum(self.groups(measure).values())

    def groups(self, measure: str) -> dict[str, int]:
        return {group: number for (name, group), number in self.items() if name == measure}

    def of(self, measure: str, group: str) -> int:
        return self[measure, group]

    def as_json(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (name, group), number in self.items():
            found.setdefault(name, {})[group] = number
        return {name: _trimmed(groups) for name, groups in sorted(found.items())}

    @classmethod
    def from_json(cls, kept: dict[str, dict[str, int]]) -> "Counts":
        return cls({(name, group): n for name, groups in kept.items() for group, n in groups.items()})


class Entry(NamedTuple):
    """A row of the tree with everything below it."""

    place: int
    parent: int | None
    own: int  # rows of the row itself, by the measure that compares
    size: int  # with everything below
    counts: Counts


def month(day: datetime.date) -> str:
    return f"{day:%Y-%m}"


def entries(board: Board, day: datetime.date) -> Iterator[Entry]:
    """Those of all rows of the tree, each after the ones below it; that of everything last."""
    direct = _direct(board, day)
    parents = _parents(board)
    everything = Counts()
    for counts in direct.values():
        everything.update(counts)
    waiting = Counter(parent for parent in parents.values() if parent)
    ready = [key for key in parents if not waiting[key]]
    while ready:
        key = ready.pop()
        counts = direct.pop(key, Counts())
        own, parent = counts.pop(_OWN, 0), parents[key]
        yield Entry(key, parent, own, counts.total(board.size), counts)
        if parent:
            direct.setdefault(parent, Counts()).update(counts)
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    del everything[_OWN]
    yield Entry(EVERYTHING, None, 0, everything.total(board.size), everything)


_OWN = ("", "")


def _direct(board: Board, day: datetime.date) -> dict[int, Counts]:
    """The counts of each row of the tree alone: one statement for all measures without groups, one for each other."""
    path = board.tree.path(board.model) or "pk"
    rows = board.model._base_manager.order_by()
    found: dict[int, Counts] = {}
    plain = [measure for measure in board.measures if measure.by is None]
    numbers = [
        Count("pk", filter=measure.where(day)) if measure.where(day) else Count("pk") for measure in plain
    ]
    annotated = rows.values(place=F(path)).annotate(**{f"n{k}": n for k, n in enumerate(numbers)})
    for place, *counted in annotated.values_list("place", *(f"n{k}" for k in range(len(numbers)))):
        named = {(measure.name, ""): n for measure, n in zip(plain, counted, strict=True) if n}
        found[place] = Counts(named)
    for measure in board.measures:
        if measure.by is not None:
            grouped = rows.filter(measure.where(day)).values_list(F(path), measure.by).annotate(Count("pk"))
            for place, group, number in grouped:
                found.setdefault(place, Counts())[measure.name, _key(group)] += number
    for counts in found.values():
        counts[_OWN] = counts.total(board.size)
    return found


def _key(value: Any) -> str:
    if isinstance(value, datetime.date):
        return month(value)
    return "" if value is None else str(value)


def _parents(board: Board) -> dict[int, int]:
    """Of each row of the tree the one above; EVERYTHING where there is none."""
    rows = board.tree.model._base_manager.order_by()
    if not board.tree.parent:
        return dict.fromkeys(rows.values_list("pk", flat=True), EVERYTHING)
    return {key: parent or EVERYTHING for key, parent in rows.values_list("pk", board.tree.parent)}


def _trimmed(groups: dict[str, int]) -> dict[str, int]:
    if len(groups) <= KEPT_GROUPS:
        return groups
    first = Counter(groups).most_common(KEPT_GROUPS)
    return {**dict(first), REST: sum(groups.values()) - sum(number for _group, number in first)}
