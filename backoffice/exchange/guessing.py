"""What the headers of a file probably mean: a proposal, and nothing where it cannot be told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db import models

from backoffice.exchange.cells import Wrong, is_nothing, reader
from backoffice.exchange.headers import folded, is_percent, spellings
from backoffice.exchange.options import Options

if TYPE_CHECKING:
    from backoffice.exchange.sheet import Column, Sheet

SAID = 4  # rank of what people say: before come a column's name, others, its label, its labels
LOOSE = 5  # rank of the first loose word
EXAMINED = 20  # lines that tell whether a column holds what a loose word says
NUMBERS = models.IntegerField | models.DecimalField | models.FloatField


class Word(NamedTuple):
    rank: int
    column: "Column"


class Guess(NamedTuple):
    """Those that are less come first."""

    is_loose: bool
    is_ignored: bool
    rank: int
    place: int


def guess(
    sheet: "Sheet", header: Sequence[str], lines: Sequence[Sequence[str]] = ()
) -> "list[Column | None]":
    """The column that each cell of `header` probably means, each once; None where that cannot be told.

    A column's own name goes before other names for it, what is ignored is taken where nothing else is, and loose words
    where not even that is and the first `lines` do not speak against it.
    """
    words, ignored = words_of(sheet), {folded(name) for name in sheet.ignored}
    misleading = _misleading(sheet, header)
    guesses: list[tuple[Guess, Column]] = []
    for place, written in enumerate(header):
        known = [(words[name], name) for name in spellings(written) if name in words]
        if not known:
            continue
        (rank, column), name = min(known, key=lambda each: each[0].rank)
        cells = [line[place] for line in lines if place < len(line)]
        below = [cell for cell in cells if cell.strip() and not is_nothing(cell)]
        if name not in misleading and (rank < LOOSE or _fits(sheet, column, written, below)):
            guesses.append((Guess(rank >= LOOSE, name in ignored, rank, place), column))
    found: list[Column | None] = [None] * len(header)
    ranks: dict[Column, int] = {}
    for each, column in sorted(guesses, key=lambda guess: guess[0]):
        if column not in ranks:
            found[each.place], ranks[column] = column, each.rank
    unknown = [written for written, column in zip(header, found, strict=True) if not column]
    return _whole_or_parts(sheet, found, ranks, unknown)


def words_of(sheet: "Sheet") -> dict[str, Word]:
    """Every word for a column. A loose one is no better where it is a name or label, too."""
    words: dict[str, Word] = {}
    for column in sheet.all:
        loose = set(map(folded, column.loose))
        label, labels = sheet.label(column), sheet.labels(column)
        for rank, names in enumerate(([column.header], column.also, [label], labels, column.guess)):
            for name in set(map(folded, names)) - loose:
                if name not in words or rank < words[name].rank:
                    words[name] = Word(rank, column)
    for column in sheet.all:
        for rank, name in enumerate(map(folded, column.loose), LOOSE):
            words.setdefault(name, Word(rank, column))
    return words


def _misleading(sheet: "Sheet", header: Sequence[str]) -> set[str]:
    """Words that mean something else beside others of this header."""
    there = {name for written in header for name in spellings(written)}
    return {
        folded(word)
        for words, others in sheet.not_beside
        if not there.isdisjoint(map(folded, others))
        for word in words
    }


def _fits(sheet: "Sheet", column: "Column", header: str, texts: Sequence[str]) -> bool:
    """Whether a column that has these may be it: none is what it never holds, one at least is a value of it."""
    field = sheet.field(column.name)
    if not set(map(folded, texts)).isdisjoint(map(folded, column.never)):
        return False
    if not texts or not (field.choices or isinstance(field, NUMBERS)):
        return True
    options = Options(hundredths=(column.name,) if is_percent(header) else ())
    read = reader(field, options, words=column.values)
    return any(read(text).__class__ is not Wrong for text in texts)


def _whole_or_parts(
    sheet: "Sheet", found: "list[Column | None]", ranks: "dict[Column, int]", unknown: Sequence[str]
) -> "list[Column | None]":
    """Beside “Vorname”, “Name” is the last name; else it is whole, which nothing can be joined to.

    It is nothing beside “Nachname laut Pass”, one of the `unknown`: names would be cut to a part.
    """
    for whole in sheet.columns:
        if not (parts := [part for part in sheet.parts if part.name == whole.name]):
            continue
        needed = [part for part in parts if not part.optional]
        missing = [part for part in needed if ranks.get(part, LOOSE) >= LOOSE]
        is_called_so = ranks.get(whole, LOOSE) < SAID
        if whole in found and not missing:
            found = _with(found, whole, None)
        elif whole in found and is_called_so and len(missing) < len(needed):
            found = _with(_with(found, missing[0], None), whole, missing[0])
        elif whole in found:
            found = [None if column in parts else column for column in found]
        begins = [part for part in needed if part not in found]
        if (is_called_so or whole not in found) and _names_one(sheet, unknown, begins):
            found = [None if column is whole or column in needed else column for column in found]
    return found


def _with(found: "Sequence[Column | None]", one: "Column", other: "Column | None") -> "list[Column | None]":
    return [other if column is one else column for column in found]


def _names_one(sheet: "Sheet", unknown: Sequence[str], parts: "Sequence[Column]") -> bool:
    """Whether one of these headers begins as one of the parts is called."""
    begins = tuple(f"{name}_" for name, word in words_of(sheet).items() if word.column in parts)
    return any(name.startswith(begins) for written in unknown for name in spellings(written))
