import pytest

from backoffice.exchange.reading import counting


@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("content", "breaks"),
    [
        (b"", 0),
        (b"a\nb\r\nc", 2),
        (b'"a\nb"\n"c"\n', 2),
        (b'"a ""x\n"" b","c\n"\n1\n', 2),
        (b'""\n"",""\n', 2),
    ],
)
def test_line_breaks_in_quotation_marks_are_none(tmp_path, monkeypatch, content, breaks, piece):
    monkeypatch.setattr(counting, "PIECE", piece)
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    assert counting.breaks_in(path) == breaks
