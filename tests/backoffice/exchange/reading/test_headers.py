import pytest


def test_titles_and_blank_lines_above_the_header_are_passed(read, found):
    content = b"Staff list\n\nAs of;2024-05-31\n\nname;city;fte;grade\nAnn;Ulm;1;\nBo;Bonn;2;\n"
    assert read(content)[0] == ["name", "city", "fte", "grade"]
    assert found(content).header_line == 5


def test_a_wide_line_further_down_is_no_header(found):
    assert found(b"a,b\n1,2\n3,4\n5,6,7,8,9\n").header_line == 1


def test_the_line_of_the_header_may_be_said_however_far_down(read, found, refusal):
    content = b"a,b\n" + b"x,y\n" * 500 + b"c,d\n1,2\n"
    assert read(content, header_line=502) == (["c", "d"], [(503, ["1", "2"])])
    assert found(content, header_line=502).header_line == 502
    assert refusal(content, header_line=600).startswith("Line 600 of books.csv holds no column names")


def test_a_header_that_was_said_may_look_like_values(read):
    assert read(b"2020-01-31,b\n1,2\n", header_line=1)[0] == ["2020-01-31", "b"]


@pytest.mark.parametrize("name", ["2023", "E-Mail", "a.b", "1st name", "no.", "%"])
def test_what_may_name_a_column(read, name):
    assert read(f"{name},b\n1,2\n".encode())[0] == [name, "b"]


def test_a_header_that_comes_again_has_no_cells(read):
    assert read(b"a,d'b\n1,2\na,d'b\na,3\n")[1] == [(2, ["1", "2"]), (3, []), (4, ["a", "3"])]
