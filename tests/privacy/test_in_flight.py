"""A purge while somebody has written and not committed yet: theirs is not lost, and the name does not stay in it."""

from contextlib import contextmanager
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Q

from backoffice.models import LegalHold
from backoffice.operations import operation
from backoffice.privacy import gone, holds, requests
from backoffice.privacy.requests import PurgeError
from organization.models import Employee
from tests.in_flight import in_flight
from tests.privacy.test_purge import ask, leaver

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="SQLite has one writer, MySQL locks no table within a transaction",
    ),
]
NOTE = "Deputy of Zoe Quuxanna"


@pytest.fixture
def ada(sales):
    return Employee.objects.create(name="Ada", department=sales, notes=NOTE)


@pytest.fixture
def approved(alice, bob, sales, ada):
    leaver("Zoe Quuxanna", sales)
    request = ask(alice)
    requests.approve(request, actor=bob)
    return request


def test_what_somebody_is_just_writing_is_not_lost_and_keeps_no_name(approved, bob, sales, ada):
    def write():
        with operation("edit"):
            Employee.objects.filter(pk=ada.pk).update(location="Hall 9")
            Employee.objects.create(name="Ben", department=sales, notes=NOTE)

    with in_flight(write):
        requests.run(approved, actor=bob)
    ada.refresh_from_db()
    assert (ada.location, ada.notes) == ("Hall 9", Employee.objects.get(name="Ben").notes)
    named = Q(old_notes__contains="Quux") | Q(new_notes__contains="Quux")
    assert not Employee.history_model.objects.filter(named).exists()
    assert "Quux" not in ada.notes
    call_command("check_histories")


def test_a_name_that_somebody_is_just_giving_to_a_job_brings_the_request_back(approved, bob, ada):
    title = Employee.objects.filter(pk=ada.pk)
    with (
        in_flight(lambda: title.update(job_title="Assistant of Quuxanna")),
        pytest.raises(PurgeError, match="that nobody was shown"),
    ):
        requests.run(approved, actor=bob)
    assert (approved.state, title.get().job_title) == ("returned", "Assistant of Quuxanna")


def test_who_is_just_being_changed_is_not_purged(approved, bob):
    zoe = Employee.objects.filter(name="Zoe Quuxanna")
    with in_flight(lambda: zoe.update(location="Hall 9")), pytest.raises(PurgeError, match="changed one"):
        requests.run(approved, actor=bob)
    assert zoe.get().location == "Hall 9"


@contextmanager
def somebody_writes():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE organization_employee IN ROW EXCLUSIVE MODE")
            yield
    finally:
        other.close()


def test_a_purge_does_not_wait_for_ever(approved, bob):
    with somebody_writes(), pytest.raises(PurgeError, match="run it again later"):
        requests.run(approved, actor=bob, seconds=0)
    approved.refresh_from_db()
    assert approved.state == "approved"
    requests.run(approved, actor=bob)


def test_nor_does_the_night(ada, monkeypatch):
    key = ada.pk
    ada.delete()
    monkeypatch.setattr(gone, "erase", partial(gone.erase, seconds=0))
    with somebody_writes(), pytest.raises(CommandError, match="run it again later"):
        call_command("expire_operations", days=0)
    call_command("expire_operations", days=0)
    assert not Employee.history_model.objects.filter(row=key).exists()


def test_who_is_just_being_deleted_is_not_held(bob, ada):
    with in_flight(Employee.objects.get(pk=ada.pk).delete), pytest.raises(Employee.DoesNotExist):
        holds.place(ada, actor=bob, reason="Law suit")
    assert not LegalHold.objects.exists()


def test_who_is_just_being_held_is_not_purged(approved, alice, bob):
    zoe = Employee.objects.get(name="Zoe Quuxanna")
    with (
        in_flight(lambda: holds.place(zoe, actor=alice, reason="Law suit")),
        pytest.raises(PurgeError, match="changed one"),
    ):
        requests.run(approved, actor=bob)
    assert Employee.objects.filter(pk=zoe.pk).exists()


def test_a_purge_has_memory_for_the_keys_of_many(approved, bob):
    with transaction.atomic(), connection.cursor() as cursor:
        requests.run(approved, actor=bob)
        cursor.execute("SHOW work_mem")
        assert cursor.fetchone() == ("64MB",)
