"""The rows of a CSV file."""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.utils.translation import gettext as _

from backoffice.exchange.reading import limits
from backoffice.exchange.reading.separators import DELIMITERS, said_separator, separator_of
from backoffice.exchange.reading.table import FileError, Misread, Reading, Row
from backoffice.exchange.reading.texts import ENCODINGS, encoding_of, lines_of

EXAMINED = 200  # lines that say what separates the cells
ENOUGH = 200_000  # characters of them


def read_csv(path: Path, name: str, reading: Reading) -> tuple[Reading, Iterator[Row]]:
    """The rows as they stand, and the reading completed by encoding and separator."""
    encoding = reading.encoding or encoding_of(path, name)
    if encoding not in ENCODINGS:
        raise FileError(_("%(encoding)s is no encoding that is read here.") % {"encoding": encoding})
    text = lines_of(path, name, encoding, detected=not reading.encoding)
    try:
        first = _first(text)
    except Misread as error:
        error.found = reading._replace(encoding=encoding)
        raise
    said = said_separator(first[0]) if first else ""
    delimiter = reading.delimiter or said or separator_of(first)
    if delimiter not in DELIMITERS:
        raise FileError(_("%(sign)s is no separator that is read here.") % {"sign": delimiter})
    rows = _rows(chain(["\n", *first[1:]] if said else first, text), name, delimiter)
    return reading._replace(encoding=encoding, delimiter=delimiter), rows


def _first(text: Iterator[str]) -> list[str]:
    first: list[str] = []
    size = 0
    for line in text:
        first.append(line)
        size += len(line)
        if len(first) == EXAMINED or size > ENOUGH:
            break
    return first


class _Whole:
    """The lines of a file for the reader of CSV, which puts a row together from as many as its quotation marks say."""

    def __init__(self, text: Iterator[str], name: str) -> None:
        self.text, self.name, self.start, self.size = text, name, 1, 0

    def lines(self) -> Iterator[str]:
        for line in self.text:
            self.size += len(line)
            if self.size > limits.LINE:
                raise limits.too_long_a_line(self.name, self.start)
            yield line


def _rows(text: Iterator[str], name: str, delimiter: str) -> Iterator[Row]:
    whole = _Whole(text, name)
    rows = csv.reader(whole.lines(), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in rows:
            yield start, cells
            start = whole.start = rows.line_num + 1
            whole.size = 0
    except csv.Error as error:
        if "field larger" in str(error):
            raise limits.too_long_a_cell(name, start) from None
        raise FileError(
            _("Line %(line)d of %(file)s cannot be read as CSV: %(reason)s. Look at its quotation marks.")
            % {"line": start, "file": name, "reason": error}
        ) from None
