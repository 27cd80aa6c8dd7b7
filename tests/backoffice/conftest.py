import datetime

import pytest

from tests.backoffice.bulk.bulk_pages import make_books
from tests.library.models import Author


@pytest.fixture
def ana():
    return Author.objects.create(name="Ana")


@pytest.fixture
def otto():
    return Author.objects.create(name="Otto")


@pytest.fixture
def late(ana):
    return make_books(ana, 25, published_on=datetime.date(2030, 1, 1))


@pytest.fixture
def small_limits(monkeypatch):
    """Sets of more than ten rows are large."""
    monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (10,))
    monkeypatch.setattr("backoffice.admin.bulk.preview.LIMIT", 10)
    monkeypatch.setattr("backoffice.admin.bulk.pages.LIMIT", 10)
    monkeypatch.setattr("backoffice.admin.bulk.preview.SAMPLE", 5)
