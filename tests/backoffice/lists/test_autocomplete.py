"""Rows that are looked up while one types."""

import pytest

from backoffice import site
from tests.growth import queries
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

URL = "/admin/autocomplete/"
ASKED = {"app_label": "library", "model_name": "book", "field_name": "author"}


@pytest.fixture
def authors():
    Author.objects.bulk_create(Author(name=f"Ann {number:02}") for number in reversed(range(45)))
    Author.objects.create(name="Bea")


def names(panel, **params):
    answer = panel.get(URL, {**ASKED, **params}).json()
    return [row["text"] for row in answer["results"]], answer["pagination"]["more"]


def test_what_matches_comes_by_name_page_after_page(panel, authors):
    pages = [names(panel, term="ann", page=page) for page in (1, 2, 3)]
    assert [name for found, _ in pages for name in found] == [f"Ann {number:02}" for number in range(45)]
    assert [more for _, more in pages] == [True, True, False]


def test_a_full_last_page_says_that_there_is_no_more(panel):
    Author.objects.bulk_create(Author(name=f"Ann {number:02}") for number in range(20))
    assert names(panel, term="ann")[1] is False


def test_of_very_many_the_first_are_offered(panel, authors, monkeypatch):
    monkeypatch.setattr(site, "FOUND", 5)
    found, more = names(panel, term="ann")
    assert (len(found), more) == (5, False)


def test_whoever_is_named_by_a_key_is_offered_first(panel, authors, monkeypatch):
    monkeypatch.setattr(site, "FOUND", 2)
    ann = Author.objects.first()
    for number in range(4):
        Book.objects.create(title=f"Book {number} of 123", author=ann, isbn="123" if number == 3 else None)
    found, _ = names(panel, field_name="sequel_to", term="123")
    assert (found[0], len(found)) == ("Book 3 of 123", 3)


@pytest.mark.parametrize("page", ["0", "-1", "x", str(10**30)])
def test_a_page_that_cannot_be_is_not_found(panel, authors, page):
    assert panel.get(URL, {**ASKED, "page": page}).status_code == 404


def test_nothing_is_counted(panel, authors):
    asked, _ = queries(panel, f"{URL}?app_label=library&model_name=book&field_name=author&term=ann")
    assert not [sql for sql in asked if "COUNT" in sql]


def test_a_row_is_not_offered_to_itself(panel, authors):
    bea = Author.objects.get(name="Bea")
    page = panel.get(f"/admin/library/author/{bea.pk}/change/").content.decode()
    assert f'data-ajax--url="{URL}?besides={bea.pk}"' in page
    asked = {"field_name": "mentor", "model_name": "author"}
    assert names(panel, **asked, term="bea") == (["Bea"], False)
    assert names(panel, **asked, term="bea", besides=bea.pk) == ([], False)
    assert names(panel, **asked, term="bea", besides="x") == (["Bea"], False)
