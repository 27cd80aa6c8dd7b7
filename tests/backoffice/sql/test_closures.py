"""The database keeps which authors are below which, in whatever way they are written."""

import random
import re
import threading

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import connection, transaction

from backoffice import tree
from backoffice.operations import guard
from backoffice.sql.bulk_load import load_rows, settle
from tests.library.models import Author

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere a tree is walked"),
]


@pytest.fixture
def line():
    """Ada, her student Bo, and their student Cy."""
    ada = Author.objects.create(name="Ada")
    bo = Author.objects.create(name="Bo", mentor=ada)
    return ada, bo, Author.objects.create(name="Cy", mentor=bo)


def kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT above, below FROM library_author_closure")
        rows = cursor.fetchall()
    assert len(rows) == len(set(rows))
    return set(rows)


def walked():
    mentors = dict(Author.objects.order_by().values_list("pk", "mentor"))
    found = set()
    for key in mentors:
        above, passed = key, set()
        while above is not None and above not in passed:
            passed.add(above)
            above = mentors[above]
        found |= {(each, key) for each in passed}
    return found


def raw(sql, *params):
    with guard.writing(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_a_new_row_is_below_itself_and_all_above(line):
    ada, bo, cy = (each.pk for each in line)
    assert kept() == {(ada, ada), (bo, bo), (cy, cy), (ada, bo), (bo, cy), (ada, cy)} == walked()


def test_a_branch_moves_with_all_that_is_below(line):
    _ada, bo, cy = line
    dan = Author.objects.create(name="Dan")
    bo.mentor = dan
    bo.save()
    assert kept() == walked() >= {(dan.pk, cy.pk)}
    bo.mentor = None
    bo.save()
    assert kept() == walked()
    assert (dan.pk, cy.pk) not in kept()


def test_what_is_written_as_a_set_counts(line):
    _ada, bo, cy = line
    load_rows(Author, ["id", "name", "mentor_id"], [[901, "x", 902], [902, "y", cy.pk], [903, "z", None]])
    assert kept() == walked()
    settle(Author)
    Author.objects.filter(pk__in=[bo.pk, 903]).update(mentor=901)  # a loop, which rules would refuse
    assert kept() == walked()
    Author.objects.filter(pk=bo.pk).update(mentor=None)
    assert kept() == walked()
    raw("UPDATE library_author SET name = 'same', mentor_id = mentor_id")
    assert kept() == walked()
    raw("UPDATE library_author SET mentor_id = NULL WHERE mentor_id = %s", 902)
    raw("DELETE FROM library_author WHERE id = %s", 902)
    assert kept() == walked()


def test_a_row_that_comes_after_those_below_it(line):
    raw("SET CONSTRAINTS ALL DEFERRED")
    raw("INSERT INTO library_author (id, name, mentor_id) VALUES (912, 'child', 911)")
    raw("INSERT INTO library_author (id, name, mentor_id) VALUES (911, 'parent', %s)", line[2].pk)
    assert kept() == walked() >= {(line[0].pk, 912)}


def test_by_chance():
    chance = random.Random(7)
    keys = [Author.objects.create(name=str(n)).pk for n in range(12)]
    for _step in range(60):
        some = chance.sample(keys, chance.randint(1, 4))
        Author.objects.filter(pk__in=some).update(mentor=chance.choice([*keys, None]))
        assert kept() == walked()
        root = chance.choice(keys)
        below = {low for high, low in walked() if high == root}
        assert (
            set(
                Author.objects.filter(pk__in=tree.descendants(Author, "mentor", [root])).values_list(
                    "pk", flat=True
                )
            )
            == below
        )
        under = Author.objects.filter(tree.Under("pk", Author, "mentor", [root]))
        assert set(under.values_list("pk", flat=True)) == below


def test_rows_that_are_gone_leave_nothing(line):
    Author.objects.all().delete()
    assert kept() == set()


def test_a_table_that_is_emptied_leaves_nothing(line):
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw("TRUNCATE library_author CASCADE")
    assert kept() == set()


def test_what_is_taken_back_never_was(line):
    before = kept()
    with transaction.atomic():
        Author.objects.create(name="Never", mentor=line[0])
        transaction.set_rollback(True)
    assert kept() == before


@pytest.mark.django_db(transaction=True)
def test_two_who_move_at_the_same_time(line):
    """Neither sees what the other does: the second waits, and finds both."""
    _ada, bo, cy = line
    dan = Author.objects.create(name="Dan")
    waits = threading.Event()

    def another():
        waits.set()
        Author.objects.filter(pk=bo.pk).update(mentor=dan)
        connection.close()

    with transaction.atomic():
        eve = Author.objects.create(name="Eve")
        Author.objects.filter(pk=dan.pk).update(mentor=eve)
        thread = threading.Thread(target=another)
        thread.start()
        assert waits.wait(10)
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)
    assert kept() == walked() >= {(eve.pk, cy.pk)}


@pytest.mark.django_db(transaction=True)
def test_the_migration_finds_what_is_there_and_can_go_back(line):
    call_command("migrate", "library", "0008", verbosity=0)
    raw("INSERT INTO library_author (id, name, mentor_id) VALUES (921, 'Meanwhile', %s)", line[2].pk)
    call_command("migrate", "library", verbosity=0)
    assert kept() == walked() >= {(line[0].pk, 921)}


def test_a_load_without_triggers_is_an_error_that_says_how_to_mend_it(line):
    def found():
        return [
            one
            for one in run_checks(tags=[Tags.database], databases=["default"])
            if one.id == "backoffice.E002"
        ]

    assert not found()
    raw("SET LOCAL session_replication_role = replica")
    raw("UPDATE library_author SET mentor_id = NULL WHERE id = %s", line[1].pk)
    raw("SET LOCAL session_replication_role = origin")
    [error] = found()
    raw(re.search('echo "(.*)"', error.hint)[1])
    assert kept() == walked()
    assert not found()
