"""Lines that are no rows: one that names the columns once more in other words, and one of totals."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from backoffice.exchange.guessing import Word, words_of
from backoffice.exchange.headers import folded, spellings
from backoffice.exchange.reading import Line
from backoffice.exchange.reading.headers import VALUE
from backoffice.exchange.sheet import Column, Sheet

FIRST = 5  # lines among which a second header is
NAMED = 2  # columns at least
TOTALS = {
    *("total", "totals", "grand total", "subtotal", "sum", "summe", "gesamt", "insgesamt", "gesamtsumme"),
    *("zwischensumme", "totaux", "total général", "sous-total", "total general", "suma", "suma total"),
}
BEGINNINGS = {"", *TOTALS, *(f"{word}{colon}" for word in TOTALS for colon in (":", " :", "\u00a0:"))}


def passed_over(
    sheet: Sheet, header: Sequence[str], columns: Sequence[Column | None], lines: Iterator[Line]
) -> Iterator[Line]:
    """The lines, without cells where they name the columns: below technical names, as labels. A report repeats these
    on each page.
    """
    words, again = words_of(sheet), []
    for line in islice(lines, FIRST):
        if _names_columns(words, header, columns, line.cells):
            again.append(line.cells)
        yield Line(line.number, []) if line.cells in again else line
    if not again:
        yield from lines
    for line in lines:
        yield Line(line.number, []) if line.cells in again else line


def _names_columns(
    words: dict[str, Word], header: Sequence[str], columns: Sequence[Column | None], cells: Sequence[str]
) -> bool:
    """Whether every cell is a word for the column that it stands in, or at least a name where that is ignored."""
    told = [each for each in zip(header, columns, cells, strict=False) if each[2].strip()]
    return sum(1 for _name, column, _cell in told if column) >= NAMED and all(
        _names(words, name, column, cell) for name, column, cell in told
    )


def _names(words: dict[str, Word], name: str, column: Column | None, cell: str) -> bool:
    if column is None:
        return not VALUE.fullmatch(cell.strip())
    known = [words[spelling] for spelling in spellings(cell) if spelling in words]
    return folded(cell) == folded(name) or any(word.column.name == column.name for word in known)


def totals(lines: Sequence[Line], used: set[int], keys: set[int]) -> dict[int, tuple[int, str]]:
    """The place and the word by the number of each line that says what the numbers above come to: it, and a number
    behind.

    `used` are the places of the columns that fill something, `keys` those of them by which rows are found: where the
    word stands in one of these, nothing behind makes it somebody.
    """
    first = [cells[0] for _number, cells in lines]
    if BEGINNINGS.isdisjoint(map(str.strip, map(str.casefold, first))):  # of millions of lines most are not
        return {}
    found: dict[int, tuple[int, str]] = {}
    for number, cells in lines:
        filled = [place for place, cell in enumerate(cells) if cell and not cell.isspace()]
        if len(filled) > 1 and _is_total(*(cells[place].strip() for place in filled[:2])):
            behind = {place: cells[place] for place in filled[1:] if place in used}
            if filled[0] in keys or not _is_row(behind, keys):
                found[number] = (filled[0], cells[filled[0]].strip())
    return found


def _is_row(behind: Mapping[int, str], keys: set[int]) -> bool:
    """Whether there are a key and words behind the “Total”: somebody in a department that is called so."""
    return not keys.isdisjoint(behind) and any(map(str.isalpha, "".join(behind.values())))


def _is_total(word: str, number: str) -> bool:
    if word.casefold().rstrip(" \u00a0:") not in TOTALS:
        return False
    return any(map(str.isdigit, number)) and not any(map(str.isalpha, number))
