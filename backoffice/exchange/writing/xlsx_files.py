"""XLSX: row by row into a temporary folder, in constant memory. No cell is a formula or a link, whatever it holds."""

import datetime
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import models
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

from backoffice.exchange.formulas import escape_typed, escape_unprintable
from backoffice.exchange.writing.cells import as_text
from backoffice.exchange.writing.columns import Exported, values

LONGEST = 32_767  # characters of a cell, of which an emoji is two
FIRST_DAY = datetime.date(1900, 3, 1)  # before it, spreadsheets count one day too many
EXACT = 10**15  # up to here a number of a spreadsheet is exact
# What a cell would take for the name of a character, as “_x0041_” is of A. The next one may begin where this one ends.
NAME = re.compile(r"_(?=x[0-9A-Fa-f]{4}[_\x00-\x08\x0b-\x1f])")


class CellTooLong(Exception):
    """A text does not fit into a cell; the text is the sentence for the user."""


class _Worksheet(Worksheet):  # type: ignore[misc]  # it says nothing of types
    @staticmethod
    def _escape_control_characters(data: str) -> str:
        return "_x005F_".join(map(Worksheet._escape_control_characters, NAME.split(data)))


class XLSXWriter:
    """A workbook of one sheet in `folder`, which holds the temporary files as well. `close` finishes the file, once."""

    def __init__(self, columns: Sequence[Exported], folder: Path, title: str) -> None:
        self.columns = columns
        self.path = folder / "export.xlsx"
        options = {
            "constant_memory": True,
            "tmpdir": str(folder),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = xlsxwriter.Workbook(str(self.path), options)
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        bold = self.book.add_format({"bold": True})
        self.sheet = self.book.add_worksheet(_sheet_name(title), _Worksheet)
        self.sheet.freeze_panes(1, 0)
        for number, column in enumerate(columns):
            self.sheet.write_string(0, number, escape_typed(column.header), bold)
        self.rows = 0

    def piece(self, rows: models.QuerySet[Any]) -> None:
        self.write(values(rows, self.columns))

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self.rows += 1
            for number, value in enumerate(row):
                if value is not None and value != "":
                    self._cell(number, value)

    def _cell(self, number: int, value: Any) -> None:
        if type(value) is datetime.date and value >= FIRST_DAY:
            self.sheet.write_datetime(self.rows, number, value, self.day)
        elif type(value) in (int, Decimal) and _is_exact(value):
            self.sheet.write_number(self.rows, number, value)
        else:
            text = escape_unprintable(escape_typed(as_text(value)))
            length = len(text) if len(text) <= LONGEST // 2 else len(text.encode("utf-16-le")) // 2
            if length > LONGEST:
                raise CellTooLong(
                    _(
                        "The column %(column)s of row %(row)s holds %(length)s characters; a cell of XLSX holds "
                        "%(limit)s. Choose CSV, or leave that column out."
                    )
                    % {
                        "column": self.columns[min(number, len(self.columns) - 1)].header,
                        "row": f"{self.rows:,}",
                        "length": f"{length:,}",
                        "limit": f"{LONGEST:,}",
                    }
                )
            self.sheet.write_string(self.rows, number, text)

    def close(self) -> None:
        if not self.book.fileclosed:
            self.book.close()


def _is_exact(value: Any) -> bool:
    return bool(abs(value) < EXACT) and len(Decimal(value).as_tuple().digits) <= 15


def _sheet_name(title: str) -> str:
    return "".join(sign for sign in title if sign not in "[]:*?/\\'")[:31] or "Export"
