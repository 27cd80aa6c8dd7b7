"""Accounts that are linked to nobody: whose they are an address says, which whoever may write addresses may make up."""

import io
import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.management import call_command

from backoffice.models import PurgeRequest
from backoffice.operations import operation
from backoffice.privacy import export, requests
from backoffice.privacy.subjects import Due, subject_of
from organization.models import Employee, Grant
from tests.growth import queries
from tests.privacy.test_pages import PURGE
from tests.privacy.test_purge import LONG_AGO, ask, leaver, purge, subject

pytestmark = pytest.mark.django_db

STANDS = "An account with an e-mail address of theirs is linked to nobody"


@pytest.fixture
def officers(django_user_model, sales):
    """Two administrators of the people in Sales."""

    def officer(name):
        user = django_user_model.objects.create_user(name, is_staff=True)
        Grant.objects.create(user=user, role=Group.objects.get(name="HR administrator"), department=sales)
        return user

    return [officer(name) for name in ("north", "south")]


@pytest.fixture
def account(django_user_model):
    """A closed one."""
    names = {"first_name": "Zoe", "last_name": "Quux", "email": "Zoe.Quux@example.com"}
    return django_user_model.objects.create_user("zq", is_active=False, **names)


def is_there(account):
    return type(account).objects.filter(pk=account.pk).exists()


def test_one_that_somebody_may_use_stands_against_a_purge(alice, bob, sales, account):
    type(account).objects.update(is_active=True)
    leaver("Zoe Quux", sales, work_email="zoe.quux@example.com")
    due = Due(subject(), Employee.objects.all())
    assert not due.going
    assert [refusal.reason.split(":")[0] for refusal in due.kept if refusal.rows] == [STANDS]
    type(account).objects.filter(pk=account.pk).update(is_active=False)
    assert (purge(alice, bob).number, is_there(account)) == (1, False)


def test_which_accounts_go_along_is_shown_to_who_asks_and_who_approves(panel, alice, bob, hr, sales, account):
    leaver("Zoe Quux", sales, work_email="zoe.quux@example.com")
    boss = leaver("Bo", sales, user=type(account).objects.create_user("bo.b"))
    Employee.objects.create(name="Ada", department=sales, manager=boss)
    for page in (PURGE, f"/admin/backoffice/purgerequest/{ask(alice).pk}/change/"):
        shown = panel.get(page).content.decode()
        assert "Accounts that go along: zq and bo.b." in shown
        assert "Becomes empty: the manager of 1 employee." in shown


def test_a_superusers_stands_against_it_also_when_it_is_closed(sales, account):
    type(account).objects.update(is_superuser=True)
    leaver("Zoe Quux", sales, work_email="zoe.quux@example.com")
    assert not Due(subject(), Employee.objects.all()).going


def test_one_with_an_address_of_before_goes_when_no_record_tells_of_that(alice, bob, sales, account):
    zoe = leaver("Zoe Quux", sales, work_email="zoe.quux@example.com")
    with operation("edit"):
        Employee.objects.filter(pk=zoe.pk).update(name="Zoe Dull", work_email="zoe.dull@example.com")
    call_command("expire_operations", days=0)
    assert not Employee.history_model.objects.filter(old_work_email="zoe.quux@example.com")
    assert told(zoe)["account"]["username"] == "zq"
    assert (purge(alice, bob).number, is_there(account)) == (1, False)


def test_who_sees_a_part_approves_no_purge(officers, sales, account):
    leaver("Anybody", sales, work_email=account.email)
    request = ask(officers[0])
    with pytest.raises(requests.PurgeError, match="who sees everybody has to approve it"):
        requests.approve(request, actor=officers[1])


def test_what_is_approved_by_who_sees_a_part_by_then_comes_back(alice, bob, sales, account):
    leaver("Anybody", sales, work_email=account.email)
    request = ask(alice)
    requests.approve(request, actor=bob)
    bob.user_permissions.clear()
    Grant.objects.create(user=bob, role=Group.objects.get(name="HR administrator"), department=sales)
    request.refresh_from_db()
    with pytest.raises(requests.PurgeError, match="ask again"):
        requests.run(request)
    request.refresh_from_db()
    assert (request.state, is_there(account)) == ("returned", True)


def test_what_was_approved_by_who_has_no_account_any_more_comes_back(alice, bob, sales):
    leaver("Anybody", sales)
    request = ask(alice)
    requests.approve(request, actor=bob)
    bob.delete()
    with pytest.raises(requests.PurgeError, match="no account any more"):
        requests.run(PurgeRequest.objects.get())
    assert PurgeRequest.objects.get().state == "returned"


def test_one_by_its_user_name_is_theirs_too(alice, bob, sales, account):
    type(account).objects.update(email="")
    type(account).objects.filter(pk=account.pk).update(username="zoe.quux@example.com")
    leaver("Zoe Quux", sales, work_email="zoe.quux@example.com")
    assert (purge(alice, bob).number, is_there(account)) == (1, False)


def test_an_open_one_of_who_was_deleted_is_nobody_else_of_that_name(alice, sales, account):
    type(account).objects.filter(pk=account.pk).update(is_active=True, last_name="Quuxington")
    person = Employee.objects.create(name="Zoe Quuxington", department=sales, user=account)
    Employee.objects.create(name="Ada", department=sales, notes="Ask Zoe Quuxington or Ms Quuxington")
    with operation("delete", actor=alice):
        person.delete()
    call_command("expire_operations", days=0)
    assert (Employee.objects.get().notes, is_there(account)) == ("Ask [removed] or Ms [removed]", True)


def test_by_the_address_alone_none_goes_that_nobody_was_shown(alice, sales, account):
    """It may be of who stays: a row was there twice, or the address was typed into another one."""
    Grant.objects.create(user=account, role=Group.objects.get(name="Viewer"), department=sales)
    Employee.objects.create(name="Quux, Zoe", department=sales)
    twice = Employee.objects.create(name="Zoe Quux", department=sales, work_email="zoe.quux@example.com")
    with operation("delete", actor=alice):
        twice.delete()
    call_command("expire_operations", days=0)
    assert not Employee.history_model.objects.filter(row=twice.pk).exists()
    assert (is_there(account), Grant.objects.count()) == (True, 1)


def test_it_is_told_of_in_what_is_held_but_a_superusers_to_superusers_alone(alice, hr, sales, account):
    zoe = leaver("Zoe Quux", sales, work_email=account.email)
    assert told(zoe, alice)["account"]["username"] == "zq"
    type(account).objects.filter(pk=account.pk).update(is_superuser=True)
    assert told(zoe, alice) == {}
    assert told(zoe, hr)["account"]["username"] == "zq"


def test_a_second_account_is_told_of_as_well(hr, sales, account):
    zoe = leaver("Zoe Quux", sales, work_email=account.email, user=hr)
    assert [told(zoe, name=name)["account"]["username"] for name in ("account.json", "account-2.json")] == [
        "hr",
        "zq",
    ]


def test_that_of_who_stays_is_theirs(alice, bob, sales, account):
    """They have an address by now that was a leaver's."""
    zoe = leaver("Zoe Quux", sales, work_email=account.email)
    Employee.objects.filter(pk=zoe.pk).update(work_email=None)
    Employee.objects.create(name="Zora Quux", department=sales, work_email=account.email)
    purge(alice, bob)
    assert is_there(account)


def told(person, reader=None, name="account.json"):
    content = b"".join(export.chunks(subject_of(Employee), person, reader=reader))
    return json.loads(zipfile.ZipFile(io.BytesIO(content)).read(name))


def test_one_with_an_address_that_somebody_who_stays_had_is_not_theirs_alone(alice, bob, sales, account):
    judith = Employee.objects.create(name="Judith", department=sales, work_email="zoe.quux@example.com")
    with operation("edit"):
        Employee.objects.filter(pk=judith.pk).update(work_email="judith@example.com")
    EmailAddress.objects.create(user=account, email="zq@example.com", verified=True)
    zoe = leaver("Zoe Quux", sales, work_email="zq@example.com")
    with operation("edit"):
        Employee.objects.filter(pk=zoe.pk).update(work_email="zoe.quux@example.com")
    assert (purge(alice, bob).number, is_there(account)) == (1, True)


def test_one_with_a_confirmed_address_of_theirs_goes_along(alice, bob, sales, account):
    type(account).objects.filter(pk=account.pk).update(email="other@example.com")
    EmailAddress.objects.create(user=account, email="Zoe.Quux@example.com", verified=True)
    leaver("Zoe Quux", sales, work_email="zoe.quux@example.com")
    assert (purge(alice, bob).number, is_there(account)) == (1, False)


@pytest.mark.parametrize("is_deleted", [False, True])
def test_those_that_seem_to_be_theirs_and_stay_are_named(panel, hr, sales, account, is_deleted):
    """By the name, or as somebody may use the account of who was deleted."""
    type(account).objects.filter(pk=account.pk).update(is_active=is_deleted, username="ZOE-QUUX")
    if not is_deleted:
        type(account).objects.filter(pk=account.pk).update(email="", first_name="", last_name="")
    zoe = leaver("Zoe Quux", sales, work_email="zoe.quux@example.com")
    if is_deleted:
        with operation("delete", actor=hr):
            zoe.delete()
    shown = panel.get(PURGE).content.decode()
    assert "though they seem to be theirs: ZOE-QUUX." in shown


def test_a_closed_one_of_their_name_alone_is_nobody_else_of_that_name(
    alice, bob, sales, account, capsys, monkeypatch
):
    """It stays, as the command says; an open one may be of a namesake."""
    type(account).objects.filter(pk=account.pk).update(
        email="", username="zoe.quuxington", last_name="Quuxington"
    )
    type(account).objects.create_user("zorbl", first_name="Zoe", last_name="Zorblaxson")
    leaver("Zoe Quuxington", sales)
    leaver("Ann Zorblaxson", sales, user=type(account).objects.create_user("annz"))
    Employee.objects.create(name="Ada", department=sales, notes="Ask Zoe Quuxington, Quuxington, Zorblaxson")
    for step in ({"preview": True}, {"ask_as": "alice"}, {"approve_as": "bob"}):
        monkeypatch.setattr("getpass.getuser", lambda name=str(step): name)
        call_command("purge_leavers", **step)
        said = capsys.readouterr().out
        assert "Accounts that go along: annz.\n" in said
        assert "though they seem to be theirs: zoe.quuxington." in said
    call_command("purge_leavers", run=True)
    assert Employee.objects.get().notes == "Ask [removed], [removed], Zorblaxson"


def test_all_of_however_many_are_counted_at_the_same_cost(panel, alice, sales, account):
    user = type(account)
    user.objects.filter(pk=account.pk).update(email="")

    def cost(*numbers):
        values = {"department": sales, "status": "left", "end_date": LONG_AGO}
        addresses = [f"p{n}@example.com" for n in numbers]
        Employee.objects.bulk_create(Employee(name="P 1", work_email=each, **values) for each in addresses)
        user.objects.bulk_create(user(username=each, email=each, is_active=False) for each in addresses)
        return len(queries(panel, PURGE)[0])

    before = cost(*range(30))
    assert cost(*range(30, 1_030)) == before
    leaver("Zoe Quux", sales)
    for page in (PURGE, f"/admin/backoffice/purgerequest/{ask(alice).pk}/change/"):
        shown = panel.get(page).content.decode()
        assert "p19@example.com and 1,010 more." in shown
        assert "though they seem to be theirs: zq." in shown
