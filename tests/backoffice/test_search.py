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
    ("Anne\N{NON-BREAKING HYPHEN}Marie", ["anne-marie", "Anne\N{HYPHEN}Marie"]),
    ("Mac\N{SOFT HYPHEN}Kenzie", ["mackenzie", "Mac\N{ZERO WIDTH SPACE}Kenzie"]),
    ("हिन्दी", ["हिन्दी"]),
    ("王小李 Li", ["李", "小李", "王小", "王小李", "王小李 li"]),
    ("김수이", ["이", "수", "수이", "김"]),
    ("タカギ・ガク", ["ガ", "ク", "ギ", "タカギ", "ﾀｶ"]),
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


@pytest.mark.parametrize("query", ["小王", "王李", "李小", "i"])
def test_signs_are_found_as_they_stand_side_by_side(rules, query):
    Author.objects.create(name="王小李 Li")
    assert not Author.objects.filter(matching(query)).exists()


def test_the_database_makes_words_as_python_does(rules):
    """Of names in Chinese, Japanese and Korean, side by side and among others."""
    name = " ".join(name for name, _queries in FOUND[4:]) + " 王-小李明李a李 𠮷野 %"
    author = Author.objects.create(name=name)
    if connection.vendor != "mysql":
        assert Author.objects.values_list("search_text", flat=True).get() == search.searchable(f" {author}")


@pytest.mark.skipif(connection.vendor == "mysql", reason="how it folds is a part of the column there")
def test_what_was_folded_otherwise_is_folded_anew(db, monkeypatch):
    """Of rows that were written before folding changed; nothing is recorded."""
    editor = SimpleNamespace(connection=connection, execute=execute)
    monkeypatch.setattr(search, "_LETTERS", {})
    if connection.vendor == "postgresql":
        execute(search._FUNCTION.format(collation="").replace("’", "_"))
    authors = [Author.objects.create(name=f"O’Brien {number}") for number in range(3)]
    assert not Author.objects.filter(matching("o'brien")).exists()
    monkeypatch.undo()
    monkeypatch.setattr(search, "BATCH", 2)
    search.create_function(editor)
    state = ProjectState.from_apps(apps)
    search.FoldAnew("author").database_forwards("library", editor, state, state)
    assert set(Author.objects.filter(matching("o'brien"))) == set(authors)
    assert Author.history_model.objects.count() == 3


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
