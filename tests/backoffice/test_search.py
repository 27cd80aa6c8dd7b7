"""What is a word of a search."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.state import ProjectState

from backoffice import search
from backoffice.search import matching, words
from tests.library.models import Author, Book

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


FOUND = [
    ("ΓΙΩΡΓΟΣ Παπαδόπουλος", ["γιωργος", "ΓΙΩΡΓΟΣ", "Γιώργος παπαδοπουλος", "παπαδοπουλοσ"]),
    ("Πασχάλης", ["ΠΑΣ", "πασχαλης"]),
    ("ИВАНОВ Пётр", ["иванов", "петр"]),
    ("Łukasz Đorđe", ["lukasz", "ĐORĐE", "dorde"]),
    ("Mary O’Brien", ["o'brien", "O’BRIEN", "oʼbrien"]),
    ("हिन्दी", ["हिन्दी"]),
]
if connection.vendor != "mysql":  # it folds Latin, Greek and Cyrillic letters alone
    FOUND += [("أحمد", ["احمد"]), ("שָׁלוֹם", ["שלום"])]


RULES = ["the database's rules"] + ["ICU's rules"] * (connection.vendor == "postgresql")


@pytest.fixture(params=RULES)
def rules(request, db, monkeypatch):
    """How PostgreSQL folds: a database of LC_CTYPE "C" knows no letters but ASCII's."""
    if request.param == "ICU's rules":
        monkeypatch.setattr(search, "KNOWS_LETTERS", "SELECT false, true")
        search.create_function(SimpleNamespace(connection=connection, execute=execute))


@pytest.mark.parametrize(("name", "queries"), FOUND)
def test_case_accents_and_marks_do_not_matter(rules, name, queries):
    author = Author.objects.create(name=name)
    for query in queries:
        assert Author.objects.filter(matching(query)).get() == author, query


@pytest.mark.skipif(connection.vendor == "mysql", reason="how it folds is a part of the column there")
def test_what_was_folded_otherwise_is_folded_anew(db, monkeypatch):
    """Of rows that were written before folding changed; nothing is recorded."""
    editor = SimpleNamespace(connection=connection, execute=execute)
    monkeypatch.setattr(search, "_LETTERS", {})
    if connection.vendor == "postgresql":
        execute(search._FUNCTION.format(collation="").replace("’", "_"))
    author = Author.objects.create(name="O’Brien")
    assert not Author.objects.filter(matching("o'brien")).exists()
    monkeypatch.undo()
    search.create_function(editor)
    state = ProjectState.from_apps(apps)
    search.FoldAnew("author").database_forwards("library", editor, state, state)
    assert Author.objects.filter(matching("o'brien")).get() == author
    assert Author.history_model.objects.count() == 1


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize("query", ["@", "%", "__", "---", '""', "\\", "🎉"])
def test_signs_find_nothing_and_read_nothing(db, query, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not Book.objects.filter(matching(query)).exists()


@pytest.mark.parametrize("path", ["library/book/?q=%s", "library/author/?q=%s&o=1", "auth/user/?q=%s"])
@pytest.mark.parametrize("query", ["@", "%25", "---"])
def test_a_list_is_empty_where_signs_are_searched_for(panel, path, query):
    assert panel.get(f"/admin/{path % query}").status_code == 200


def test_a_list_says_which_word_is_not_searched_for(panel):
    Author.objects.create(name="A B C D E F G H One")
    page = panel.get("/admin/library/author/?q=a+b+c+d+e+f+g+h+One+two").content.decode()
    assert "Only the first 8 words are searched for; “one” and what follows is not." in page
    assert (
        "words are searched for"
        not in panel.get("/admin/library/author/?q=a+a+b+c+d+e+f+g+h").content.decode()
    )
