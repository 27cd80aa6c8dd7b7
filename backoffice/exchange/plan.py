"""What an import will do: a Row for each line, and a Problem for each thing to say about one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import models

from backoffice.exchange.sheet import Column, Sheet


class Problem(NamedTuple):
    line: int
    column: str
    value: str
    reason: str


@dataclass(eq=False, slots=True)
class Row:
    """One line of the file and the object that it creates or changes.

    `cells` are texts by field name. `values` are the new ones by attribute name (`author_id`); a relation to
    a row that this file creates is that Row itself, because it has no key yet.
    """

    line: int
    key: Any
    cells: Mapping[str, str]
    instance: models.Model
    values: dict[str, Any] = field(default_factory=dict)
    refused: bool = False

    @property
    def is_new(self) -> bool:
        return self.instance._state.adding

    def get(self, name: str) -> Any:
        """The value that the attribute will have."""
        return self.values[name] if name in self.values else getattr(self.instance, name)

    def is_changed(self, name: str) -> bool:
        """Whether a new row sets the attribute, or an old one gets another value."""
        if self.is_new:
            return self.get(name) is not None
        return name in self.values and self.values[name] != getattr(self.instance, name)

    @property
    def changes(self) -> set[str]:
        return {name for name in self.values if self.is_changed(name)}


class Objection(NamedTuple):
    """A rule's word that a row may not be saved so: the field it is about and a sentence."""

    row: Row
    field: str
    reason: str


@dataclass(eq=False)
class Plan:
    """`headers` are the file's own words by field name, `actor` is who brings it; None for a command."""

    sheet: Sheet
    headers: dict[str, str]
    actor: Any = None
    rows: list[Row] = field(default_factory=list)
    created: list[Row] = field(default_factory=list)
    updated: list[Row] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    refused_lines: set[int] = field(default_factory=set)
    _by_pk: dict[Any, Row] | None = None

    @property
    def columns(self) -> list[Column]:
        return [column for column in self.sheet.columns if column.name in self.headers]

    @property
    def self_references(self) -> list[str]:
        """The attributes of relations to rows of the same model."""
        columns = (column for column in self.columns if self.sheet.is_self_reference(column))
        return [self.sheet.field(column.name).attname for column in columns]

    @property
    def accepted(self) -> Iterator[Row]:
        return (row for row in self.rows if not row.refused)

    def settle(self) -> None:
        """Sort the accepted rows by what will happen to them, while their instances are as stored."""
        for row in self.accepted:
            kind = self.created if row.is_new else self.updated if row.changes else self.unchanged
            kind.append(row)
        self.refusals.sort()
        self.warnings.sort()

    def row_of(self, pk: Any) -> Row | None:
        """The accepted row that changes the object with this key."""
        if self._by_pk is None:
            self._by_pk = {row.instance.pk: row for row in self.rows if not row.is_new}
        row = self._by_pk.get(pk)
        return row if row and not row.refused else None

    def refuse_line(self, line: int, column: str, value: str, reason: str) -> None:
        self.refused_lines.add(line)
        self.refusals.append(Problem(line, column, value, reason))

    def refuse(self, objection: Objection) -> None:
        row, name, reason = objection
        row.refused = True
        self.refuse_line(row.line, *self._cell(row, name), reason)

    def warn(self, row: Row, name: str, reason: str) -> None:
        self.warnings.append(Problem(row.line, *self._cell(row, name), reason))

    def _cell(self, row: Row, name: str) -> tuple[str, str]:
        return self.headers.get(name, name), row.cells.get(name, "")
