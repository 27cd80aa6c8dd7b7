import datetime
import io
import re
import threading

import pytest
import xlsxwriter

from backoffice.exchange.reading import child
from tests.backoffice.exchange.reading.workbooks import changed, workbook


def test_every_cell_is_text_as_a_spreadsheet_shows_it(read):
    cells = [
        ("General", 5.0, "5"),
        ("General", 0.1 + 0.2, "0.3"),
        ("00000", 42, "00042"),
        ("00000", "42", "42"),
        ("00", 1.5, "1.5"),
        ('"E"0000000', 5, "E0000005"),
        ('"MD"\\-00', 7, "MD-07"),
        ('"E"0000000', 1.5, "1.5"),
        ('0" h"', 40, "40"),
        ('"ca."0', 12, "12"),
        ('"€"00', 40, "40"),
        ("yyyy-mm-dd", datetime.date(2024, 5, 31), "2024-05-31"),
        ("yyyy-mm-dd hh:mm", datetime.datetime(2024, 5, 31, 8, 30), "2024-05-31T08:30:00"),
        ("hh:mm", datetime.time(8, 30), "08:30:00"),
        ("[h]:mm", datetime.timedelta(hours=30), "30:00:00"),
        ("General", True, "true"),
        ("General", "=1+1", "=1+1"),
        ("General", "'=1", "=1"),
        ("General", "  a\nb\t ", "  a\nb\t "),
    ]
    formats, values, texts = zip(*cells, strict=True)
    content = workbook([f"c{index}" for index in range(len(cells))], values, formats=formats)
    assert read(content)[1] == [(2, list(texts))]


def test_rows_are_numbered_as_in_the_sheet_and_titles_above_the_header_are_passed(read, found):
    content = workbook(
        [], ["Staff of 2024"], [], ["name", "city", "fte"], ["Ann", "Ulm", 1], [], ["Bo", "", 2]
    )
    assert read(content) == (["name", "city", "fte"], [(5, ["Ann", "Ulm", "1"]), (7, ["Bo", "", "2"])])
    assert found(content)[2:] == ("People", 4, False)


def test_the_first_sheet_that_is_shown_is_read_unless_another_one_is_chosen(read, found, refusal, tmp_path):
    content = workbook(["a"], ["b"], sheets=("One", "Two"))
    hidden = changed(
        content, "xl/workbook.xml", lambda text: text.replace('name="One"', 'name="One" state="hidden"')
    )
    assert found(content).sheet == "One"
    assert refusal(hidden) == "books.csv is empty. Its first line must name the columns."
    assert found(hidden, sheet="One").sheet == "One"
    assert "has no worksheet of that name" in refusal(content, sheet="Three")


def test_the_process_ends_with_the_table(tmp_path):
    from backoffice.exchange.reading import open_table
    from backoffice.exchange.reading.workbooks import subprocess

    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(["a"], *[[str(index)] for index in range(9000)]))
    started = []
    run = subprocess.Popen
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            subprocess, "Popen", lambda *args, **kwargs: started.append(run(*args, **kwargs)) or started[-1]
        )
        with open_table(path) as table:
            assert next(table.lines).cells == ["0"]
            assert table.sheets == ["People"]
    assert started[0].returncode is not None


def test_what_the_reader_forgets_is_looked_for_while_it_reads(monkeypatch, tmp_path, capsys):
    path, looked, choose = tmp_path / "book.xlsx", threading.Event(), child.chosen
    path.write_bytes(workbook(["a"], ["b"]))
    monkeypatch.setattr(child, "forgotten_in", lambda *_where: looked.set() or ({}, {}, []))
    monkeypatch.setattr(child, "chosen", lambda *said: looked.wait(9) and choose(*said))
    child.main(str(path), "")
    assert '[1, [["a"], ["b"]]]' in capsys.readouterr().out


def test_a_cell_that_holds_an_error_says_so(read):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Cover & more").write(0, 0, "by payroll")
        page = book.add_worksheet("A & B")
        page.write_row(0, 0, ["a", "b", "c"])
        page.write_row(1, 0, ["1", 't="e"', "2"])
        page.write_formula(2, 0, "=NA()", None, "#N/A")
        page.write_formula(2, 2, "=1/0", None, "#DIV/0!")
    rows = [(2, ["1", 't="e"', "2"]), (3, ["\u2060#N/A", "", "\u2060#DIV/0!"])]
    assert read(file.getvalue())[1] == rows
    unnamed = changed(
        file.getvalue(), "xl/worksheets/sheet2.xml", lambda text: text.replace("<v>#N/A</v>", "")
    )
    assert read(unnamed)[1][1] == (3, ["\u2060#VALUE!", "", "\u2060#DIV/0!"])
    for place in (r' r="[A-Z]+\d+"', r' r="\w+"'):
        bare = changed(
            file.getvalue(), "xl/worksheets/sheet2.xml", lambda text, place=place: re.sub(place, "", text)
        )
        assert read(bare)[1][1] == (3, ["\u2060#N/A", "\u2060#DIV/0!", ""])


@pytest.mark.parametrize("value", ["", "<v/>", "<v></v>", " <v> </v> "])
@pytest.mark.parametrize("formula", ["<f>A1</f>", '<f t="shared" si="0"/>'])
def test_a_formula_that_nobody_worked_out_is_not_an_empty_cell(read, formula, value):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a", "b", "c"])
        for row, result in enumerate([7, 4711, "text", 4711], start=1):
            page.write_row(row, 0, ["x", "", "y"])
            page.write_formula(row, 1, "=A1", None, result)

    def without_values(text):
        text = text.replace("<v>4711</v>", value).replace("<v>text</v>", "<v></v>")
        return text.replace("<f>A1</f>", formula)

    content = changed(file.getvalue(), "xl/worksheets/sheet1.xml", without_values)
    lacking = ["x", "\u2060#=", "y"]
    assert read(content)[1] == [(2, ["x", "7", "y"]), (3, lacking), (4, ["x", "", "y"]), (5, lacking)]


def test_a_header_may_be_said(read):
    content = workbook(["a", "b"], ["c", "d"], ["1", "2"])
    assert read(content, header_line=2) == (["c", "d"], [(3, ["1", "2"])])


def test_a_cover_sheet_is_passed_over(found):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Cover").write(0, 0, "Prepared by payroll")
        book.add_worksheet("People").write_column(0, 0, ["a", "1"])
        book.add_worksheet("Staff").write_row(0, 0, ["a", "b"])
        book.get_worksheet_by_name("Staff").write_row(1, 0, ["1", "2"])
    assert found(file.getvalue()).sheet == "Staff"
