import pytest

from backoffice.exchange.reading import FileError, Reading, open_table


@pytest.fixture
def read(tmp_path):
    """Header and rows of a file with this content."""

    def read(content, name="books.csv", **reading):
        with open_table(stored(tmp_path, content), name=name, reading=Reading(**reading)) as table:
            return table.header, [(line.number, line.cells) for line in table.lines]

    return read


@pytest.fixture
def found(tmp_path):
    """What is found out about a file with this content."""

    def found(content, **reading):
        with open_table(stored(tmp_path, content), name="books.csv", reading=Reading(**reading)) as table:
            return table.found

    return found


@pytest.fixture
def refusal(read):
    """The sentence that refuses a file with this content."""

    def refusal(content, name="books.csv", **reading):
        with pytest.raises(FileError) as error:
            read(content, name, **reading)
        return str(error.value)

    return refusal


def stored(folder, content):
    path = folder / "upload"
    path.write_bytes(content)
    return path
