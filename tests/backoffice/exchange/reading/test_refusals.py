"""Every file that is no table gets one sentence that says what and where."""

import os
import random
import tempfile

import pytest

from tests.backoffice.exchange.reading.workbooks import (
    OLE,
    SHEET,
    STRINGS,
    bomb,
    changed,
    lying,
    workbook,
)

SOUND = workbook(["name", "city"], ["Ann", "Ulm"])


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert os.listdir(folder) == []


TEXTS = [
    (b"", "is empty. Its first line must name the columns."),
    (b"\n\n", "is empty"),
    (b"\xef\xbb\xbf", "is empty"),
    (b"a,b\n", "names the columns in line 1 and has no row below it."),
    (
        b"E1,Ann,2020-01-31\nE2,Bo,2021-01-31\n",
        "has no line that names the columns: line 1 holds “2020-01-31”.",
    ),
    (b"a,b,A\n1,2,3\n", "Line 1 of books.csv names several columns “a”: 1, 3."),
    (b"a,b\n1,\0\n", "Line 2 of books.csv holds a NUL byte"),
    (b"a,b\n\x01\x02\x03\x04\n", "is a binary file, not a table."),
    (b'a,b\n1,2\n3,"4\n5,6\n', "Line 3 of books.csv cannot be read as CSV: "),
    ("ü,b\n1,2\n".encode() + b"\xfc,3\n", "not UTF-8 throughout: see line 3, byte 1."),
    (b"\xfc,b\n1,2\n" + "ü,3\n".encode(), "not UTF-8 throughout: see line 1, byte 1."),
    (b"a,b\n" + b"\xfc,2\n" * 40_000 + "ü\n".encode(), "mixes two encodings: line 40002 is in another one"),
    (b"a,b\n1,\xfc\x81\n", "not Windows-1252 (Western European) throughout: see line 2, byte 4."),
    (b"\xff\xfea\0\n\0b\0\n\0\x00\xd8", "is not UTF-16, little-endian after line"),
    (b"a,b\n1," + b"x" * 1_200_000, "Line 2 of books.csv has more than 1,000,000 characters"),
    (b'a,b\n1,"' + b"x\n" * 80_000, "A cell in line 2 of books.csv has more than 131,072 characters."),
    (
        b",".join(b"c%d" % index for index in range(20_000)) + b"\n1\n",
        "Line 1 of books.csv has 20,000 columns; at",
    ),
    (b"a\n" + b"x," * 20_000 + b"x\n", "Line 2 of books.csv has 20,001 columns"),
    (b"%PDF-1.7\n", "is a PDF file, not a table."),
    (b"\xff\xd8\xff\xe0", "is a picture (JPEG), not a table."),
    (b"\n<!DOCTYPE html><html>", "is a web page (HTML), not a table."),
    (b"<?xml version='1.0'?><a/>", "is an XML file, not a table."),
    (OLE + bytes(600), "is an Excel file of the old kind (.xls)."),
    (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "is protected by a password."),
]


@pytest.mark.parametrize(("content", "sentence"), TEXTS, ids=[sentence for _, sentence in TEXTS])
def test_a_file_that_is_no_table_gets_a_sentence(refusal, content, sentence):
    assert sentence in refusal(content)


def entity(text):
    return text.replace("<sst", '<!DOCTYPE lol [<!ENTITY lol "lol">]><sst', 1).replace("Ann", "&lol;" * 10)


def encoded_as(name):
    return lambda text: text.replace("UTF-8", name, 1)


def far_cell(text):
    return text.replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')


def without_workbook(name):
    return changed(SOUND, "", extra={}).replace(b"xl/workbook.xml", name)


WORKBOOKS = [
    (SOUND[: len(SOUND) // 2], "is broken: its end is missing."),
    (SOUND.replace(b"PK\x03\x04", b"PK\x03\x05")[4:], "is a binary file"),
    (SOUND[:400] + bytes(20) + SOUND[420:], "is broken: "),
    (b"PK\x05\x06" + bytes(18), "is an archive (ZIP), which is not read here."),
    (without_workbook(b"xl/workbook.bin"), "is a binary Excel file (.xlsb), which is not read here."),
    (without_workbook(b"content.xml\0\0\0\0"), "is "),
    (bomb(5_000_000), "would unpack to more than is read here"),
    (lying(bomb(5_000_000)), "would unpack to more than is read here"),
    (changed(SOUND, "", extra={f"x{index}": b"" for index in range(3000)}), "holds more than 2,000 parts"),
    (changed(SOUND, STRINGS, entity), "holds a document type declaration"),
    (changed(SOUND, SHEET, lambda text: "<!--" + "x" * 70_000 + "-->" + text), "a part of it has no content"),
    (changed(SOUND, STRINGS, encoded_as("TF-8")), "a part of it is in an unknown encoding"),
    (changed(SOUND, STRINGS, encoded_as("shift_jis")), "a part of it is in an unknown encoding"),
    (changed(SOUND, SHEET, lambda text: text.replace('r="A2"', 'r="ZZZZZZZZ99999999999"')), "is broken: "),
    (changed(SOUND, SHEET, far_cell), "needs more memory or time than a workbook may take here (200 MB, 60"),
    (
        changed(SOUND, STRINGS, lambda text: text.replace('="4"', '="4000000000"')),
        "needs more memory or time",
    ),
    (changed(SOUND, STRINGS, lambda text: "<sst/>"), "is broken: "),
    (changed(SOUND, SHEET, lambda text: text[:-120]), "is broken: "),
    (workbook(), "is empty"),
    *(
        (
            changed(SOUND, STRINGS, lambda text, was=was: text.replace(was, "A_x0000_n")),
            f"The cell in {place} of",
        )
        for was, place in {"Ulm": "line 2, column 2", "name": "line 1, column 1"}.items()
    ),
]


@pytest.mark.parametrize(
    ("content", "sentence"), WORKBOOKS, ids=[f"{n} {sentence}" for n, (_, sentence) in enumerate(WORKBOOKS)]
)
def test_a_workbook_that_cannot_be_read_gets_a_sentence(refusal, content, sentence):
    assert sentence in refusal(content, name="books.xlsx")


@pytest.mark.parametrize("inline", [False, True])
def test_a_cell_of_many_megabytes_is_named(refusal, settings, inline):
    settings.IMPORT_MEMORY_MB = 60
    text = random.Random(1).randbytes(8 << 20).hex()
    content = changed(SOUND, STRINGS, lambda old: old.replace("Ulm", text))
    if inline:
        rows = f'<row r="7"><c r="B7" t="inlineStr"><is><t>{text}</t></is></c></row></sheetData>'
        content = changed(SOUND, SHEET, lambda old: old.replace("</sheetData>", rows))
    line = 7 if inline else 2
    assert f"A cell in line {line} of books.xlsx has more than" in refusal(content, name="books.xlsx")


def test_nothing_that_a_workbook_points_to_is_fetched(read):
    link = '<Relationships><Relationship Id="r" Target="http://192.0.2.1/x" TargetMode="External"/></Relationships>'
    content = changed(SOUND, "", extra={"xl/externalLinks/_rels/externalLink1.xml.rels": link})
    assert read(content) == (["name", "city"], [(2, ["Ann", "Ulm"])])


def test_more_rows_than_the_limit_are_refused(refusal, settings):
    settings.IMPORT_ROWS = 1000
    assert refusal(b"a\n" + b"1\n" * 1001).startswith(
        "books.csv has more than 1,000 rows, which is the limit."
    )


def test_a_workbook_that_would_unpack_to_more_than_the_limit_is_refused(refusal, settings):
    settings.IMPORT_UNPACKED_BYTES = 5000
    assert "would unpack to more than is read here" in refusal(SOUND)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    from backoffice.exchange.reading import FileError, open_table

    for path, reason in [(tmp_path / "none.csv", "No such file or directory"), (tmp_path, "Is a directory")]:
        with pytest.raises(FileError, match=f"cannot be read: {reason}"):
            open_table(path)
