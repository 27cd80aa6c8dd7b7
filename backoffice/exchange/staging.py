"""The lines of a file → a temporary table of typed values, by batches; what a cell holds wrongly is noted."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.exchange import cells, dates
from backoffice.exchange.kept import Kept
from backoffice.exchange.options import Options
from backoffice.exchange.reading import FileError, Line
from backoffice.exchange.scratch import APART, PROBLEMS, STAGED, Scratch
from backoffice.exchange.sheet import Column, Sheet

BATCH = 10_000
REMEMBERED = 20_000  # texts of a column: most columns repeat themselves
UNKNOWN = object()
SHOWN = 500  # characters of a cell in a list of what is wrong

Problem = tuple[int, int, str | None, str, bool]  # line, position, text, reason, whether it is only a warning
PROBLEM = ("line", "position", "text", "reason", "warning")
PROBLEM_TYPES = ("bigint", "integer", "text", "text", "boolean")


class Undecided(FileError):
    """Days and months cannot be told apart in these columns: somebody has to say it."""


def stage(
    scratch: Scratch,
    sheet: Sheet,
    columns: Sequence[Column | None],
    lines: Iterator[Line],
    options: Options,
    again: Callable[[], Iterator[Line]] | None = None,
    kept: Kept | None = None,
) -> int:
    """Fill STAGED and PROBLEMS; how many lines there were. `again` reads the file from the start: only then is it
    found out over the whole column whether 05/06/2024 is in May or in June. `kept`: from what was kept of an earlier
    reading, if it fits; else it is kept for the next one.

    Raises Undecided.
    """
    types = _create(scratch, sheet, columns)
    stream = Stream(sheet, columns, options, again)
    if kept and scratch.vendor == "postgresql":
        if kept.fits(types, options):
            number = kept.load(scratch, {STAGED: stream.names, PROBLEMS: PROBLEM})
        else:
            with kept.writing(types, options):
                number = kept.facts["lines"] = _read(scratch, stream, lines, kept.note)
    else:
        number = _read(scratch, stream, lines)
    scratch.known(STAGED)
    return number


def _read(
    scratch: Scratch,
    stream: "Stream",
    lines: Iterator[Line],
    note: Callable[[str, bytes], None] | None = None,
) -> int:
    number = 0
    while batch := list(islice(lines, BATCH)):
        number += len(batch)
        rows = [row for line in batch if (row := stream.row(line))]
        scratch.load(STAGED, stream.names, rows, note)
        scratch.load(PROBLEMS, PROBLEM, stream.problems, note)
        stream.problems.clear()
    return number


def _create(scratch: Scratch, sheet: Sheet, columns: Sequence[Column | None]) -> list[tuple[str, str]]:
    types = [("line", "bigint"), ("wrong", "boolean"), ("kept", "text"), ("cells", "text")]
    for column in filter(None, columns):
        field = sheet.field(column.name)
        types.append((field.attname, "text" if column.by else field.db_type(scratch.connection)))
    scratch.table(STAGED, types, key="line")
    scratch.table(PROBLEMS, [*zip(PROBLEM, PROBLEM_TYPES, strict=True), ("field", "text")])
    return types


class Stream:
    def __init__(
        self,
        sheet: Sheet,
        columns: Sequence[Column | None],
        options: Options,
        again: Callable[[], Iterator[Line]] | None,
    ) -> None:
        self.sheet, self.columns, self.options, self.again = sheet, columns, options, again
        self.width = len(columns)
        self.problems: list[Problem] = []
        self.used = [(position, column) for position, column in enumerate(columns) if column]
        self.names = ["line", "wrong", "kept", "cells", *(self._attname(column) for _p, column in self.used)]
        self.readers: list[tuple[int, str, dict[str, Any], Callable[[str], Any]]] = [
            (position, column.name, {}, self._reader(column)) for position, column in self.used
        ]
        keys = sheet.keys_among(columns, options.keyless)
        self.keys = [place for place, (_p, column) in enumerate(self.used) if column.name in keys]

    def _attname(self, column: Column) -> str:
        return str(self.sheet.field(column.name).attname)

    def row(self, line: Line) -> list[Any] | None:
        """A row for STAGED, unless the line cannot be told apart from others."""
        number, texts = line
        if len(texts) != self.width:
            self.problems.append((number, -1, "", _width(len(texts), self.width), False))
            return None
        values: list[Any] = []
        kept, wrong = "", False
        for position, name, known, read in self.readers:
            text = texts[position]
            value = known.get(text, UNKNOWN)
            if value is UNKNOWN:
                value = self._read(position, read, text)
                if len(known) < REMEMBERED:
                    known[text] = value
            if value.__class__ is cells.Wrong:
                self.problems.append((number, position, text[:SHOWN].strip(), value.reason, False))
                value, wrong = None, True
            elif value is cells.KEEP:
                kept += f",{name},"
                value = None
            values.append(value)
        if not self._has_key(number, values, wrong):
            return None
        return [number, wrong, kept, APART.join(texts).replace("\0", ""), *values]

    def _has_key(self, number: int, values: list[Any], wrong: bool) -> bool:
        if not self.keys or any(values[place] not in (None, "") for place in self.keys):
            return True
        noted = {problem[1] for problem in reversed(self.problems[-self.width :]) if problem[0] == number}
        position, column = self.used[self.keys[0]]
        if position not in noted:
            self.problems.append((number, position, "", cells.empty(self.sheet.field(column.name)), False))
        return False

    def _read(self, position: int, read: Callable[[str], Any], text: str) -> Any:
        try:
            return read(text)
        except dates.Ambiguous:
            self._decide(position, text)
            return self._read(position, self.readers[self._place(position)][3], text)

    def _place(self, position: int) -> int:
        return next(place for place, reader in enumerate(self.readers) if reader[0] == position)

    def _decide(self, position: int, text: str) -> None:
        """Look through the whole column for a day above the twelfth."""
        column = self.columns[position]
        assert column
        found = {dates.order_of(line.cells[position].strip()) for line in self._again(position)} - {""}
        if len(found) != 1:
            raise Undecided(
                _("Is %(date)s in column %(column)s the day first or the month first? Say which.")
                % {"date": text.strip(), "column": column.header}
            )
        place = self._place(position)
        read = self._reader(column, self.options._replace(dates=found.pop()))
        self.readers[place] = (*self.readers[place][:3], read)

    def _again(self, position: int) -> Iterator[Line]:
        lines = self.again() if self.again else iter(())
        return (line for line in lines if len(line.cells) > position)

    def _reader(self, column: Column, options: Options | None = None) -> Callable[[str], Any]:
        field = self.sheet.field(column.name)
        options = options or self.options
        if column.by:
            return _reference(field, options)
        read = cells.reader(field, options, tidy=options.tidy and column.tidy)
        return _stored(field, read)


def _reference(field: Any, options: Options) -> Callable[[str], Any]:
    """What a relation is said to be stays a text: the database looks it up."""

    def read(text: str) -> Any:
        text = text.strip()
        if text:
            return text
        value = cells.reader(field, options)("")
        return "" if value is None else value

    return read


def _stored(field: Any, read: Callable[[str], Any]) -> Callable[[str], Any]:
    from django.db import connections, router

    connection = connections[router.db_for_write(field.model)]
    plain = type(field).get_db_prep_save is models.Field.get_db_prep_save
    plain = plain and type(field).get_db_prep_value is models.Field.get_db_prep_value

    def stored(text: str) -> Any:
        value = read(text)
        if value is cells.KEEP or value.__class__ is cells.Wrong:
            return value
        return field.get_prep_value(value) if plain else field.get_db_prep_save(value, connection)

    return stored


def _width(cells: int, columns: int) -> str:
    found = ngettext("The row has %(n)d cell", "The row has %(n)d cells", cells) % {"n": cells}
    wanted = ngettext("the header %(n)d.", "the header %(n)d.", columns) % {"n": columns}
    return f"{found}, {wanted}"
