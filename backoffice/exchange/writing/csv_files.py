"""CSV, a piece of some thousand rows at a time; on PostgreSQL the database writes it.

Every cell stands in quotation marks: so an empty one is a cell, and both ways of writing give the same bytes.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from django.db import connections, models

from backoffice.exchange.formulas import escape
from backoffice.exchange.writing import postgres
from backoffice.exchange.writing.cells import as_text
from backoffice.exchange.writing.columns import Exported, values

ROWS = 50_000  # of a piece that Python writes: some 10 MB in memory


class CSVWriter:
    """Pieces of a file in UTF-8; `mark` puts a byte order mark in front, by which Excel knows it.

    Large pieces wait in temporary files in `folder`.
    """

    def __init__(
        self, columns: Sequence[Exported], *, mark: bool = False, folder: Path | None = None
    ) -> None:
        self.columns = columns
        self.mark = mark
        self.folder = folder
        self.rows = 0

    def head(self) -> bytes:
        header = [escape(column.header) for column in self.columns]
        return (codecs.BOM_UTF8 if self.mark else b"") + _lines([header])

    def at_once(self, using: str) -> int:
        """How many rows of this database may be a piece."""
        return postgres.ROWS if self._by_postgresql(using) else ROWS

    def piece(self, rows: models.QuerySet[Any]) -> IO[bytes]:
        """The lines for these rows, for the caller to close."""
        if self._by_postgresql(rows.db):
            number, lines = postgres.written(rows, self.columns, self.folder)
        else:
            number, text = written(rows, self.columns)
            lines = io.BytesIO(text)
        self.rows += number
        return lines

    def _by_postgresql(self, using: str) -> bool:
        return connections[using].vendor == "postgresql" and postgres.can_write(self.columns)


def written(rows: models.QuerySet[Any], columns: Sequence[Exported]) -> tuple[int, bytes]:
    """How many rows there were, and their lines."""
    lines = [[escape(as_text(value)) for value in row] for row in values(rows, columns)]
    return len(lines), _lines(lines)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
