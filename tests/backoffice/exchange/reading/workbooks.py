"""Workbooks for tests, sound and spoilt."""

import io
import struct
import zipfile

import xlsxwriter

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def workbook(*rows, sheets=("People",), formats=(), **options):
    """The bytes of a workbook with these rows in its first sheet; `formats` are number formats by column.

    `options` are those of xlsxwriter.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, **options}) as book:
        pages = [book.add_worksheet(sheet) for sheet in sheets]
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                number_format = book.add_format({"num_format": formats[column]}) if formats else None
                pages[0].write(number, column, cell, number_format)
    return file.getvalue()


def changed(content, part, change=lambda text: text, extra=None):
    """The workbook with the text of one part changed, and further parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == part else text)
        for name, text in (extra or {}).items():
            new.writestr(name, text)
    return file.getvalue()


def bomb(size):
    """A workbook whose sheet is mostly one letter."""
    return changed(
        workbook(["a"], [1]),
        SHEET,
        lambda text: text.replace("<sheetData>", "<!--" + "A" * size + "--><sheetData>"),
    )


def lying(content):
    """The workbook with a directory that says its sheet is as large unpacked as it is packed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo(SHEET)
    said = struct.pack("<LL", part.compress_size, part.file_size)
    return content.replace(said, struct.pack("<LL", part.compress_size, part.compress_size + 100))
