"""What is written is read again as it was, whatever it holds."""

import datetime
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import models
from hypothesis import example, given, settings, strategies

from backoffice.exchange.formulas import escape
from backoffice.exchange.reading import open_table
from backoffice.exchange.writing import CellTooLong, Exported, XLSXWriter
from backoffice.exchange.writing.cells import as_text
from backoffice.exchange.writing.csv_files import CSVWriter, _lines

COLUMNS = [Exported(header, None, models.TextField()) for header in ("name", "note", "on", "number")]
TEXT = strategies.text(strategies.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
HOSTILE = strategies.text("'=+-@\t\r\n,;\"|\\ ab_x0041Ü€\ufeff", max_size=8)
# As a workbook names characters, of which one may begin where another ends.
NAMES = ["_x005F", "_", "_xFFFE", "_xFFFF_", "_x0041", "_x000d_", "x0041_", "\ufffe", "\uffff", "\x01", "a"]
NAMING = strategies.lists(strategies.sampled_from(NAMES), max_size=6).map("".join)
ROW = strategies.tuples(
    TEXT | HOSTILE | NAMING,
    TEXT | HOSTILE | NAMING | strategies.none(),
    strategies.none() | strategies.dates(),
    strategies.none() | strategies.integers(-(2**63), 2**63) | strategies.decimals(-999, 999, places=2),
)
ROWS = strategies.lists(ROW, min_size=1, max_size=5)


def read(path):
    with open_table(path) as table:
        assert table.header == [column.header for column in COLUMNS]
        return [[*line.cells, *[""] * (len(COLUMNS) - len(line.cells))] for line in table.lines]


def filled(rows):
    """As texts, without the rows that hold nothing: a file does not know them from none."""
    texts = [[as_text(value) for value in row] for row in rows]
    return [row for row in texts if "".join(row).strip()]


def csv_of(rows, path):
    lines = [[escape(as_text(value)) for value in row] for row in rows]
    path.write_bytes(CSVWriter(COLUMNS).head() + _lines(lines))


def xlsx_of(rows, path):
    writer = XLSXWriter(COLUMNS, path.parent, "People")
    writer.write(rows)
    writer.close()
    writer.path.rename(path)


def numbers(rows):
    """A workbook has no 1.00 beside 1: what counts is the number."""
    return [[*row[:3], Decimal(row[3]) if row[3] else None] for row in rows]


@settings(max_examples=200, deadline=None)
@given(ROWS)
@example(
    [
        ("'=1", "''=1", None, -1),
        ("=cmd|' /C calc'!A0", "@SUM(1)", datetime.date(2024, 5, 31), Decimal("-1.50")),
    ]
)
@example([("a\r\nb", "\rc", None, None), ("\ufeff", '"', None, None)])
@example([("\t", None, None, None), ("0", None, None, None)])
@example([("", "\t\r\t", None, None), ("0\n", "\t\r\t", None, None)])
@example([("\x1f\x1f\x1a", "\x1f\x1f", None, None)])
def test_csv(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        csv_of(rows, path)
        wanted = filled(rows)
        assert not wanted or read(path) == wanted


@settings(max_examples=40, deadline=None)
@given(ROWS)
@example(
    [("'=1", "''=1", datetime.date(1, 1, 1), -1), ("_x0041_", "=1+1", datetime.date(2024, 5, 31), 2**60)]
)
@example([("a\r\nb", "\t c \n", None, Decimal("1.50"))])
@example([("_x005F_x0041_", "_x0041\x01", None, None), ("_x005F\ufffe", "_xFFFE\uffff", None, None)])
def test_xlsx(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        xlsx_of(rows, path)
        wanted = filled(rows)
        assert not wanted or numbers(read(path)) == numbers(wanted)


def test_a_text_that_does_not_fit_into_a_cell_is_not_cut_off(tmp_path):
    writer = XLSXWriter(COLUMNS, tmp_path, "People")
    writer.write([("🎈" * 16_383,)])
    with pytest.raises(CellTooLong, match="row 2 holds 32,768 characters"):
        writer.write([("🎈" * 16_384,)])
    writer.close()
