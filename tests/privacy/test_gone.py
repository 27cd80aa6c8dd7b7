"""Who was deleted the ordinary way is forgotten when nobody can bring them back any more."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from backoffice.models import FormerName, LegalHold, Operation, PurgeRequest
from backoffice.operations import operation
from backoffice.operations.undo import undo
from backoffice.privacy import requests
from backoffice.privacy.subjects import subject_of
from backoffice.privacy.traces import Traces
from backoffice.security.locks import housekeeping
from organization.models import Department, Employee
from tests.privacy.conftest import privacy_officer
from tests.privacy.test_nothing_is_left import IN_FULL, NAME, found, plant, stored
from tests.privacy.test_purge import LONG_AGO, ask, purge

pytestmark = pytest.mark.django_db

NAMED = {"notes": "Covers for Zoe Quux.", "name": "Ada"}


def age(days):
    with housekeeping():
        Operation.objects.update(at=timezone.now() - datetime.timedelta(days=days))


def delete(sales, **values):
    zoe = Employee.objects.create(name="Zoe Quux", department=sales, **values)
    Employee.objects.create(department=sales, manager=zoe, **NAMED)
    with operation("delete", reason="Zoe Quux asked for it"):
        Employee.objects.filter(pk=zoe.pk).delete()
    return zoe.pk


def test_nothing_of_them_stays_after_the_retention(sales, capsys, panel):
    key = delete(sales)
    age(91)
    call_command("expire_operations")
    assert "Removed what was left of 1 people who had been deleted." in capsys.readouterr().out
    assert not Operation.objects.filter(search_text__contains="quux").exists()
    assert not Employee.history_model.objects.filter(row=key).exists()
    assert Employee.objects.get().notes == "Covers for [removed]."
    done = PurgeRequest.objects.get()
    assert (done.state, done.number, done.rows.count()) == ("done", 1, 0)
    page = panel.get(f"/admin/backoffice/purgerequest/{done.pk}/change/").content.decode()
    assert "They were deleted before, and nobody could bring them back any more." in page


def test_what_an_account_was_called_that_went_after_them_goes_too(sales, django_user_model):
    account = django_user_model.objects.create_user("zq", first_name="Zed", last_name="Vornamexx")
    Employee.objects.create(name="Ada", department=sales, notes="Ask Zed Vornamexx, not Zq or Ada")
    delete(sales, user=account)
    account.delete()
    age(91)
    call_command("expire_operations")
    assert Employee.objects.get(notes__startswith="Ask").notes == "Ask [removed], not Zq or Ada"
    assert not FormerName.objects.exists()


def test_names_of_what_was_taken_back_are_looked_for_nowhere(sales, hr):
    """A file whose titles stood in the column of names, say."""
    marketing = Department.objects.create(name="Marketing", email="marketing@example.com")
    ada = Employee.objects.create(
        name="Ada", department=sales, job_title="Marketing Assistant", work_email="ada@example.com"
    )
    with operation("import", actor=hr) as it:
        Employee.objects.create(name="Marketing Assistant", department=sales)
        Employee.objects.filter(pk=ada.pk).update(name="Marketing Assistant")
    undo(it.operation, actor=hr)
    age(91)
    call_command("expire_operations")
    assert not Employee.history_model.objects.exists()
    assert not FormerName.objects.filter(name__contains="Marketing").exists()
    ada.refresh_from_db()
    marketing.refresh_from_db()
    assert (marketing.name, marketing.email, ada.job_title) == (
        "Marketing",
        "marketing@example.com",
        "Marketing Assistant",
    )


def test_a_word_of_their_name_goes_only_where_they_are_named_in_full(sales, alice):
    """Nobody is shown what goes: it may be a word of everyday."""
    ada = Employee.objects.create(
        name="Ada",
        department=sales,
        job_title="Employee Relations Partner",
        notes="Covers for Employee, Test; asks the Employee. Employees Team, te-4711",
    )
    trial = Employee.objects.create(name="Test Employee", department=sales, employee_number="TE-4711")
    with operation("delete", actor=alice, reason="Only a test"):
        trial.delete()
    call_command("expire_operations", days=0)
    ada.refresh_from_db()
    assert ada.job_title == "Employee Relations Partner"
    assert ada.notes == "Covers for [removed]; asks the [removed]. [removed] Team, [removed]"


def test_who_is_deleted_again_by_an_undo_is_forgotten_as_whoever_is_deleted(sales):
    delete(sales)
    undo(undo(Operation.objects.get(kind="delete")).operation)
    age(91)
    call_command("expire_operations")
    assert Employee.objects.get().notes == "Covers for [removed]."


def test_as_long_as_they_can_come_back_all_of_it_stays(sales):
    delete(sales)
    age(89)
    call_command("expire_operations")
    undo(Operation.objects.get(kind="delete"))
    assert Employee.objects.filter(name="Zoe Quux").exists()


def test_who_came_back_stays(sales):
    key = delete(sales)
    undo(Operation.objects.get(kind="delete"))
    age(91)
    call_command("expire_operations")
    assert Employee.objects.get(pk=key).name == "Zoe Quux"
    assert Employee.objects.get(name="Ada").notes == NAMED["notes"]


def test_who_must_be_kept_stays_in_the_log(sales):
    key = delete(sales)
    LegalHold.objects.create(model="organization.Employee", key=key, reason="A trial")
    age(91)
    call_command("expire_operations")
    assert Operation.objects.get(kind="delete").reason == "Zoe Quux asked for it"


@pytest.mark.parametrize("active", [True, False])
def test_an_account_that_nobody_may_use_goes_along(sales, django_user_model, active):
    user = django_user_model.objects.create_user("zoe", is_active=active)
    delete(sales, user=user)
    age(91)
    call_command("expire_operations")
    assert django_user_model.objects.filter(pk=user.pk).exists() is active


def test_after_both_retentions_no_line_about_people_says_a_name(sales, settings):
    zoe = Employee.objects.create(name="Old Name", department=sales)
    age(91)
    call_command("expire_operations")
    assert Operation.objects.filter(subject="Old Name").exists()
    age(settings.LEAVER_RETENTION_DAYS + 1)
    call_command("expire_operations")
    assert not Operation.objects.filter(subject="Old Name").exists()
    assert Operation.objects.filter(subject="Sales").exists()
    assert Employee.objects.filter(pk=zoe.pk).exists()


def test_what_somebody_was_called_is_known_to_a_purge_when_the_record_of_it_is_gone(alice, bob, sales):
    zoe = Employee.objects.create(name="Zoe Quux", department=sales)
    trained = Employee.objects.create(name="Ada", department=sales, notes="Trained by Zoe Quux.")
    Employee.objects.filter(pk=zoe.pk).update(name="Mia Brandnew")
    Employee.objects.filter(pk=zoe.pk).update(status="left", end_date=LONG_AGO)
    age(91)
    call_command("expire_operations")
    call_command("expire_operations")
    assert [(kept.key, kept.name) for kept in FormerName.objects.all()] == [(zoe.pk, "Zoe Quux")]
    zoe.refresh_from_db()
    named = Traces(subject_of(Employee), zoe)
    assert ("organization.Employee", trained.pk, "notes") in list(named.mentions())
    purge(alice, bob)
    trained.refresh_from_db()
    assert trained.notes == "Trained by [removed]."
    assert not Operation.objects.filter(search_text__contains="quux").exists()
    assert not FormerName.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_planted_name_of_somebody_who_was_deleted_is_found_nowhere(sales, hr, django_user_model, panel):
    plant(sales, hr, django_user_model, panel)
    zoe = Employee.objects.get(name=NAME)
    django_user_model.objects.filter(pk=zoe.user_id).update(is_active=False)
    django_user_model.objects.filter(username="zq4712").delete()  # of which only the address is theirs
    zoe.delete()
    assert found(IN_FULL)
    age(91)
    call_command("expire_operations")
    assert found(IN_FULL) == set(), [name for name, _content in stored()]


def test_a_purge_takes_along_who_is_due_and_was_deleted(alice, bob, sales):
    key = delete(sales, status="left", end_date=LONG_AGO)
    other = Employee.objects.create(name="Still Wanted", department=sales)
    Employee.objects.filter(pk=other.pk).delete()
    assert purge(alice, bob).number == 1
    assert not Employee.history_model.objects.filter(row=key).exists()
    assert not Operation.objects.filter(search_text__contains="quux").exists()
    assert Employee.objects.get().notes == "Covers for [removed]."
    undo(Operation.objects.filter(kind="delete").first())
    assert Employee.objects.filter(pk=other.pk).exists()


def test_who_came_back_meanwhile_brings_the_request_back(alice, bob, sales):
    key = delete(sales, status="left", end_date=LONG_AGO)
    request = ask(alice)
    undo(Operation.objects.get(kind="delete"))
    with pytest.raises(requests.PurgeError, match="changed"):
        requests.approve(request, actor=bob)
    assert Employee.objects.filter(pk=key).exists()


def test_who_must_be_kept_is_not_purged_after_a_deletion_either(alice, sales):
    key = delete(sales, status="left", end_date=LONG_AGO)
    LegalHold.objects.create(model="organization.Employee", key=key, reason="A trial")
    with pytest.raises(requests.PurgeError, match="Nobody is due"):
        ask(alice)


def test_whoever_sees_a_part_of_the_tree_approves_nothing_of_who_was_deleted(
    alice, bob, sales, django_user_model
):
    delete(sales, status="left", end_date=LONG_AGO)
    request = ask(alice)
    carl = privacy_officer(django_user_model, "carl", sees=[])
    call_command("grant", "carl", "Viewer", department="Sales")
    assert "who sees everybody has to approve it" in requests.why_not(request, carl)
    assert requests.why_not(request, bob) == ""


def test_the_pages_name_who_was_deleted_and_is_due(panel, sales, alice):
    delete(sales, status="left", end_date=LONG_AGO)
    page = panel.get("/admin/organization/employee/purge/").content.decode()
    assert "Deleted before, and still in the record: 1" in page
    assert "<li>Zoe Quux</li>" in page
    request = ask(alice)
    page = panel.get(f"/admin/backoffice/purgerequest/{request.pk}/change/").content.decode()
    assert "<li>Zoe Quux</li>" in page


@pytest.mark.django_db(transaction=True)
def test_a_planted_name_of_a_leaver_who_was_deleted_is_found_nowhere_after_a_purge(
    alice, bob, sales, hr, django_user_model, panel
):
    plant(sales, hr, django_user_model, panel)
    zoe = Employee.objects.get(name=NAME)
    django_user_model.objects.filter(pk=zoe.user_id).update(is_active=False)
    zoe.delete()
    assert found()
    purge(alice, bob)
    assert found() == set()
