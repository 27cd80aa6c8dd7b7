"""From the rows of a file to the lines that are imported."""

from collections.abc import Iterator

from django.conf import settings

from backoffice.exchange import formulas
from backoffice.exchange.reading import limits
from backoffice.exchange.reading.table import Line, Row


def is_filled(row: Row) -> bool:
    text = "".join(row[1])
    return bool(text) and not text.isspace()


def lines_of(rows: Iterator[Row], header: list[str], name: str) -> Iterator[Line]:
    """The rows that hold something: without the empty cells behind the last column, with those before it that
    spreadsheets leave out, and as they were before an export made them harmless. One that names the columns again, as
    a report does on each page, has no cells. One loop for all of it, because a file has millions of them.
    """
    width, first = len(header), header[0]
    left, columns, restore = settings.IMPORT_ROWS, settings.IMPORT_COLUMNS, formulas.restore
    for number, cells in rows:
        text = "".join(cells)
        if not text or text.isspace():
            continue
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        elif len(cells) > width:
            cells = _trimmed(cells, width)
            if len(cells) > columns:
                raise limits.too_many_columns(name, number, len(cells))
        if cells[0].strip() == first and [cell.strip() for cell in cells] == header:
            cells = []
        elif "'" in text:
            cells = [restore(cell) if cell[:1] == "'" else cell for cell in cells]
            if not "".join(cells).strip():
                continue
        if not left:
            raise limits.too_many_rows(name)
        left -= 1
        yield Line(number, cells)


def _trimmed(cells: list[str], width: int) -> list[str]:
    last = len(cells)
    while last > width and not cells[last - 1].strip():
        last -= 1
    return cells[:last]
