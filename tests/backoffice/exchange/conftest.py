import pytest

from backoffice import exchange
from tests.library.exchange import BOOKS
from tests.library.models import Author, Book


@pytest.fixture
def jane(db):
    return Author.objects.create(name="Jane")


@pytest.fixture
def emma(jane):
    return Book.objects.create(title="Emma", isbn="1", author=jane)


@pytest.fixture
def file(tmp_path):
    """Write lines to a CSV file."""

    def write(*lines):
        path = tmp_path / "books.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def plan(file):
    """The plan for a file of books with these lines."""
    return lambda *lines, **how: exchange.plan_import(BOOKS, exchange.open_table(file(*lines)), **how)


def reasons(plan):
    return [(problem.line, problem.column, problem.reason) for problem in plan.refusals]
