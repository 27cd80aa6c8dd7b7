"""A test that writes past the record fails: in the whole suite, whichever way it does it."""

from threading import Thread

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, models, transaction
from django.db.models.deletion import Collector
from django.db.models.sql import UpdateQuery

from backoffice.operations import guard
from tests.library.models import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return Author.objects.create(name="Ada")


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def collected():
    UpdateQuery(Author).update_batch([1], {"name": "X"}, "default")


def without_the_manager():
    return models.QuerySet(Author)


WAYS = {
    "update": lambda: without_the_manager().update(name="X"),
    "delete": lambda: without_the_manager().filter(name="Ada")._raw_delete("default"),
    "bulk create": lambda: without_the_manager().bulk_create([Author(name="X")]),
    "batch of Django's collector": collected,
    "SQL": lambda: execute("UPDATE library_author SET name = 'X'"),
    "SQL with a schema": lambda: execute('DELETE FROM "main"."library_author"'),
    "SQL behind a comment": lambda: execute("/* tidy */ DELETE FROM library_author"),
    "SQL inside another statement": lambda: execute(
        "WITH x AS (SELECT 1) INSERT INTO library_author (id) SELECT 1"
    ),
    "SQL that empties": lambda: execute("TRUNCATE TABLE library_author"),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_writes_past_the_record_is_refused(author, way):
    with pytest.raises(guard.UnrecordedWrite):
        WAYS[way]()


ACCOUNT_WAYS = {
    "update": lambda: models.QuerySet(User).update(is_staff=True),
    "delete": lambda: models.QuerySet(Group)._raw_delete("default"),
    "bulk create": lambda: Group._base_manager.bulk_create([Group(name="X")]),
    "base manager": lambda: User._base_manager.update(is_superuser=True),
    "membership": lambda: User.groups.through.objects.create(user_id=1, group_id=1),
    "SQL": lambda: execute("DELETE FROM auth_user"),
}


@pytest.mark.parametrize("way", ACCOUNT_WAYS)
def test_what_writes_to_accounts_past_the_log_is_refused(hr, way):
    with pytest.raises(guard.UnrecordedWrite):
        ACCOUNT_WAYS[way]()


@pytest.mark.unrecorded
def test_it_can_be_allowed_for_a_test(author):
    WAYS["SQL"]()
    assert Author.objects.get().name == "X"


@pytest.mark.unrecorded
def test_a_bare_collector_is_refused_outside_of_tests_too(author):
    collector = Collector("default")
    collector.collect([author])
    refused = pytest.raises(guard.UnrecordedWrite, match=r"library_author would leave no record")
    with refused, transaction.atomic():
        collector.delete()
    assert Author.objects.exists()


def test_reading_and_locking_is_no_writing(author):
    assert list(Author.objects.select_for_update()) == [author]
    execute("SELECT name FROM library_author")


def test_tables_without_a_record_are_nobodys_business(hr):
    hr.email = "hr@example.com"
    hr.save()


@pytest.mark.django_db(transaction=True)
def test_other_threads_are_watched(author):
    refused = []

    def write():
        try:
            WAYS["SQL"]()
        except guard.UnrecordedWrite as error:
            refused.append(error)
        finally:
            connection.connection.close()  # Django leaves a database in memory open

    thread = Thread(target=write)
    thread.start()
    thread.join()
    assert refused
