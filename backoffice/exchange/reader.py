"""A CSV file → its header and its rows, each with the number of its first line.

UTF-8 with or without a byte order mark; commas, semicolons or tabs. What cannot be read raises FileError,
whose text is a sentence for the person who chose the file.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from django.utils.translation import gettext as _

from backoffice.exchange.reading.table import FileError, Line

__all__ = ["FileError", "Line", "Table", "read_csv"]

DELIMITERS = ",;\t"
ZIP = b"PK\x03\x04"  # the first bytes of XLSX and ODS, too


class Table(NamedTuple):
    header: list[str]
    lines: Iterator[Line]


def read_csv(path: Path) -> Table:
    """The table in `path`. Rows are read while asked for, so the iterator may raise FileError, too."""
    lines = _lines(path)
    first = next(lines, None)
    if first is None:
        raise FileError(_("%(file)s is empty. Its first line must name the columns.") % {"file": path.name})
    header = _trimmed(first.cells, 1)
    return Table(header, (Line(number, _trimmed(cells, len(header))) for number, cells in lines))


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Without the empty cells that spreadsheets add behind the last column."""
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    return cells


def _lines(path: Path) -> Iterator[Line]:
    """Every line that holds something, the header first."""
    try:
        with path.open("rb") as binary:
            if binary.read(len(ZIP)) == ZIP:
                raise FileError(
                    _("%(file)s is a spreadsheet or an archive. Save it as “CSV UTF-8” and import that.")
                    % {"file": path.name}
                )
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield from _rows(path, text)
    except UnicodeDecodeError:
        raise FileError(_encoding_error(path)) from None
    except OSError as error:
        raise FileError(
            _("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": error.strerror or error}
        ) from None


def _rows(path: Path, text: TextIO) -> Iterator[Line]:
    first = text.readline()
    text.seek(0)
    delimiter = max(DELIMITERS, key=first.count)
    rows = csv.reader(_without_nul(path, text), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield Line(start, [cell.strip() for cell in cells])
            start = rows.line_num + 1
    except csv.Error as error:
        raise FileError(
            _("Line %(line)d of %(file)s cannot be read as CSV: %(reason)s. Look at its quotation marks.")
            % {"line": start, "file": path.name, "reason": error}
        ) from None


def _without_nul(path: Path, text: TextIO) -> Iterator[str]:
    for number, line in enumerate(text, start=1):
        if "\0" in line:
            raise FileError(
                _("Line %(line)d of %(file)s holds a NUL byte: this is no CSV file. Save it as “CSV UTF-8”.")
                % {"line": number, "file": path.name}
            )
        yield line


def _encoding_error(path: Path) -> str:
    """Where the first byte stands that is not UTF-8."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                place = {"file": path.name, "line": number, "byte": error.start + 1}
                return (
                    _("%(file)s is not UTF-8: see line %(line)d, byte %(byte)d. Save it as “CSV UTF-8”.")
                    % place
                )
    return _("%(file)s is not UTF-8. Save it as “CSV UTF-8”.") % {"file": path.name}
