"""A workbook is unpacked once, for its columns, its preview and, where nothing else is kept, its deed."""

import datetime
import os
import subprocess
import time
from io import BytesIO

import pytest
import xlsxwriter

from backoffice.exchange import FileError
from backoffice.imports import carrying, uploads
from backoffice.models import Import
from tests.backoffice.exchange.reading.workbooks import STRINGS, changed, workbook
from tests.backoffice.imports.conftest import UPLOAD, seen, text
from tests.library.models import Book

SHEETS = workbook(["isbn", "title", "author"], ["1", "Emma", "Jane"], sheets=("One", "Two"))


@pytest.fixture
def started(monkeypatch):
    """The processes that were started so far."""
    commands = []
    start = subprocess.Popen.__init__

    def noted(process, command, *arguments, **options):
        commands.append(command)
        start(process, command, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", noted)
    return commands


@pytest.fixture
def uploaded(admin_client, jane, folder):
    file = BytesIO(SHEETS)
    file.name = "books.xlsx"
    url = admin_client.post(UPLOAD, {"file": file})["Location"]
    return url, Import.objects.get()


def answers(batch):
    return {f"column_{place}": header for place, header in enumerate(batch.mapping)}


def test_its_process_is_started_once(admin_client, started, uploaded):
    url, batch = uploaded
    admin_client.get(url)
    admin_client.post(url, {"stage": "preview", **answers(batch)})
    assert len(started) == 1
    admin_client.post(url, {**seen(url), "stage": "apply"})
    assert Book.objects.get().title == "Emma"


def test_a_cover_that_looks_like_a_table_is_kept_and_another_worksheet_can_be_chosen(
    admin_client, jane, folder
):
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        cover = book.add_worksheet("Cover")
        cover.write(0, 0, "Staff list, City of X")
        cover.write_row(2, 0, ["Contact", "HR Department"])
        page = book.add_worksheet("Books")
        page.write_row(0, 0, ["isbn", "title"])
        page.write_row(1, 0, ["1", "Emma"])
    file.seek(0)
    file.name = "books.xlsx"
    url = admin_client.post(UPLOAD, {"file": file})["Location"]
    page = text(admin_client.get(url))
    assert "names the columns in line 3 and has no row below it. Or choose another worksheet." in page
    assert '<option value="Books">Books</option>' in page
    admin_client.post(url, {"stage": "read", "sheet": "Books"})
    assert Import.objects.get().mapping == ["isbn", "title"]


def test_days_that_an_old_excel_for_the_mac_counts_are_those_days(admin_client, jane, folder):
    header, day = ["isbn", "title", "author", "published_on", "withdrawn_on"], datetime.date(2024, 5, 6)
    bare = (day - datetime.date(1904, 1, 1)).days
    rows = ["1", "Emma", "Jane", day, bare], ["2", "Sanditon", "Jen", day, bare]
    formats = ["General"] * 3 + ["yyyy-mm-dd", "General"]
    file = BytesIO(workbook(header, *rows, formats=formats, date_1904=True))
    file.name = "books.xlsx"
    url = admin_client.post(UPLOAD, {"file": file})["Location"]
    admin_client.post(url, {"stage": "preview", **answers(Import.objects.get())})
    admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    assert Book.objects.values_list("published_on", "withdrawn_on").get() == (day, day)
    refused = b"".join(admin_client.get(f"{url}refused/")).decode()
    assert "2,Sanditon,Jen,2024-05-06,2024-05-06," in refused  # a CSV file cannot say from when on it counts


def test_its_cells_are_the_owners_alone_and_gone_with_the_deed(admin_client, uploaded, folder):
    url, batch = uploaded
    cells = uploads.unpacked(batch)
    assert cells.stat().st_mode & 0o777 == 0o600
    admin_client.post(url, {"stage": "preview", **answers(batch)})
    cells.write_text(cells.read_text().replace("Emma", "Enna"))
    admin_client.post(url, {**seen(url), "stage": "apply"})
    assert Book.objects.get().title == "Emma"
    uploads.remove(batch)
    assert not [path for path in folder.iterdir() if path.name.startswith(batch.stored)]


def test_another_sheet_is_unpacked_anew(uploaded, started):
    _url, batch = uploaded
    with carrying.opened(batch) as one:
        assert (one.found.sheet, one.sheets) == ("One", ["One", "Two"])
    assert not started
    with pytest.raises(FileError), carrying.opened(batch, one.found._replace(sheet="Two")):
        pass  # it is empty
    assert len(started) == 1


def test_a_nul_among_its_rows_or_in_the_name_of_a_sheet_is_no_error_of_ours(admin_client, jane, folder):
    file = BytesIO(changed(SHEETS, STRINGS, lambda text: text.replace("Emma", "Em_x0000_ma")))
    file.name = "books.xlsx"
    page = admin_client.post(UPLOAD, {"file": file})
    assert "The cell in line 2, column 2 of books.xlsx holds a NUL character" in page.content.decode()
    assert not list(folder.iterdir())
    file = BytesIO(SHEETS)
    file.name = "books.xlsx"
    url = admin_client.post(UPLOAD, {"file": file})["Location"]
    assert admin_client.post(url, {"stage": "read", "sheet": "\0"}).status_code == 302


def with_sheet(change):
    return changed(SHEETS, "xl/worksheets/sheet1.xml", change)


FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'


@pytest.mark.parametrize(
    "content",
    [
        SHEETS[:-30],
        with_sheet(lambda text: text[:-120]),
        with_sheet(lambda text: text.replace("</sheetData>", FAR)),
        changed(SHEETS, STRINGS, lambda text: text.replace("title", "_x0000_")),
    ],
    ids=["without its end", "a part without its end", "too large for memory", "a NUL in its header"],
)
def test_nothing_is_kept_of_one_that_cannot_be_read(admin_client, jane, folder, content):
    file = BytesIO(content)
    file.name = "books.xlsx"
    assert admin_client.post(UPLOAD, {"file": file}).status_code == 400
    assert not list(folder.iterdir())


def test_what_a_killed_process_left_goes_when_uploads_expire(folder, db):
    folder.mkdir()
    left, begun, beside = "a" * 40, "b" * 40, "people.csv"
    for name, days in ((left, 40), (f"{left}.cells.draft", 40), (begun, 0), (beside, 40)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - days * 86_400,) * 2)
    uploads.expire()
    assert {path.name for path in folder.iterdir()} == {begun, beside}
