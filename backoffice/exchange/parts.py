"""Columns of a file that together fill one field, such as first name and last name: their cells become one cell."""

from collections.abc import Iterator, Sequence

from backoffice.exchange.reading import Line
from backoffice.exchange.sheet import Column, Sheet

Columns = list[Column | None]


def joined(
    sheet: Sheet, columns: Sequence[Column | None], lines: Iterator[Line]
) -> tuple[Columns, Iterator[Line]]:
    """The columns and lines with each whole in the place of its first part."""
    found, places = list(columns), []
    for whole in sheet.columns:
        parts = [columns.index(part) for part in sheet.parts if part.name == whole.name and part in columns]
        for place in parts:
            found[place] = None
        if parts:
            found[parts[0]] = whole
            places.append(parts)
    return (found, _joined(lines, places, len(columns))) if places else (found, lines)


def _joined(lines: Iterator[Line], places: list[list[int]], width: int) -> Iterator[Line]:
    for number, cells in lines:
        if len(cells) == width:
            cells = list(cells)
            for parts in places:
                cells[parts[0]] = " ".join(filter(None, (cells[place].strip() for place in parts)))
        yield Line(number, cells)
