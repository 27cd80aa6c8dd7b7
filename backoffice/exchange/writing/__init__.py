"""Rows → a file: CSV that is written while it is sent, and XLSX in a temporary file. What is written here is read
again by `backoffice.exchange.reading` as it was.
"""

from backoffice.exchange.writing.columns import Exported, exported
from backoffice.exchange.writing.csv_files import CSVWriter
from backoffice.exchange.writing.xlsx_files import CellTooLong, XLSXWriter

__all__ = ["CSVWriter", "CellTooLong", "Exported", "XLSXWriter", "exported"]
