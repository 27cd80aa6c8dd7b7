"""Open a file as a table, whatever its kind."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from django.utils.translation import gettext as _

from backoffice.exchange.reading import headers, limits
from backoffice.exchange.reading.csv_files import read_csv
from backoffice.exchange.reading.kinds import is_workbook
from backoffice.exchange.reading.rows import is_filled, lines_of
from backoffice.exchange.reading.table import FileError, Line, Misread, Reading, Row, Table
from backoffice.exchange.reading.workbooks import Workbook

NOTHING = Reading()


def open_table(
    path: Path | str, *, name: str = "", reading: Reading = NOTHING, unpacked: Path | None = None
) -> Table:
    """The table in the file at `path`, which the person knows as `name`. Raises FileError.

    With `unpacked` the cells of a workbook are kept there for the next opening.
    """
    path = Path(path)
    name = name or path.name
    try:
        if is_workbook(path, name):
            workbook = Workbook(path, name, reading.sheet, unpacked)
            found = Reading(
                sheet=workbook.sheet, header_line=reading.header_line, since_1904=workbook.since_1904
            )
            return _table(name, found, workbook.rows(), workbook.sheets, workbook.close)
        found, rows = read_csv(path, name, reading)
        return _table(name, found._replace(sheet=""), rows, [], lambda: None)
    except OSError as error:
        raise FileError(
            _("%(file)s cannot be read: %(reason)s.") % {"file": name, "reason": error.strerror or error}
        ) from None


def _table(
    name: str, found: Reading, rows: Iterator[Row], sheets: list[str], close: Callable[[], object]
) -> Table:
    first = _first(rows, found.header_line)
    try:
        header = headers.header_of([Line(*row) for row in first], name, found.header_line)
        below = chain((row for row in first if row[0] > header.number), rows)
        lines = lines_of(below, header.cells, name)
        second = next(lines, None)
        if second is None:
            raise FileError(
                _("%(file)s names the columns in line %(line)d and has no row below it.")
                % {"file": name, "line": header.number}
            )
    except FileError as error:
        raise _otherwise(error, found, sheets) from None
    return Table(
        found=found._replace(header_line=header.number),
        header=header.cells,
        lines=chain([second], lines),
        sheets=sheets,
        close=close,
    )


def _otherwise(error: FileError, found: Reading, sheets: list[str]) -> FileError:
    """What is asked for where another reading, or another worksheet than a cover, may help; else the error itself."""
    if not isinstance(error, Misread):
        if len(sheets) < 2:
            return error
        hint = _("Or choose another worksheet.")
        error = Misread(f"{error} {hint}")
    error.found, error.sheets = found, sheets
    return error


def _first(rows: Iterator[Row], said: int) -> list[Row]:
    """The rows among which the header is: some that hold something, or the one in the line that was said."""
    first: list[Row] = []
    size = 0
    for row in rows:
        if said:
            if row[0] < said:
                continue
            return [row] if is_filled(row) else []
        if is_filled(row):
            first.append(row)
            size += sum(map(len, row[1]))
        if len(first) >= headers.EXAMINED or size > limits.LINE:
            break
    return first
