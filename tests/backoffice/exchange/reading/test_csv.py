import codecs

import pytest

from backoffice.exchange.reading import Reading


def test_every_row_knows_the_line_it_starts_on(read):
    content = b'a,b\n1,"two\nlines"\n\n , \n3,4\n'
    assert read(content) == (["a", "b"], [(2, ["1", "two\nlines"]), (6, ["3", "4"])])


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "windows-1252"),
    ],
)
def test_the_encodings_that_spreadsheets_write_are_found_out(read, found, mark, encoding):
    content = mark + "name;city\r\nMüller;Köln\r\nAna;Åré\r\n".encode(encoding)
    assert read(content) == (["name", "city"], [(2, ["Müller", "Köln"]), (3, ["Ana", "Åré"])])
    assert found(content) == Reading(encoding, ";", "", 1)


def test_the_first_letter_beyond_ascii_decides_however_far_down_it_stands(read):
    content = b"name\n" + b"Ann                                                 \n" * 25_000
    assert read(content + "Jörg\n".encode("windows-1252"))[1][-1] == (25_002, ["Jörg"])
    assert read(content + "Jörg\n".encode())[1][-1] == (25_002, ["Jörg"])


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_separator_is_found_over_several_lines_with_respect_to_quotation_marks(read, found, sign):
    lines = [["name", "pay", "note"], ['"Doe,;\t| Ann"', '"1,5"', ""], ["Bo", '"2,5"', '"a;b\nc;d"']]
    content = "\n".join(sign.join(cells) for cells in lines).encode()
    assert found(content).delimiter == sign
    assert read(content)[1][1] == (3, ["Bo", "2,5", "a;b\nc;d"])


def test_a_separator_inside_of_long_notes_is_none(found):
    rows = "".join(f'RF{n},R{n},"Skill;level 0\nSkill;level 1\nHe said ""no"""\n' for n in range(90))
    assert found(f"number,name,notes\n{rows}".encode()) == Reading("utf-8", ",", "", 1)


def test_commas_inside_of_numbers_do_not_separate(found):
    assert found(b"name;pay;rate\nAnn;1,5;2,5\nBo;2,5;3,5\n").delimiter == ";"


def test_a_separator_that_the_first_line_names_is_taken(read):
    assert read(b"sep=;\na;b\n1,2;3,4\n") == (["a", "b"], [(3, ["1,2", "3,4"])])


def test_what_was_said_counts_more_than_what_was_found(read):
    assert read(b"a;b,c\n1;2,3\n", delimiter=",")[0] == ["a;b", "c"]
    assert read("ü\né\n".encode(), encoding="windows-1252")[0] == ["Ã¼"]


def test_cells_keep_their_white_space_and_lose_the_mark_against_formulas(read):
    assert read(b"a,b\n  x  ,'=1+1\n'plain,''=1\n")[1] == [
        (2, ["  x  ", "=1+1"]),
        (3, ["'plain", "'=1"]),
    ]


def test_empty_cells_behind_the_last_column_are_dropped(read):
    assert read(b"a,b,,\n1,,,\n1,2,3,\n") == (["a", "b"], [(2, ["1", ""]), (3, ["1", "2", "3"])])


@pytest.mark.parametrize(
    "text",
    ["Hélène: «Qualité» réussi", "“Qualité”", "un café… puis", "Straße „Großmaß“ neu", "à\xa0«É»", "CAFÉ™"],
)
def test_a_letter_before_a_closing_sign_is_windows_1252(read, text):
    content = f"name;notes\nJörg;{text}\n".encode("windows-1252")
    assert read(content)[1] == [(2, ["Jörg", text])]


@pytest.mark.parametrize("name", ["Zoë", "qualité", "Więcek", "Škoda", "d’Or", "Łódź", "中山"])
def test_names_in_utf_8_within_windows_1252_are_still_found(refusal, name):
    content = b"name\n" + b"J\xfcrg\n" * 20_000 + f"{name}\n".encode()
    assert "line 20002" in refusal(content)
