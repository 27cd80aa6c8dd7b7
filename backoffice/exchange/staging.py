"""The lines of a file → a temporary table of typed values, by batches; what a cell holds wrongly is noted."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import filterfalse
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.exchange import cells, dates, headings
from backoffice.exchange.kept import Kept
from backoffice.exchange.names import is_name
from backoffice.exchange.options import ORDERS, YEAR_FIRST, Options
from backoffice.exchange.paths import NOT_TOLD
from backoffice.exchange.reading import FileError, Line
from backoffice.exchange.scratch import APART, PROBLEMS, SHOWN, STAGED, Scratch
from backoffice.exchange.sheet import Column, Sheet
from backoffice.fields import UniqueEmailField, UniqueWhenSetMixin

BATCH = 10_000  # lines
SIZE = 2_000_000  # characters of a batch, of which there are several copies at a time
REMEMBERED = 20_000  # texts of a column: most columns repeat themselves
SHORT = 100  # characters of such a text
# What a form cleans is what is stored, in these: a file has millions of texts.
AS_CLEANED = {
    models.CharField.get_prep_value,
    models.TextField.get_prep_value,
    UniqueWhenSetMixin.get_prep_value,
    UniqueEmailField.get_prep_value,
}
ROUNDED, NOTHING = re.compile(cells.ROUNDED), re.compile(cells.WORD_FOR_NOTHING)
NO_KEY = rf"(?:{cells.ROUNDED}|{cells.WORD_FOR_NOTHING})"  # unless somebody has it
DOUBTED = re.compile(NO_KEY)
REFERENCE = re.compile(rf"(?!{re.escape(NOT_TOLD)}\Z|{NO_KEY}\Z){cells.WORDS % cells.LONGEST}")
REASON = 2_000  # characters of what is said of a cell, which may quote it

Problem = tuple[int, int, str | None, str, bool]  # line, position, text, reason, whether it is only a warning
PROBLEM = ("line", "position", "text", "reason", "warning")
PROBLEM_TYPES = ("bigint", "integer", "text", "text", "boolean")


class Undecided(FileError):
    """Days and months cannot be told apart in these columns: somebody has to say it."""


def stage(
    scratch: Scratch,
    sheet: Sheet,
    header: Sequence[str],
    columns: Sequence[Column | None],
    lines: Iterator[Line],
    options: Options,
    again: Callable[[], Iterator[Line]] | None = None,
    kept: Kept | None = None,
    problems: list[Problem] | None = None,
) -> tuple[int, list[tuple[int, str]]]:
    """Fill STAGED and PROBLEMS. How many lines there were, and the words for nothing that may be keys, each with the
    position of its column.

    `again` reads the file from the start: only then is it found out over the whole column whether 05/06/2024 is in May
    or in June. `kept`: from what was kept of an earlier reading, if it fits; else it is kept for the next one.
    `problems` fills with what is to be told of `lines` while they are read.
    Raises Undecided.
    """
    types = _create(scratch, sheet, columns)
    stream = Stream(sheet, header, columns, options, again, problems)
    if kept and scratch.vendor == "postgresql":
        if kept.fits(types, options):
            number = kept.load(scratch, {STAGED: stream.names, PROBLEMS: PROBLEM})
            doubtful = [(position, word) for position, word in kept.facts.get("doubtful", ())]
        else:
            with kept.writing(types, options):
                number = kept.facts["lines"] = _read(scratch, stream, lines, kept.note)
                doubtful = kept.facts["doubtful"] = stream.doubtful
    else:
        number = _read(scratch, stream, lines)
        doubtful = stream.doubtful
    scratch.known(STAGED)
    return number, doubtful


def _read(
    scratch: Scratch,
    stream: "Stream",
    lines: Iterator[Line],
    note: Callable[[str, bytes], None] | None = None,
) -> int:
    number = 0
    for batch in batches(lines):
        number += len(batch)
        scratch.load(STAGED, stream.names, stream.rows(batch), note)
        scratch.load(PROBLEMS, PROBLEM, stream.problems, note)
        stream.problems.clear()
    return number


def batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """So many lines at a time; fewer where they are long."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len("".join(line.cells))
        if size >= SIZE or len(batch) == BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _create(scratch: Scratch, sheet: Sheet, columns: Sequence[Column | None]) -> list[tuple[str, str]]:
    types = [("line", "bigint"), ("wrong", "boolean"), ("kept", "text"), ("cells", "text")]
    for column in filter(None, columns):
        field = sheet.field(column.name)
        types.append((field.attname, "text" if column.by else field.db_type(scratch.connection)))
    scratch.table(STAGED, types, key="line")
    scratch.table(PROBLEMS, [*zip(PROBLEM, PROBLEM_TYPES, strict=True), ("field", "text")])
    return types


class Reader:
    """How the texts of a column are read, but those that are `plain`; and what was read of them so far."""

    def __init__(
        self,
        position: int,
        name: str,
        read: Callable[[str], Any],
        plain: re.Pattern[str] | None,
        *,
        is_key: bool,
        is_name: bool,
        is_choice: bool,
        nothing: Sequence[str],
        waits: bool,
    ) -> None:
        self.position, self.name, self.read = position, name, read
        self.is_key, self.is_name, self.is_choice = is_key, is_name, is_choice
        self.nothing = set(map(str.casefold, nothing))  # words for it beside the usual ones
        self.waits = waits  # what a word for nothing means is known when all lines are
        self.is_plain = plain.fullmatch if plain else None
        self.known: dict[str, Any] = {}
        self.odd: set[str] = set()  # those of them that are no value
        self.told: dict[str, str] = {}  # what is said of those of them that are a word for nothing
        self.doubtful: set[str] = set()  # those that may be one
        self.stored: set[str] = set()  # those of them that look like no key and are somebody's as they are


class Stream:
    """Batches of lines → rows for STAGED. Column by column, as most of them repeat themselves: a text is read once."""

    def __init__(
        self,
        sheet: Sheet,
        header: Sequence[str],
        columns: Sequence[Column | None],
        options: Options,
        again: Callable[[], Iterator[Line]] | None,
        problems: list[Problem] | None,
    ) -> None:
        self.sheet, self.header, self.columns = sheet, header, columns
        self.options, self.again = options, again
        self.width = len(columns)
        self.problems = [] if problems is None else problems
        self.used = [(position, column) for position, column in enumerate(columns) if column]
        self.names = ["line", "wrong", "kept", "cells", *(self._attname(column) for _p, column in self.used)]
        self.readers = [
            Reader(
                position,
                column.name,
                self._reader(column),
                self._plain(column),
                is_key=self._is_key(column),
                is_name=column.tidy and not self._is_key(column),
                is_choice=bool(not column.by and sheet.field(column.name).choices),
                nothing=column.nothing,
                waits=bool(column.by) or self._is_beside_name(column),
            )
            for position, column in self.used
        ]
        keys = sheet.keys_among(columns, options.keyless)
        self.keys = [place for place, (_p, column) in enumerate(self.used) if column.name in keys]

    @property
    def doubtful(self) -> list[tuple[int, str]]:
        return [(reader.position, word) for reader in self.readers for word in sorted(reader.doubtful)]

    def _attname(self, column: Column) -> str:
        return str(self.sheet.field(column.name).attname)

    def rows(self, batch: Sequence[Line]) -> list[tuple[Any, ...]]:
        """A row for each line that can be told apart from others; what is wrong is in `problems`."""
        lines = [line for line in batch if len(line.cells) == self.width]
        if len(lines) < len(batch):
            uneven = [line for line in batch if len(line.cells) != self.width]
            self.problems += [(n, -1, "", _uneven(len(texts), self.width), not texts) for n, texts in uneven]
        if summed := self._totals(lines):
            lines = [line for line in lines if line.number not in summed]
            reason = _(
                "This is a line of totals and no row. Take it out of the file. If a row is called so, add it by hand "
                "first: then the line is taken."
            )
            self.problems += [(number, -1, "", reason, False) for number in sorted(summed)]
        numbers = [line.number for line in lines]
        texts = list(zip(*(line.cells for line in lines), strict=True)) or [()] * self.width
        wrong, kept = [False] * len(lines), [""] * len(lines)
        found = [
            self._values(reader, texts[reader.position], numbers, wrong, kept) for reader in self.readers
        ]
        whole = [APART.join(line.cells).replace("\0", "") for line in lines]
        lacking = self._without_key(found, numbers)
        rows = zip(numbers, wrong, kept, whole, *found, strict=True)
        return [row for place, row in enumerate(rows) if place not in lacking] if lacking else list(rows)

    def _totals(self, lines: Sequence[Line]) -> set[int]:
        """The numbers of lines of totals. A row that is stored and called so is none: our own export has it."""
        keys = {place for place, column in self.used if column.name in self._called_by}
        found = headings.totals(lines, {place for place, _column in self.used}, keys)
        stored = {each for each in set(found.values()) if self._is_stored(*each)}
        return {number for number, each in found.items() if each not in stored}

    def _is_stored(self, place: int, word: str) -> bool:
        """Whether a row is called so, or one that is meant in this column."""
        column = self.columns[place]
        if not column or not (column.by or column.name in self._called_by):
            return False
        model, names = self._meant_by(column)
        return any(model._base_manager.filter(**{name: word}).exists() for name in names)

    @property
    def _called_by(self) -> set[str]:
        return {*self.sheet.keys, self.sheet.loose_key}

    def _meant_by(self, column: Column) -> tuple[Any, list[str]]:
        """Of which model a row is meant in this column, and by which of its fields of text."""
        field = self.sheet.field(column.name)
        model = field.related_model if column.by else field.model
        names = (column.by, *column.or_by) if column.by else (field.name,)
        return model, [name for name in names if isinstance(model._meta.get_field(name), models.CharField)]

    def _values(
        self, reader: Reader, texts: Sequence[str], numbers: list[int], wrong: list[bool], kept: list[str]
    ) -> list[Any]:
        """What the texts of a column mean; where that is nothing, it is marked in `wrong` and `kept`."""
        known, unknown = reader.known, set(texts) - reader.known.keys()
        if reader.is_plain:
            unknown = set(filterfalse(reader.is_plain, unknown))
        odd = reader.odd
        self._know_stored(reader, unknown)
        if new := {text: self._read(reader, text) for text in unknown}:
            found = {text for text, value in new.items() if value.__class__ in (cells.Wrong, cells.Keep)}
            if len(known) < REMEMBERED and len(max(new, key=len)) <= SHORT:
                known.update(new)
                odd |= found
            else:
                known, odd = known | new, odd | found
        values = list(map(known.get, texts, texts))
        for place in (place for place, text in enumerate(texts) if text in odd) if odd else ():
            value, values[place] = values[place], None
            if value is cells.KEEP:
                kept[place] += f",{reader.name},"
                continue
            wrong[place] = True
            shown = texts[place][:SHOWN].strip()
            self.problems.append((numbers[place], reader.position, shown, value.reason[:REASON], False))
        self._tell_of_nothing(reader, texts, numbers)
        return values

    def _tell_of_nothing(self, reader: Reader, texts: Sequence[str], numbers: list[int]) -> None:
        """“NA” in the place of a key can be that of North America, whom the row would lack unsaid."""
        if not reader.told:
            return
        for number, text in zip(numbers, texts, strict=True):
            if text in reader.told:
                told = reader.told[text] % {"value": text.strip()}
                self.problems.append((number, reader.position, text.strip(), told, True))

    def _know_stored(self, reader: Reader, texts: set[str]) -> None:
        """“2E+05” and “NA” are keys as they stand where somebody has them: our own export says so."""
        column = self.columns[reader.position]
        doubted = {bare for text in texts if DOUBTED.fullmatch(bare := text.strip())}
        if not (column and reader.is_key and doubted):
            return
        model, names = self._meant_by(column)
        for name in names:
            found = model._base_manager.filter(**{f"{name}__in": doubted}).order_by()
            reader.stored.update(found.values_list(name, flat=True).distinct())

    def _without_key(self, found: list[list[Any]], numbers: list[int]) -> set[int]:
        """The places of rows that nothing finds again."""
        keys = [found[place] for place in self.keys]
        if not keys:
            return set()
        places: Iterable[int] = range(len(numbers))
        for values in keys:
            places = [place for place in places if values[place] in (None, "")]
        lacking = set(places)
        position, column = self.used[self.keys[0]]
        refused = (problem[0] for problem in self.problems if problem[1] == position and not problem[4])
        noted = set(refused) if lacking else set()
        reason = cells.empty(self.sheet.field(column.name)) if lacking else ""
        missing = sorted(numbers[place] for place in lacking)
        self.problems += [(number, position, "", reason, False) for number in missing if number not in noted]
        return lacking

    def _read(self, reader: Reader, text: str) -> Any:
        if self.options.errors and (error := cells.ERROR.fullmatch(text.strip())):
            return _spoilt(error)
        doubted = reader.is_key and text.strip() not in reader.stored
        if doubted and (NOTHING.fullmatch(text.strip()) or text.strip().casefold() in reader.nothing):
            if not reader.waits:
                reader.told[text] = cells.taken_for_empty()
                return reader.read("")
            reader.doubtful.add(text.strip())
        elif reader.is_name and NOTHING.fullmatch(text.strip()) and not is_name(text.strip()):
            reader.told[text] = cells.taken_for_name()
        if doubted and ROUNDED.fullmatch(text.strip()):
            return cells.Wrong(
                _(
                    "“%(value)s” is a number that the spreadsheet has rounded. Format the column as text and enter "
                    "all digits."
                )
                % {"value": text.strip()}
            )
        try:
            value = reader.read(text)
            if reader.is_choice and value in (cells.KEEP, None, "") and cells.is_nothing(text):
                reader.told[text] = cells.taken_for_empty()  # a new row gets what is usual, “active” say
            return value
        except dates.Ambiguous:
            self._decide(reader, text)
            return self._read(reader, text)

    def _decide(self, reader: Reader, text: str) -> None:
        """Look through the whole column for what leaves one order: a day above the twelfth, a year above the 31st."""
        column = self.columns[reader.position]
        assert column
        lines = self._again(reader.position)
        found = set(ORDERS)
        for line in lines:
            found &= dates.orders_of(line.cells[reader.position].strip()) or found
        if len(found) != 1:
            name = self.header[reader.position] or column.header
            sentence = _("Is %(date)s in column %(column)s the day first or the month first? Say which.")
            if YEAR_FIRST in dates.orders_of(text.strip()):
                sentence = _(
                    "Is %(date)s in column %(column)s the day first, the month first or the year first? Say which."
                )
            raise Undecided(sentence % {"date": text.strip(), "column": name})
        reader.read = self._reader(column, self.options._replace(dates=found.pop()))

    def _again(self, position: int) -> Iterator[Line]:
        lines = self.again() if self.again else iter(())
        return (line for line in lines if len(line.cells) > position)

    def _plain(self, column: Column) -> re.Pattern[str] | None:
        field = self.sheet.field(column.name)
        if column.by:
            words = "|".join(map(re.escape, column.nothing))
            return re.compile(rf"(?!(?i:{words})\Z){REFERENCE.pattern}") if words else REFERENCE
        tidied = self.options.tidy and column.tidy
        plain = None if tidied or not _is_stored_as_cleaned(field) else cells.plain(field)
        if plain and (self._is_key(column) or column.tidy):
            return re.compile(f"(?!{NO_KEY}\\Z){plain.pattern}")
        return plain

    def _is_key(self, column: Column) -> bool:
        return bool(column.by) or column.name in self.sheet.keys

    def _is_beside_name(self, column: Column) -> bool:
        """Whether it is a key beside which somebody wrote what the row is called, by which it is found, too."""
        names = {name for name in self.sheet.or_keys if not self.sheet.field(name).unique}
        return column.name == self.sheet.key and any(other.name in names for _p, other in self.used)

    def _reader(self, column: Column, options: Options | None = None) -> Callable[[str], Any]:
        return cell_reader(self.sheet, column, options or self.options)


def cell_reader(sheet: Sheet, column: Column, options: Options) -> Callable[[str], Any]:
    """text → the value for STAGED, KEEP, or Wrong; raises dates.Ambiguous."""
    field = sheet.field(column.name)
    if column.by:
        return _reference(field, options)
    read = cells.reader(field, options, tidy=options.tidy and column.tidy, words=column.values)
    return _stored(field, read)


def _spoilt(error: re.Match[str]) -> cells.Wrong:
    if error[0] == cells.WITHOUT_VALUE:
        return cells.Wrong(
            _("The file has no value of this formula. Open it in a spreadsheet, save it, and bring it again.")
        )
    sentence = _("“%(value)s” is an error of the spreadsheet. Mend its formula, or empty the cell.")
    return cells.Wrong(sentence % {"value": error[1]})


def _reference(field: Any, options: Options) -> Callable[[str], Any]:
    """What a relation is said to be stays a text: the database looks it up."""

    def read(text: str) -> Any:
        text = text.strip()
        if text == NOT_TOLD:
            return cells.KEEP
        if text:
            return text
        value = cells.reader(field, options)("")
        return "" if value is None else value

    return read


def _stored(field: Any, read: Callable[[str], Any]) -> Callable[[str], Any]:
    from django.db import connections, router

    connection = connections[router.db_for_write(field.model)]
    if _is_stored_as_cleaned(field):
        return read
    plain = _is_prepared_alone(field)

    def stored(text: str) -> Any:
        value = read(text)
        if value is cells.KEEP or value.__class__ is cells.Wrong:
            return value
        return field.get_prep_value(value) if plain else field.get_db_prep_save(value, connection)

    return stored


def _is_stored_as_cleaned(field: Any) -> bool:
    return _is_prepared_alone(field) and type(field).get_prep_value in AS_CLEANED


def _is_prepared_alone(field: Any) -> bool:
    """Whether the engine has no say in what is stored."""
    kind, base = type(field), models.Field
    return bool(
        kind.get_db_prep_save is base.get_db_prep_save and kind.get_db_prep_value is base.get_db_prep_value
    )


def _uneven(cells: int, columns: int) -> str:
    if not cells:
        return _("The line names the columns once more and is passed over.")
    found = ngettext("The row has %(n)d cell", "The row has %(n)d cells", cells) % {"n": cells}
    wanted = ngettext("the header %(n)d.", "the header %(n)d.", columns) % {"n": columns}
    return f"{found}, {wanted}"
