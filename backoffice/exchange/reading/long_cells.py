"""Where a workbook that could not be read holds a cell of many megabytes: what no spreadsheet program writes."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

PIECE = 1 << 20  # bytes
LONG = 4 << 20  # bytes of text between two tags
SHARED = "xl/sharedStrings.xml"
TEXT = re.compile(rb"<(?:\w{1,9}:)?si[\s>]")
CELL = re.compile(rb"""<(?:\w{1,9}:)?c\s[^<>]{0,200}?\br=["'][A-Z]{1,3}(\d{1,7})["']""")
OF_TEXT = (
    rb"""<(?:\w{1,9}:)?c\s(?=[^<>]{0,200}\bt=["']s["'])[^<>]{0,200}?\br=["'][A-Z]{1,3}(\d{1,7})["']"""
    rb"""[^<>]{0,200}>\s{0,9}<(?:\w{1,9}:)?v>%d<"""
)
REACH = 1000  # bytes of a cell that holds the number of a text


def line_of_long_cell(path: Path) -> int | None:
    """The line of the first one; None where there is none, or it does not say where it is.

    The archive was checked: its parts are no larger than they say.
    """
    with zipfile.ZipFile(path) as book:
        names = book.namelist()
        sheets = [name for name in names if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        for sheet in sheets:
            with book.open(sheet) as part:
                if found := _long_text(part, CELL):
                    return int(found.last[1]) if found.last else None
        if SHARED in names:
            with book.open(SHARED) as part:
                found = _long_text(part, TEXT)
            if found:
                cell = re.compile(OF_TEXT % (found.number - 1))
                lines = (_line(book, sheet, cell) for sheet in sheets)
                return next(filter(None, lines), None)
    return None


class _Found(NamedTuple):
    number: int  # of marks until there
    last: re.Match[bytes] | None


def _long_text(part: IO[bytes], mark: re.Pattern[bytes]) -> _Found | None:
    """The marks before the first long text."""
    number, last, rest = 0, None, b""
    while piece := part.read(PIECE):
        rest += piece
        end = max(rest.rfind(b"<"), 0)
        for match in mark.finditer(rest, 0, end):
            number, last = number + 1, match
        rest = rest[end:]
        if len(rest) > LONG:
            return _Found(number, last)
    return None


def _line(book: zipfile.ZipFile, sheet: str, cell: re.Pattern[bytes]) -> int | None:
    with book.open(sheet) as part:
        for text in _overlapping(part):
            if match := cell.search(text):
                return int(match[1])
    return None


def _overlapping(part: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while piece := part.read(PIECE):
        yield rest + piece
        rest = piece[-REACH:]
