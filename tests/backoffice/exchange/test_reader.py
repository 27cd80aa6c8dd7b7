import pytest

from backoffice.exchange import FileError, read_csv


def table(tmp_path, content):
    path = tmp_path / "books.csv"
    path.write_bytes(content)
    found = read_csv(path)
    return found.header, [(line.number, line.cells) for line in found.lines]


def refusal(tmp_path, content):
    with pytest.raises(FileError) as error:
        table(tmp_path, content)
    return str(error.value)


def test_every_row_knows_the_line_it_starts_on(tmp_path):
    content = b'a,b\n1,"two\nlines"\n\n , \n3,4\n'
    assert table(tmp_path, content) == (["a", "b"], [(2, ["1", "two\nlines"]), (6, ["3", "4"])])


@pytest.mark.parametrize(
    "content", [b"a,b\n1,2", b"a;b\r\n1;2\r\n", b"a\tb\r1\t2\r", b"\xef\xbb\xbfa,b\n 1 , 2 \n"]
)
def test_delimiters_line_ends_and_byte_order_marks_of_all_spreadsheets_are_read(tmp_path, content):
    assert table(tmp_path, content) == (["a", "b"], [(2, ["1", "2"])])


def test_empty_cells_behind_the_last_column_are_dropped(tmp_path):
    assert table(tmp_path, b"a,b,,\n1,,,\n1,2,3,\n") == (["a", "b"], [(2, ["1", ""]), (3, ["1", "2", "3"])])


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path, content):
    assert refusal(tmp_path, content) == "books.csv is empty. Its first line must name the columns."


def test_another_encoding_is_refused_with_the_place_of_its_first_byte(tmp_path):
    assert refusal(tmp_path, "a,b\n1,Müller\n".encode("latin-1")) == (
        "books.csv is not UTF-8: see line 2, byte 4. Save it as “CSV UTF-8”."
    )


def test_a_nul_byte_is_refused_with_its_line(tmp_path):
    assert refusal(tmp_path, b"a,b\n1,\x002\n") == (
        "Line 2 of books.csv holds a NUL byte: this is no CSV file. Save it as “CSV UTF-8”."
    )


def test_a_spreadsheet_is_refused(tmp_path):
    assert "Save it as “CSV UTF-8”" in refusal(tmp_path, b"PK\x03\x04and so on")


def test_a_quote_that_never_closes_is_refused_with_its_line(tmp_path):
    sentence = refusal(tmp_path, b'a,b\n1,2\n3,"4\n5,6\n')
    assert sentence.startswith("Line 3 of books.csv cannot be read as CSV: ")
    assert sentence.endswith("Look at its quotation marks.")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path, reason in [(tmp_path / "none.csv", "No such file or directory"), (tmp_path, "Is a directory")]:
        with pytest.raises(FileError, match=f"cannot be read: {reason}"):
            read_csv(path)
