"""What the headers of a file probably mean: a proposal, and nothing where it cannot be told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db import models

from backoffice.exchange.cells import Wrong, reader
from backoffice.exchange.headers import folded, is_percent, spellings
from backoffice.exchange.options import Options

if TYPE_CHECKING:
    from backoffice.exchange.sheet import Column, Sheet

LOOSE = 5  # rank of the first loose word: before come a column's name, others, its label, its labels, what people say
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
        below = [cells[place] for cells in lines if place < len(cells) and cells[place].strip()]
        if name not in misleading and (rank < LOOSE or _fits(sheet, column, written, below)):
            guesses.append((Guess(rank >= LOOSE, name in ignored, rank, place), column))
    found: list[Column | None] = [None] * len(header)
    for each, column in sorted(guesses, key=lambda guess: guess[0]):
        if column not in found:
            found[each.place] = column
    return _as_parts(sheet, found)


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


def _as_parts(sheet: "Sheet", found: "list[Column | None]") -> "list[Column | None]":
    """Beside “Vorname”, “Name” is the last name; else it is whole, which nothing can be joined to."""
    for whole in sheet.columns:
        parts = [part for part in sheet.parts if part.name == whole.name]
        needed = [part for part in parts if not part.optional]
        missing = [part for part in needed if part not in found]
        if whole in found and len(missing) < len(needed):
            found = [missing[0] if missing and column is whole else column for column in found]
            found = [None if column is whole else column for column in found]
        elif whole in found:
            found = [None if column in parts else column for column in found]
    return found
