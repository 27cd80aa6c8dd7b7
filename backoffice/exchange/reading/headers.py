"""Which line names the columns, and whether it can."""

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median_high

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.exchange.reading import limits
from backoffice.exchange.reading.table import FileError, Line, Misread

EXAMINED = 50  # lines that hold something
FULL = 0.75  # of what a line usually has: a title above the table has fewer cells

VALUE = re.compile(
    r"[^@\s]+@[^@\s]+\.\w+"  # an address
    r"|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*"  # a day
    r"|(?!(?:19|20)\d\d$)[-+]?\d[\d.,']*"  # a number that is no year
)


def header_of(lines: Sequence[Line], name: str, said: int) -> Line:
    """The line of these first ones that names the columns: the one that was said, else the first full one."""
    if not lines and not said:
        raise FileError(_("%(file)s is empty. Its first line must name the columns.") % {"file": name})
    header = _said(lines, name, said) if said else _first_full(lines)
    cells = [cell.strip() for cell in header.cells]
    while cells and not cells[-1]:
        cells.pop()
    header = Line(header.number, cells)
    if len(cells) > settings.IMPORT_COLUMNS:
        raise limits.too_many_columns(name, header.number, len(cells))
    if not said:
        _refuse_values(header, name)
    _refuse_doubled(header, name)
    return header


def looks_like(header: Sequence[str], lines: Sequence[Sequence[str]]) -> bool:
    """Whether what is taken for names is a row as these are: “E001” above “E002”, or a text that comes again."""
    for place, cell in enumerate(header):
        below = {line[place] for line in lines if place < len(line)} - {""}
        numbered = any(map(str.isdigit, cell)) and any(map(str.isalpha, cell))
        if cell in below or (numbered and {_shape(each) for each in below} == {_shape(cell)}):
            return True
    return False


def _shape(text: str) -> str:
    return "".join("0" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in text)


def _said(lines: Sequence[Line], name: str, said: int) -> Line:
    for line in lines:
        if line.number == said:
            return line
    raise Misread(
        _("Line %(line)d of %(file)s holds no column names: it is empty or too far down.")
        % {"line": said, "file": name}
    )


def _first_full(lines: Sequence[Line]) -> Line:
    filled = [sum(1 for cell in line.cells if cell.strip()) for line in lines]
    usual = median_high(filled)
    return next(line for line, count in zip(lines, filled, strict=True) if count >= FULL * usual)


def _refuse_values(header: Line, name: str) -> None:
    values = [cell for cell in header.cells if VALUE.fullmatch(cell)]
    if values:
        raise Misread(
            _(
                "%(file)s has no line that names the columns: line %(line)d holds “%(value)s”. "
                "Add a first line with names, or say in which line they stand."
            )
            % {"file": name, "line": header.number, "value": values[0][:40]}
        )


def _refuse_doubled(header: Line, name: str) -> None:
    counts = Counter(cell.casefold() for cell in header.cells if cell)
    for cell in header.cells:
        if counts[cell.casefold()] > 1:
            places = [
                str(index)
                for index, other in enumerate(header.cells, 1)
                if other.casefold() == cell.casefold()
            ]
            raise Misread(
                _(
                    "Line %(line)d of %(file)s names several columns “%(name)s”: %(columns)s. Keep one of them."
                )
                % {
                    "line": header.number,
                    "file": name,
                    "name": cell[:40],
                    "columns": ", ".join(places[:10]),
                }
            )
