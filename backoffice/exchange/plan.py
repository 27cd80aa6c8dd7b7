"""What an import will do: sets of rows in temporary tables, and a Problem for each thing to say about one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from backoffice.exchange.headers import folded
from backoffice.exchange.options import Options
from backoffice.exchange.planned import planned
from backoffice.exchange.scratch import PROBLEMS, Scratch
from backoffice.exchange.sheet import Column, Sheet

ABSENT = 10**12  # lines above it stand for rows that the file lacks
PAGE = 1000


class Problem(NamedTuple):
    line: int
    column: str
    value: str
    reason: str


class Objection(NamedTuple):
    """A rule's word that these planned rows may not be saved so: the field it is about and a sentence or expression.

    `lacking` is the position of an empty cell that it is about, where that is not the field's.
    """

    rows: models.QuerySet[Any]
    field: str
    reason: Any
    lacking: int | None = None


class Counts(NamedTuple):
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    absent: int = 0  # rows that the file lacks
    marked: int = 0  # those of them that are marked
    related: int = 0  # related rows that are made along
    unplaced: int = 0  # lines refused before it was known which row they mean


@dataclass(eq=False)
class Plan:
    """`header` and `columns` are the file's, side by side; `actor` is who brings it, None for a command.

    Good until the next plan is made through the same connection, or the transaction ends.
    """

    sheet: Sheet
    header: list[str]
    columns: list[Column | None]
    options: Options
    scratch: Scratch
    actor: Any = None
    parts: dict[Column, int] = field(
        default_factory=dict
    )  # where the parts of what is a whole stand in the file
    lines: int = 0
    counts: Counts = field(default_factory=Counts)
    seen: Any = None  # the moment of the preview; rows that changed after it are refused
    began: Any = None  # the moment when this plan was begun
    related: dict[str, list[Any]] = field(default_factory=dict)  # column → what is made along
    foreign: int = 0  # cells that mean what is there and outside of the person's scope
    unplaced: int = 0  # lines refused before it was known which row they mean
    unplaced_lines: list[int] = field(default_factory=list)  # the first of them

    @property
    def used(self) -> list[tuple[int, Column]]:
        return [(position, column) for position, column in enumerate(self.columns) if column]

    @property
    def names(self) -> list[str]:
        return [column.name for _position, column in self.used]

    @property
    def keys(self) -> list[str]:
        """The fields that find the rows; none where every row is new."""
        return self.sheet.keys_among(self.columns, self.options.keyless)

    def position(self, name: str) -> int:
        return next((place for place, column in self.used if column.name == name), -1)

    def beside(self, headers: tuple[str, ...]) -> int:
        """Where a column stands that has one of these headers and fills no field; -1 without one."""
        wanted = {folded(name) for name in headers}
        told = zip(self.header, self.columns, strict=True)
        found = (place for place, (name, column) in enumerate(told) if not column and folded(name) in wanted)
        return next(found, -1)

    @property
    def everything(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = planned(self.sheet.model)._base_manager.using(self.scratch.using)
        return rows.order_by()

    @property
    def rows(self) -> models.QuerySet[Any]:
        """Those that were not refused so far."""
        return self.everything.filter(plan_refused=False)

    @property
    def created(self) -> models.QuerySet[Any]:
        return self.rows.filter(plan_new=True)

    @property
    def updated(self) -> models.QuerySet[Any]:
        return self.rows.filter(plan_new=False).exclude(plan_changes="")

    @property
    def unchanged(self) -> models.QuerySet[Any]:
        return self.rows.filter(plan_new=False, plan_changes="")

    @property
    def stored(self) -> models.QuerySet[Any]:
        """The stored rows that stay as they are."""
        mine = self.rows.filter(plan_key=OuterRef("pk"))
        return self.sheet.model._base_manager.using(self.scratch.using).filter(~Exists(mine)).order_by()

    def problems(self, *, warning: bool = False) -> Iterator[Problem]:
        """In the order of the lines."""
        query = (
            f"SELECT line, position, text, reason, field FROM {PROBLEMS} WHERE warning = %s "  # noqa: S608
            "ORDER BY line, position, reason LIMIT %s OFFSET %s"
        )
        start = 0
        while found := self.scratch.rows(query, [warning, PAGE, start]):
            for line, position, text, reason, name in found:
                yield Problem(
                    line, self.header[position] if position >= 0 else name or "", text or "", reason
                )
            start += PAGE

    @property
    def refusals(self) -> list[Problem]:
        return list(self.problems())

    @property
    def warnings(self) -> list[Problem]:
        return list(self.problems(warning=True))

    @property
    def refused_lines(self) -> set[int]:
        found = self.scratch.rows(f"SELECT DISTINCT line FROM {PROBLEMS} WHERE NOT warning")  # noqa: S608
        return {line for (line,) in found}


def changed(*names: str) -> Q:
    """Planned rows of which one of these fields gets another value."""
    found = Q()
    for name in names:
        found |= Q(plan_changes__contains=f",{name},")
    return found


def sentence(text: str, **parts: Any) -> Any:
    """`text` with its %(name)s filled in from expressions."""
    marks = {name: f"\0{name}\0" for name in parts}
    pieces = (text % marks).split("\0")
    if len(pieces) == 1:
        return Value(text % marks)
    return Concat(
        *(_piece(piece, parts, place) for place, piece in enumerate(pieces)), output_field=models.TextField()
    )


def _piece(piece: str, parts: dict[str, Any], place: int) -> Any:
    return Cast(parts[piece], models.TextField()) if place % 2 else Value(piece)
