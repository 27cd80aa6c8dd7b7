import pytest
from django.db import connection, transaction

from backoffice.progress import bar
from backoffice.sql import bulk_load
from tests.library.models import Author

pytestmark = pytest.mark.django_db


def load(rows, **options):
    bulk_load.load_rows(Author, ["id", "name", "mentor_id"], rows, **options)


def test_rows_of_an_iterator_are_inserted():
    load((number, f"Author\t{number}\\ 李", 1 if number > 1 else None) for number in range(1, 6002))
    assert Author.objects.count() == 6001
    assert Author.objects.get(pk=2).name == "Author\t2\\ 李"
    assert Author.objects.get(pk=1).students.count() == 6000


def test_new_rows_get_keys_behind_the_loaded_ones():
    load([(5, "Jane", None)])
    bulk_load.settle(Author)
    assert bulk_load.next_key(Author) == 6
    mary = Author.objects.create(name="Mary")
    assert mary.pk == 6 or (
        connection.vendor == "mysql" and mary.pk > 6
    )  # a rollback leaves its counter as it is


def test_a_table_without_rows_starts_at_one():
    assert bulk_load.next_key(Author) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL drops its indexes")
def test_without_indexes_tables_that_hold_rows_are_left_as_they_are():
    Author.objects.create(name="Jane")
    with transaction.atomic(), bulk_load.without_indexes(Author) as freeze:
        assert freeze is False
        assert "author_by_name" in connection.introspection.get_constraints(
            connection.cursor(), "library_author"
        )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL drops its indexes")
def test_a_load_that_fails_leaves_every_index():
    def rows():
        yield (1, "Jane", None)
        raise ValueError

    with pytest.raises(ValueError), transaction.atomic(), bulk_load.without_indexes(Author):  # noqa: PT011
        load(rows())
    assert "author_by_name" in connection.introspection.get_constraints(connection.cursor(), "library_author")


def test_the_bar_passes_everything_on_and_says_how_far_it_is(capsys):
    assert list(bar(iter(range(1000)), 1000, "books")) == list(range(1000))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[4].endswith(" 50%  500 of 1,000 books, 0 s")
