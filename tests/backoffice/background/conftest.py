import django
import pytest

from backoffice.background import boards
from tests.library.models import Author, Book

TASKS = "django.tasks" if django.VERSION >= (6,) else "django_tasks"


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    """What no other test has written to."""
    board = boards.board()
    if isinstance(board, boards.Files):
        board.folder = tmp_path / "background"
    for module in ("boards", "running", "recovery", "starting"):
        monkeypatch.setattr(f"backoffice.background.{module}.board", lambda: board)
    monkeypatch.setattr("backoffice.admin.job_page.board", lambda: board)
    return board


@pytest.fixture
def at_once(settings):
    """Jobs are carried out at the moment they are asked for."""
    settings.TASKS = {"default": {"BACKEND": f"{TASKS}.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def books():
    ana = Author.objects.create(name="Ana")
    return Book.objects.bulk_create(Book(title=f"Book {number}", author=ana) for number in range(3))
