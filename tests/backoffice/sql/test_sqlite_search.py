"""The index that SQLite searches with: nobody writes to it, and nothing is missed without it."""

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.signals import post_migrate
from django.test.utils import CaptureQueriesContext

from backoffice import search
from backoffice.operations.sets import bulk_write
from backoffice.sql import bulk_load, sqlite_search
from tests.library.models import Author, Book

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the other engines have indexes of their own"),
]

NAMES = (
    "Anna Ivanov",
    "Zoë Müller",
    "李 小龙",
    'Ann "Ace" O\'Neil',
    "50%_off",
    "Jan Ananas",
    "X",
    "a  b",
    "😀 Smile",
)
QUERIES = (
    "a",
    "x",
    "an",
    "ann",
    "ivanov",
    "muller",
    "李",
    "小龙",
    '"ace"',
    "o'n",
    "50%_off",
    "50%",
    "b",
    "nobody",
    "smile",
    "van iva",
)


def found(query):
    return {author.name for author in Author.objects.filter(search.matching(query))}


def uses_index(query):
    return "VIRTUAL TABLE" in Author.objects.filter(search.matching(query)).explain()


def lose_triggers():
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER library_author_search_insert")


@pytest.mark.parametrize("query", QUERIES)
def test_the_index_finds_what_reading_the_table_finds(query):
    Author.objects.bulk_create(Author(name=name) for name in NAMES)
    assert uses_index(query)
    with_index = found(query)
    lose_triggers()
    assert not uses_index(query)
    assert with_index == found(query)
    assert bool(with_index) == (query != "nobody")


def test_rows_are_found_whichever_way_they_are_written():
    author = Author.objects.create(name="Saved")
    Author.objects.bulk_create([Author(name="Bulk one"), Author(name="Bulk two")])
    bulk_load.load_rows(Author, ["name"], [["Loaded"]])
    Author.objects.filter(name="Bulk two").update(name="Updated")
    author.name = "Inserted over"
    bulk_write(Author, [author], [Author._meta.get_field("name")])
    for word in ("bulk", "updated", "loaded", "inserted"):
        assert len(found(word)) == 1, word
    assert not found("two") | found("saved")


def test_a_row_that_is_gone_leaves_the_index():
    Author.objects.create(name="Gone")
    Author.objects.all().delete()
    with connection.cursor() as cursor:
        assert not cursor.execute(
            "SELECT rowid FROM library_author_search WHERE library_author_search MATCH 'gon'"
        ).fetchall()


def test_exclude_leaves_out_what_is_found():
    Author.objects.bulk_create([Author(name="Anna"), Author(name="Bob")])
    assert [author.name for author in Author.objects.exclude(search.matching("anna"))] == ["Bob"]


def test_a_related_table_is_searched_with_its_index():
    book = Book.objects.create(title="Emma", author=Author.objects.create(name="Jane"))
    books = Book.objects.filter(search.matching("jan", column="author__search_text"))
    assert list(books) == [book]
    assert "VIRTUAL TABLE" in books.explain()


def test_a_text_that_no_form_lets_through_is_searched_without_the_index():
    assert not found("an\0na")
    assert not found("a" * 5000)


def test_to_know_whether_there_is_an_index_is_no_query_of_a_page():
    with CaptureQueriesContext(connection) as captured:
        found("anna")
    assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_makes_the_table_anew_leaves_the_index_right():
    Author.objects.create(name="Before")
    old, new = Author._meta.get_field("name"), models.CharField(max_length=151)
    new.set_attributes_from_name("name")
    new.model = Author
    with connection.schema_editor() as editor:
        editor.alter_field(Author, old, new, strict=True)
    assert not uses_index("before")
    Author.objects.create(name="Between")
    assert found("between")

    post_migrate.send(
        apps.get_app_config("library"), app_config=apps.get_app_config("library"), using="default"
    )
    assert uses_index("between")
    Author.objects.create(name="After")
    assert found("before") | found("between") | found("after") == {"Before", "Between", "After"}


def test_without_trigrams_the_migration_says_so_and_goes_on(monkeypatch, capsys):
    lose_triggers()
    monkeypatch.setattr(sqlite_search, "KIND", "tokenize='nothing like that'")
    assert not search.create_index(Author, connection)
    assert "Search in authors has no index: this SQLite" in capsys.readouterr().err
    Author.objects.create(name="Anna")
    assert found("anna")


def test_the_index_is_made_once_and_can_be_dropped():
    assert search.create_index(Author, connection)
    with connection.cursor() as cursor:
        for statement in sqlite_search.dropped(search.index_name(Author)):
            cursor.execute(statement)
    Author.objects.create(name="Anna")
    assert not uses_index("anna")
    assert search.create_index(Author, connection)
    assert uses_index("anna")
    assert found("anna")


def test_what_is_loaded_without_indexes_is_found():
    Author.objects.create(name="Before")
    with transaction.atomic(), bulk_load.without_indexes(Author):
        bulk_load.load_rows(Author, ["name"], [["Loaded"]])
        assert not uses_index("loaded")
    assert uses_index("loaded")
    assert found("loaded") | found("before") == {"Loaded", "Before"}
