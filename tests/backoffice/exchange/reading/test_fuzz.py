"""Whatever the bytes: a table of texts, or one sentence."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from backoffice.exchange.reading import FileError, Reading, open_table
from tests.backoffice.exchange.reading.workbooks import SHEET, STRINGS, changed, workbook

TEXTS = [
    'name;city;note\r\nMüller;Köln;"a;b\nc"\r\nAnn;\'=1;\r\n'.encode("utf-16"),
    'title\n\nname,city\nJörg,"x""y"\n\'=1,2\n'.encode("windows-1252"),
]
BOOK = workbook(["name", "city"], *[[f"Ann {index}", index] for index in range(20)])
MUTATION = strategies.tuples(
    strategies.integers(0, 10_000), strategies.integers(0, 3), strategies.binary(max_size=4)
)


def bounded(examples):
    shared = [HealthCheck.function_scoped_fixture]  # each example writes the file anew
    return settings(max_examples=examples, deadline=None, suppress_health_check=shared)


def mutated(content, mutations):
    for place, length, bytes_ in mutations:
        place %= len(content) + 1
        content = content[:place] + bytes_ + content[place + length :]
    return content


def is_a_table_or_a_sentence(path, content, reading=None):
    path.write_bytes(content)
    sentence = "This table was read."
    try:
        with open_table(path, name="books", reading=reading or Reading()) as table:
            assert all(isinstance(cell, str) for line in table.lines for cell in line.cells)
    except FileError as error:
        sentence = str(error)
    assert 20 <= len(sentence) < 400
    assert "Traceback" not in sentence


@bounded(150)
@given(strategies.sampled_from(TEXTS), strategies.lists(MUTATION, max_size=6))
def test_a_csv_file_with_changed_bytes(tmp_path, content, mutations):
    is_a_table_or_a_sentence(tmp_path / "file", mutated(content, mutations))


@bounded(150)
@given(strategies.binary(max_size=300), strategies.sampled_from(["", "utf-8", "utf-16-le", "windows-1252"]))
def test_any_bytes(tmp_path, content, encoding):
    is_a_table_or_a_sentence(tmp_path / "file", content, Reading(encoding=encoding))


@bounded(40)
@given(strategies.lists(MUTATION, min_size=1, max_size=3))
def test_a_workbook_with_changed_bytes(tmp_path, mutations):
    is_a_table_or_a_sentence(tmp_path / "file", mutated(BOOK, mutations))


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/styles.xml", "xl/workbook.xml"])
@bounded(15)
@given(mutations=strategies.lists(MUTATION, min_size=1, max_size=3))
def test_a_workbook_with_a_part_of_changed_bytes(tmp_path, part, mutations):
    content = changed(BOOK, part, lambda text: mutated(text.encode(), mutations))
    is_a_table_or_a_sentence(tmp_path / "file", content)
