"""The export of a list: exactly its rows, in its order, in the chosen columns."""

import os
import re
import tempfile
import time
from urllib.parse import unquote

import pytest
import xlsxwriter
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.access import fresh
from backoffice.admin.files.export_progress import Progress
from backoffice.exchange.reading import open_table
from backoffice.models import AccessEvent, ExportChoice
from tests.library.models import Author, Book
from tests.sessions import show_who_it_is

LIST = "/admin/library/book/"
PAGE = f"{LIST}bulk/export/"
HEADERS = ["isbn", "title", "author", "sequel_to_isbn", "published_on", "withdrawn_on"]


@pytest.fixture
def books(db):
    ann, bo = (Author.objects.create(name=name) for name in ("Ann", "=Bo"))
    Book.objects.bulk_create(
        Book(
            isbn=f"{number:03}",
            title=f"Title {number % 7}",
            author=(ann, bo)[number % 2],
            published_on=f"20{number % 20:02}-01-31" if number % 3 else None,
        )
        for number in range(30)
    )
    return Book.objects


def selection(panel, query=""):
    """The token that the list hands out for all that it shows."""
    page = panel.get(f"{LIST}?{query}").content.decode()
    return unquote(page.partition("bulk/export/?selection=")[2].partition('"')[0])


def form(columns, kind="csv", **others):
    fields = {"format": kind, **others}
    for place, header in enumerate(columns, 1):
        fields |= {f"use-{header}": "on", f"at-{header}": place}
    return fields


def export(panel, query="", columns=("isbn",), kind="csv", **others):
    token = others.pop("selection", None) or selection(panel, query)
    response = panel.post(PAGE, form(columns, kind, selection=token, **others))
    assert response.status_code == 200, response
    return b"".join(response.streaming_content)


def rows(content, tmp_path):
    path = tmp_path / "export"
    path.write_bytes(content)
    with open_table(path) as table:
        return [line.cells for line in table.lines]


def shown(panel, query, column="isbn"):
    return [getattr(book, column) for book in panel.get(f"{LIST}?{query}").context["cl"].result_list]


QUERIES = ["", "q=Title+3", "o=-1", "o=4", "o=-4", "o=3", "o=5", "q=Title+3&o=-4"]


@pytest.mark.parametrize("query", [*QUERIES, "published_on__from=2010-01-01&o=2"])
def test_the_file_holds_what_the_list_shows_in_its_order(panel, books, tmp_path, query, monkeypatch):
    monkeypatch.setattr("backoffice.admin.lists.walking.FIRST", 2)
    for writer in ("admin.lists.walking", "exchange.writing.csv_files", "exchange.writing.postgres"):
        monkeypatch.setattr(f"backoffice.{writer}.ROWS", 4)
    wanted = shown(panel, query)
    assert wanted
    assert [cells[0] for cells in rows(export(panel, query), tmp_path)] == wanted


def test_of_a_search_that_nothing_can_match_comes_a_file_without_rows(panel, books):
    assert len(export(panel, "q=%25").splitlines()) == 1


def test_a_column_is_asked_for_by_what_people_call_it_with_its_header_beside_it(panel, books):
    page = panel.get(PAGE, {"selection": selection(panel)}).content.decode()
    assert '<span>Published on <small class="bo-quiet">published_on</small></span></label>' in page
    assert "Place of Published on" in page


def test_ticked_rows_alone_are_exported_where_some_are_ticked(panel, books, tmp_path):
    keys = [book.pk for book in books.filter(isbn__in=["003", "004"])]
    response = panel.post(LIST, {"action": "export", "_selected_action": keys})
    token = unquote(response["Location"].partition("selection=")[2])
    assert sorted(rows(export(panel, selection=token), tmp_path)) == [["003"], ["004"]]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL alone writes large pieces")
def test_a_large_piece_waits_in_a_file_without_a_name(panel, books, settings, tmp_path, monkeypatch):
    settings.IMPORT_FOLDER = tmp_path
    waiting = []

    class File(tempfile.SpooledTemporaryFile):
        def seek(self, *args):  # what it holds is whole
            waiting.append((self._file.fileno() if self._rolled else None, os.listdir(tmp_path)))
            return super().seek(*args)

    monkeypatch.setattr("backoffice.exchange.writing.postgres.SpooledTemporaryFile", File)
    small = export(panel, "o=-1", HEADERS)
    monkeypatch.setattr("backoffice.exchange.writing.postgres.IN_MEMORY", 10)
    assert export(panel, "o=-1", HEADERS) == small
    (in_memory, _none), (on_disk, listed) = waiting
    assert in_memory is None
    assert on_disk is not None
    assert listed == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(on_disk)


def test_columns_come_in_the_chosen_order_and_formulas_come_as_text(panel, books, tmp_path):
    book = books.get(isbn="001")
    book.title = "-1+1"
    book.save()
    content = export(panel, "q=001", ["title", "author", "isbn"])
    assert content == b'"title","author","isbn"\n"\'-1+1","\'=Bo","001"\n'
    assert rows(content, tmp_path) == [["-1+1", "=Bo", "001"]]


def test_excel_gets_its_mark(panel, books):
    assert export(panel, "q=001", kind="excel").startswith(b'\xef\xbb\xbf"isbn"')


def test_a_workbook_holds_the_same_and_nothing_stays_in_the_temporary_folder(
    panel, books, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    content = export(panel, "o=-1", HEADERS, "xlsx")
    assert os.listdir(tmp_path) == []
    assert rows(content, tmp_path) == rows(export(panel, "o=-1", HEADERS), tmp_path)


def test_a_workbook_is_said_to_be_complete_when_it_is_built(panel, books, monkeypatch):
    states, note, build = [], Progress.note, xlsxwriter.Workbook.close
    monkeypatch.setattr(
        Progress, "note", lambda self, rows, state="": states.append(state) or note(self, rows, state)
    )
    monkeypatch.setattr(xlsxwriter.Workbook, "close", lambda book: states.append("built") or build(book))
    export(panel, columns=["isbn"], kind="xlsx")
    assert states[-2:] == ["built", "ended"]


def test_a_workbook_of_too_many_rows_is_refused_with_the_number(panel, books, settings):
    settings.EXPORT_XLSX_ROWS = 29
    response = panel.post(PAGE, form(["isbn"], "xlsx", selection=selection(panel)), follow=True)
    assert "30 rows are too many for a workbook (29 at most). Choose CSV." in response.content.decode()


def test_a_text_that_no_cell_of_a_workbook_holds_is_named(panel, books, tmp_path, monkeypatch):
    monkeypatch.setattr("backoffice.exchange.writing.xlsx_files.LONGEST", 6)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    token = selection(panel, "q=001")
    response = panel.post(PAGE, form(["title"], "xlsx", selection=token), follow=True)
    assert "The column title of row 1 holds 7 characters" in response.content.decode()
    assert os.listdir(tmp_path) == []


def test_what_somebody_chose_is_there_the_next_time(panel, hr, books):
    export(panel, columns=["title", "isbn"], kind="excel")
    shown = panel.get(f"{PAGE}?selection={selection(panel)}").context["form"]
    assert shown.shown[:2] == ["title", "isbn"]
    assert shown.initial["format"] == "excel"
    assert [bound[0].initial for bound in shown.lines] == [True, True, False, False, False, False]
    export(panel, columns=["isbn"])
    assert ExportChoice.objects.get(user=hr).columns == ["isbn"]


def test_no_column_is_refused(panel, books):
    page = panel.post(PAGE, {"format": "csv", "selection": selection(panel)}).content.decode()
    assert re.search(r'<a href="#id_use-\w+">No column is ticked. Tick at least one.</a>', page)


def test_who_exported_what_is_noted_down_before_the_first_row_and_at_the_end(panel, hr, books, events):
    token = selection(panel, "published_on__from=2010-01-01&q=Title")
    response = panel.post(PAGE, form(["isbn", "title"], selection=token))
    noted = AccessEvent.objects.get(what="export")
    number = Book.objects.filter(published_on__gte="2010-01-01").count()
    assert (noted.actor_id, noted.model, noted.number) == (hr.pk, "library.Book", number)
    assert noted.filters == "published_on__from=2010-01-01 q=Title columns=isbn,title"
    assert [line["what"] for line in events if line["event"].startswith("sensitive_read")] == ["export"]
    list(response.streaming_content)
    last = events[-1]
    assert (last["what"], last["number"], last["columns"]) == ("export_ended", number, ["isbn", "title"])


def test_an_export_that_breaks_off_says_how_far_it_came(panel, books, events, monkeypatch):
    monkeypatch.setattr("backoffice.admin.lists.walking.FIRST", 5)
    response = panel.post(PAGE, form(["isbn"], selection=selection(panel)))
    pieces = iter(response.streaming_content)
    next(pieces), next(pieces)
    response.close()
    assert (events[-1]["what"], events[-1]["number"]) == ("export_broken_off", 5)
    assert events[-1]["request_id"] == response.headers["X-Request-ID"]


def test_many_rows_ask_who_it_is(panel, books, settings):
    settings.FRESH_ROWS, settings.FRESH_SECONDS = 29, 0
    token = selection(panel)
    asked = panel.post(PAGE, form(["isbn"], selection=token))
    assert asked.status_code == 302
    assert not AccessEvent.objects.filter(what="export").exists()
    few = selection(panel, "q=001")
    assert len(export(panel, selection=few).splitlines()) == 2


def test_pieces_within_an_hour_are_a_whole(panel, books, settings):
    settings.FRESH_ROWS, settings.FRESH_SECONDS = 29, 0
    halves = [selection(panel, f"author={author.pk}") for author in Author.objects.all()]
    export(panel, selection=halves[0])
    assert panel.post(PAGE, form(["isbn"], selection=halves[1])).status_code == 302
    show_who_it_is(panel)
    settings.FRESH_SECONDS = 300
    export(panel, selection=halves[1])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_who_sends_pieces_at_the_same_moment_waits_before_they_are_counted(panel, books):
    token = selection(panel)
    with CaptureQueriesContext(connection) as captured:
        export(panel, selection=token)
    words = r"advisory_xact_lock|SUM\(\"backoffice_accessevent|INSERT INTO \"backoffice_accessevent"
    asked = [word.split("(")[0] for query in captured for word in re.findall(words, query["sql"])]
    assert asked == ["advisory_xact_lock", "SUM", 'INSERT INTO "backoffice_accessevent']


def test_what_was_exported_freshly_is_not_held_against_anybody(panel, books, settings, monkeypatch):
    settings.FRESH_ROWS = 20
    export(show_who_it_is(panel))
    over = time.time() - settings.FRESH_SECONDS
    monkeypatch.setattr(fresh, "shown_at", lambda request: over)
    assert panel.post(PAGE, form(["isbn"], selection=selection(panel))).status_code == 302
    export(panel, selection=selection(panel, "q=001"))


def test_the_permission_is_asked_for(client, books):
    client.force_login(User.objects.create_user("ann", is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, form(["isbn"])).status_code == 403


@pytest.mark.skipif(connection.vendor != "postgresql", reason="there is COPY on PostgreSQL alone")
def test_postgresql_and_python_write_the_same_bytes(books, hr):
    from backoffice.exchange.writing import csv_files, exported, postgres
    from tests.library.exchange import BOOKS

    titles = [
        "=1",
        "'=1",
        "''=1",
        "'a",
        "",
        "a\r\nb",
        '"',
        ",",
        "\\.",
        "\\N",
        "NULL",
        "\tx",
        "\rx",
        "-",
        "Ü",
        " x ",
    ]
    author = Author.objects.create(name="'@x")
    for number, title in enumerate(titles):
        Book.objects.create(isbn=f"x{number}", title=title, author=author, published_on="0999-12-31")
    columns = exported(BOOKS, hr)
    every = Book.objects.order_by("pk")
    assert postgres.can_write(columns)
    number, lines = postgres.written(every, columns)
    with lines:
        assert (number, lines.read()) == csv_files.written(every, columns)


def test_the_page_is_told_how_far_its_export_is(panel, books, monkeypatch, client):
    monkeypatch.setattr("backoffice.admin.lists.walking.FIRST", 5)
    token = selection(panel)
    response = panel.post(PAGE, form(["isbn"], selection=token, progress="0123abcd"))
    pieces = iter(response.streaming_content)
    next(pieces), next(pieces)
    assert panel.get(f"{PAGE}?progress=0123abcd").json() == {
        "rows": 0,
        "total": 30,
        "over": False,
        "sentence": "0 of 30 rows written.",
    }
    list(pieces)
    assert (
        panel.get(f"{PAGE}?progress=0123abcd").json()["sentence"] == "30 rows written. The file is complete."
    )
    assert panel.get(f"{PAGE}?progress=ffffffff").json() == {}
    client.force_login(User.objects.create_superuser("other"))
    assert client.get(f"{PAGE}?progress=0123abcd").json() == {}
