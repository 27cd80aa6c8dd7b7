"""What is done to accounts and groups is in the log; without names and passwords, and not to be undone."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils.timezone import localtime

from backoffice.models import Operation
from backoffice.operations.undo import UndoError, undo
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return User.objects.create_user("clerk", email="clerk@example.com", password="a long enough password")


def last():
    return Operation.objects.first()


def facts():
    return [(action, fact) for _label, _key, action, fact in last().details["noted"]]


def test_a_new_account_is_a_line_that_cannot_be_undone(user):
    assert (last().kind, last().rows) == ("add", {"auth.User": {"created": 1}})
    assert facts() == [("created", {"flags": {"is_active": [None, True]}})]
    with pytest.raises(UndoError, match="not recorded row by row"):
        undo(last())


def test_flags_are_told_from_what_to_what_and_other_columns_only_by_name(user):
    user.is_staff, user.email = True, "other@example.com"
    user.set_password("another long password")
    user.save()
    assert facts() == [("updated", {"flags": {"is_staff": [False, True]}, "changed": ["password", "email"]})]
    assert "example.com" not in str(last().details)


def test_groups_and_permissions_are_told_by_name(user):
    group = Group.objects.create(name="Clerks")
    group.permissions.add(Permission.objects.get(codename="view_book"))
    assert facts()[0][1]["added"][1] == ["Library | book | Can view book"]
    user.groups.add(group)
    assert facts() == [("updated", {"added": ["groups", ["Clerks"]]})]
    user.groups.clear()
    assert facts() == [("updated", {"cleared": ["groups", []]})]


def test_signing_in_is_no_operation(client, user):
    before = Operation.objects.count()
    client.force_login(user)
    user.check_password("a long enough password")
    user.delete()
    assert Operation.objects.count() == before + 1
    assert last().rows == {"auth.User": {"deleted": 1}}


def test_the_form_of_an_account_is_one_operation_of_who_sends_it(panel, hr, user):
    group = Group.objects.create(name="Clerks")
    form = panel.get(f"/admin/auth/user/{user.pk}/change/").context["adminform"].form
    posted = {name: form[name].value() for name in ("username", "email", "first_name", "last_name")}
    joined = localtime(user.date_joined)
    posted |= {"date_joined_0": joined.date(), "date_joined_1": joined.time(), "is_active": "on"}
    posted |= {"is_staff": "on", "groups": [group.pk]}
    response = show_who_it_is(panel).post(f"/admin/auth/user/{user.pk}/change/", posted)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert (last().kind, last().actor, last().rows) == ("edit", hr, {"auth.User": {"updated": 1}})
    page = panel.get(f"/admin/backoffice/operation/{last().pk}/change/").content.decode()
    assert "staff status: no → yes" in page
    assert "groups added: Clerks" in page
    assert ">clerk</a>" in page


def test_who_may_not_view_accounts_reads_nothing_of_them(client, user):
    line = last()
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_operation"))
    client.force_login(reader)
    page = client.get(f"/admin/backoffice/operation/{line.pk}/change/").content.decode()
    assert "Accounts and groups" not in page
    assert "You may not see the users of this operation." in page
