import pytest
from django.db import connection, transaction

from backoffice.sql.frozen import frozen
from tests.library.models import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def authors():
    return Author.objects.bulk_create(Author(name=name) for name in ("Ana", "Bo", "Cy"))


def names(rows):
    return sorted(rows.values_list("name", flat=True))


def test_frozen_rows_stay_when_the_filter_no_longer_finds_them(authors):
    with frozen(Author.objects.filter(name__gte="B")) as rows:
        Author.objects.filter(name="Bo").update(name="Abo")
        Author.objects.create(name="Di")
        assert names(rows) == ["Abo", "Cy"]


def test_frozen_rows_can_be_filtered_excluded_and_updated(authors):
    with frozen(Author.objects.order_by("name")) as rows:
        assert rows.exclude(name="Ana").update(name="Same") == 2
    assert names(Author.objects.all()) == ["Ana", "Same", "Same"]


def test_an_empty_set_can_be_frozen(authors):
    with frozen(Author.objects.none()) as nobody, frozen(Author.objects.filter(name="-")) as none:
        assert (nobody.count(), none.count()) == (0, 0)


def tables():
    if connection.vendor == "mysql":
        pytest.skip("MariaDB lists no temporary tables before 11.2")
    lists = {"sqlite": "SELECT name FROM sqlite_temp_master", "postgresql": "SELECT tablename FROM pg_tables"}
    with connection.cursor() as cursor:
        cursor.execute(lists[connection.vendor])
        return [name for (name,) in cursor.fetchall() if name.startswith("frozen_")]


def test_nothing_is_left_behind(authors):
    with frozen(Author.objects.all()):
        assert tables()
    assert tables() == []


def test_nothing_is_left_behind_by_a_rollback(authors):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), frozen(Author.objects.all()):
        raise ZeroDivisionError
    assert tables() == []
