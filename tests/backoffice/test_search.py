"""What is a word of a search."""

import pytest

from backoffice.search import matching, words
from tests.library.models import Book

WORDS = {
    "Müller, Anna": ["muller", "anna"],
    "muller,anna": ["muller", "anna"],
    '"Anna"': ["anna"],
    "anna & muller": ["anna", "muller"],
    "(anna) … <muller>": ["anna", "muller"],
    "anna 🎉": ["anna"],
    "anna anna": ["anna"],
    "Anna.Muller+1@example.com": ["anna.muller+1@example.com"],
    "E-0012/7": ["e-0012/7"],
    "12:3": ["12:3"],
    "O'Brien-Li": ["o'brien-li"],
    "R&D": ["r&d"],
    "李": ["李"],
    "a": ["a"],
    "a.": ["a"],
    "हिन्दी": ["हिन्दी"],
    **{signs: [] for signs in ("", " ", "@", "%", ".", "__", "---", '""', "\\", "🎉", "- & /")},
}


@pytest.mark.parametrize(("query", "found"), WORDS.items())
def test_words_are_parted_by_signs_that_stand_in_none(query, found):
    assert words(query) == found


@pytest.mark.parametrize("query", ["@", "%", "__", "---", '""', "\\", "🎉"])
def test_signs_find_nothing_and_read_nothing(db, query, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not Book.objects.filter(matching(query)).exists()


@pytest.mark.parametrize("path", ["library/book/?q=%s", "library/author/?q=%s&o=1", "auth/user/?q=%s"])
@pytest.mark.parametrize("query", ["@", "%25", "---"])
def test_a_list_is_empty_where_signs_are_searched_for(panel, path, query):
    assert panel.get(f"/admin/{path % query}").status_code == 200
