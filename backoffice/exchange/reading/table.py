"""What a file is read as, and what comes of it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, Self


class FileError(Exception):
    """The file as a whole cannot be used; the text says what, where, and what to do."""


class Reading(NamedTuple):
    """How a file is read; what is empty or 0 is found out."""

    encoding: str = ""  # a key of ENCODINGS; of no meaning to XLSX
    delimiter: str = ""  # a key of DELIMITERS; of no meaning to XLSX
    sheet: str = ""  # of no meaning to CSV
    header_line: int = 0
    since_1904: bool = False  # what a bare number of a workbook is as a day


class Misread(FileError):
    """Another reading may help: `found` is the one that failed, `sheets` are those to choose from."""

    found = Reading()
    sheets: Sequence[str] = ()


class Line(NamedTuple):
    number: int  # where it begins in the file, as an editor or a spreadsheet numbers it
    cells: list[str]  # none where it names the columns again


Row = tuple[int, list[str]]  # as a file has it: number and cells


class Table:
    """A file that is open: `lines` are read while asked for, once, and may raise FileError.

    `found` is the reading that was said, completed by what was detected: a second opening with it is the same.
    """

    def __init__(
        self,
        *,
        found: Reading,
        header: list[str],
        lines: Iterator[Line],
        sheets: list[str],
        close: Callable[[], object],
    ) -> None:
        self.found = found
        self.header = header
        self.lines = lines
        self.sheets = sheets
        self.close = close

    def ahead(self, number: int) -> list[list[str]]:
        """The cells of so many lines that are read next. May raise FileError."""
        lines = list(islice(self.lines, number))
        self.lines = chain(lines, self.lines)
        return [line.cells for line in lines]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
