"""Refused rows as a workbook. Its cells are texts, in which a spreadsheet leaves the zeros before a number alone."""

from collections.abc import Iterable, Sequence

from django.db import models
from django.http import FileResponse

from backoffice.exchange.writing import Exported, XLSXWriter
from backoffice.imports import uploads

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(name: str, title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> FileResponse:
    """The file. Raises CellTooLong, and what reading the rows raises."""
    columns = [Exported(text, None, models.TextField()) for text in header]
    with uploads.export_folder() as folder:
        writer = XLSXWriter(columns, folder, title)
        try:
            writer.write(rows)
        finally:
            writer.close()
        file = writer.path.open("rb")  # lives on when the folder is gone, until it is closed
    return FileResponse(file, content_type=KIND, as_attachment=True, filename=name)
