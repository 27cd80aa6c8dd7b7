"""A file that somebody brings → its header and its rows: CSV in the encodings and with the separators that
spreadsheets write, and XLSX. What cannot be read raises FileError, whose text is a sentence for that person.
"""

from backoffice.exchange.reading.opening import open_table
from backoffice.exchange.reading.separators import DELIMITERS
from backoffice.exchange.reading.table import FileError, Line, Misread, Reading, Table
from backoffice.exchange.reading.texts import ENCODINGS

__all__ = ["DELIMITERS", "ENCODINGS", "FileError", "Line", "Misread", "Reading", "Table", "open_table"]
