"""CSV, a piece of some thousand rows at a time; on PostgreSQL the database writes it.

Every cell stands in quotation marks: so an empty one is a cell, and both ways of writing give the same bytes.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from typing import Any

from django.db import connections, models

from backoffice.exchange.formulas import escape
from backoffice.exchange.writing import postgres
from backoffice.exchange.writing.cells import as_text
from backoffice.exchange.writing.columns import Exported, values


class CSVWriter:
    """Pieces of a file in UTF-8; `mark` puts a byte order mark in front, by which Excel knows it."""

    def __init__(self, columns: Sequence[Exported], *, mark: bool = False) -> None:
        self.columns = columns
        self.mark = mark
        self.rows = 0

    def head(self) -> bytes:
        header = [escape(column.header) for column in self.columns]
        return (codecs.BOM_UTF8 if self.mark else b"") + _lines([header])

    def piece(self, rows: models.QuerySet[Any]) -> bytes:
        """The lines for these rows."""
        postgresql = connections[rows.db].vendor == "postgresql" and postgres.can_write(self.columns)
        number, lines = (postgres.written if postgresql else written)(rows, self.columns)
        self.rows += number
        return lines


def written(rows: models.QuerySet[Any], columns: Sequence[Exported]) -> tuple[int, bytes]:
    """How many rows there were, and their lines."""
    lines = [[escape(as_text(value)) for value in row] for row in values(rows, columns)]
    return len(lines), _lines(lines)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
