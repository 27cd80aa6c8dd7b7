import datetime

import pytest

from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def list_as(panel):
    """list_as(header): the page with a book of a day, as a browser with these languages gets it."""
    Book.objects.create(
        title="Red", author=Author.objects.create(name="Ana"), published_on=datetime.date(2020, 2, 3)
    )
    return lambda header: panel.get("/admin/library/book/", headers={"Accept-Language": header}).text


@pytest.mark.parametrize(
    ("header", "language", "day"),
    [
        ("en-GB,en;q=0.9", "en-gb", "3 Feb 2020"),
        ("pt,en-AU;q=0.8", "en-au", "3 Feb 2020"),
        ("en-US,en-GB;q=0.9", "en", "Feb. 3, 2020"),
        ("en-ZZ", "en", "Feb. 3, 2020"),
        ("de,en-GB;q=0.9", "de", "3. Februar 2020"),
    ],
)
def test_days_are_written_as_the_browsers_english_has_them(list_as, header, language, day):
    page = list_as(header)
    assert f'<html lang="{language}"' in page
    assert day in page
    assert f'lang="{language[:2]}" aria-current="true"' in page  # among those to choose from


def test_the_english_that_somebody_chose_stays(list_as, panel):
    panel.post("/account/language/", {"language": "en", "next": "/admin/"})
    assert "Feb. 3, 2020" in list_as("en-GB")
