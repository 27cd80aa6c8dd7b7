"""Open a file as a table, whatever its kind."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.exchange import formulas
from backoffice.exchange.reading import headers, limits
from backoffice.exchange.reading.csv_files import read_csv
from backoffice.exchange.reading.kinds import is_workbook
from backoffice.exchange.reading.table import FileError, Line, Reading, Table
from backoffice.exchange.reading.workbooks import Workbook

NOTHING = Reading()


def open_table(path: Path | str, *, name: str = "", reading: Reading = NOTHING) -> Table:
    """The table in the file at `path`, which the person knows as `name`. Raises FileError."""
    path = Path(path)
    name = name or path.name
    try:
        if is_workbook(path, name):
            workbook = Workbook(path, name, reading.sheet)
            found = reading._replace(encoding="", delimiter="", sheet=workbook.sheet)
            return _table(name, found, workbook.lines(), workbook.sheets, workbook.close)
        found, rows = read_csv(path, name, reading)
        return _table(name, found._replace(sheet=""), rows, [], lambda: None)
    except OSError as error:
        raise FileError(
            _("%(file)s cannot be read: %(reason)s.") % {"file": name, "reason": error.strerror or error}
        ) from None


def _table(
    name: str, found: Reading, rows: Iterator[Line], sheets: list[str], close: Callable[[], object]
) -> Table:
    first = list(islice(rows, max(headers.EXAMINED, 0)))
    while found.header_line and first and first[-1].number < found.header_line:
        more = next(rows, None)
        if more is None:
            break
        first = [*first[-headers.EXAMINED :], more]
    header = headers.header_of(first, name, found.header_line)
    below = chain((line for line in first if line.number > header.number), rows)
    lines = _within_limits(_told(below, len(header.cells)), name)
    second = next(lines, None)
    if second is None:
        raise FileError(
            _("%(file)s names the columns in line %(line)d and has no row below it.")
            % {"file": name, "line": header.number}
        )
    return Table(
        found=found._replace(header_line=header.number),
        header=header.cells,
        lines=chain([second], lines),
        sheets=sheets,
        close=close,
    )


def _told(rows: Iterator[Line], width: int) -> Iterator[Line]:
    """Without the empty cells behind the last column, and as they were before an export made them harmless."""
    for number, cells in rows:
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        yield Line(number, [formulas.restore(cell) if cell[:1] == "'" else cell for cell in cells])


def _within_limits(lines: Iterator[Line], name: str) -> Iterator[Line]:
    rows, columns = settings.IMPORT_ROWS, settings.IMPORT_COLUMNS
    for count, line in enumerate(lines):
        if count >= rows:
            raise limits.too_many_rows(name)
        if len(line.cells) > columns:
            raise limits.too_many_columns(name, line.number, len(line.cells))
        yield line
