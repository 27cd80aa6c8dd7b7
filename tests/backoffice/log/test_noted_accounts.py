"""What is done to accounts and groups is in the log; without names and passwords, and not to be undone."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.http import HttpResponse

from backoffice.models import Operation
from backoffice.operations.undo import UndoError, undo
from backoffice.security.events import EventsMiddleware
from tests.scale.forms import posted_from
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


def test_a_group_that_takes_and_loses_accounts_is_told_by_each_of_them_too(user):
    group = Group.objects.create(name="Clerks")
    other = User.objects.create_user("other")
    for change, deed, of_group in (
        ("added", lambda: group.user_set.add(user), {"added": ["users", [user.pk]]}),
        ("removed", lambda: group.user_set.remove(user), {"removed": ["users", [user.pk]]}),
        ("added", lambda: group.user_set.set([user, other]), {"added": ["users", [user.pk, other.pk]]}),
        ("removed", group.user_set.clear, {"cleared": ["users", []]}),
    ):
        deed()
        label, *whose = facts()
        assert label == ("updated", of_group)
        assert set(map(str, whose)) == {str(("updated", {change: ["groups", ["Clerks"]]}))}
    assert last().rows == {"auth.Group": {"updated": 1}, "auth.User": {"updated": 2}}
    Permission.objects.get(codename="view_book").group_set.add(group)
    assert facts()[1] == ("updated", {"added": ["permissions", ["Library | book | Can view book"]]})


def test_accounts_that_are_changed_in_sets_are_told_one_by_one(user):
    other = User.objects.create_user("other", is_staff=True)
    User.objects.filter(username__in=["clerk", "other"]).update(is_staff=True, email="new@example.com")
    assert last().rows == {"auth.User": {"updated": 2}}
    staff = {"flags": {"is_staff": [False, True]}, "changed": ["email"]}
    assert facts() == [("updated", staff), ("updated", {"changed": ["email"]})]
    assert [key for _label, key, *_ in last().details["noted"]] == [user.pk, other.pk]
    assert set(User.objects.values_list("email", "is_staff")) == {("new@example.com", True)}


def test_a_set_that_is_selected_by_what_it_changes_is_told_as_it_was(user):
    User.objects.filter(is_active=True).update(is_active=False)
    assert facts() == [("updated", {"flags": {"is_active": [True, False]}})]


def test_accounts_that_are_created_saved_and_deleted_in_sets_are_one_line_each_time(user):
    made = User.objects.bulk_create([User(username="a", is_superuser=True), User(username="b")])
    assert last().rows == {"auth.User": {"created": 2}}
    assert facts()[0] == ("created", {"flags": {"is_active": [None, True], "is_superuser": [None, True]}})
    for row in made:
        row.is_staff = True
    User.objects.bulk_update(made, ["is_staff"], batch_size=1)
    assert (last().rows, last().kind) == ({"auth.User": {"updated": 2}}, "edit")
    User.objects.filter(username__in="ab").delete()
    assert last().rows == {"auth.User": {"deleted": 2}}
    with pytest.raises(TypeError, match="cannot be told in the log"):
        User.objects.bulk_create(made, ignore_conflicts=True)


def test_members_of_a_group_that_are_changed_in_a_set_are_told(user):
    group = Group.objects.create(name="Clerks")
    group.user_set.add(user)
    group.user_set.update(is_active=False)
    assert facts() == [("updated", {"flags": {"is_active": [True, False]}})]
    before = Operation.objects.count()
    group.user_set.update(is_active=False)
    User.objects.update(last_login=None)
    assert Operation.objects.count() == before


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
    posted |= {"is_active": "on", "is_staff": "on", "groups": [group.pk]}
    response = show_who_it_is(panel).post(f"/admin/auth/user/{user.pk}/change/", posted)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert (last().kind, last().actor, last().rows) == ("edit", hr, {"auth.User": {"updated": 1}})
    page = panel.get(f"/admin/backoffice/operation/{last().pk}/change/").content.decode()
    assert "staff status: no → yes" in page
    assert "groups added: Clerks" in page
    assert ">clerk</a>" in page


def test_a_sign_in_and_the_day_of_joining_are_no_change_of_who_saves_the_form(panel, user):
    url, joined = f"/admin/auth/user/{user.pk}/change/", user.date_joined
    posted = posted_from(show_who_it_is(panel).get(url).content.decode(), "username")
    User.objects.filter(pk=user.pk).update(last_login=joined)
    response = panel.post(url, {**posted, "first_name": "Kim"}, follow=True)
    assert facts() == [("updated", {"changed": ["first_name"]})]
    assert "merged" not in response.content.decode()
    user.refresh_from_db()
    assert (user.first_name, user.last_login, user.date_joined) == ("Kim", joined, joined)


def test_a_page_that_makes_no_operation_writes_as_who_is_signed_in(rf, hr):
    def page(request):
        User.objects.create_user(f"by {request.user}")
        return HttpResponse()

    for signed_in, actor in ((hr, hr), (AnonymousUser(), None)):
        request = rf.post("/")
        request.user, request.session = signed_in, {}
        EventsMiddleware(page)(request)
        assert (last().actor, last().source) == (actor, "")


def test_who_may_not_view_accounts_reads_nothing_of_them(client, user):
    line = last()
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_operation"))
    client.force_login(reader)
    page = client.get(f"/admin/backoffice/operation/{line.pk}/change/").content.decode()
    assert 'id="noted"' not in page
    assert "You may not see the users of this operation." in page


def test_the_log_is_asked_for_an_account_and_says_whom(panel, user):
    User.objects.create_user("other")
    group = Group.objects.create(name="Clerks")
    group.user_set.add(user)
    user.is_superuser = True
    user.save()
    response = panel.get(f"/admin/auth/user/{user.pk}/history/", follow=True)
    lines = response.context["cl"].result_list
    assert [line.details["noted"][-1][:3] for line in lines] == [
        ["auth.User", user.pk, "updated"],
        ["auth.User", user.pk, "updated"],
        ["auth.User", user.pk, "created"],
    ]
    assert ">Change: clerk</a>" in response.content.decode()
    response = panel.get(f"/admin/auth/group/{group.pk}/history/", follow=True)
    assert [line.rows for line in response.context["cl"].result_list] == [
        {"auth.User": {"updated": 1}, "auth.Group": {"updated": 1}},
        {"auth.Group": {"created": 1}},
    ]
    assert ',Change,"Clerks, clerk",' in panel.get("/admin/backoffice/operation/log.csv").getvalue().decode()


def test_who_may_not_view_accounts_finds_no_line_of_one(client, user):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_operation"))
    client.force_login(reader)
    assert "clerk" not in client.get("/admin/backoffice/operation/").content.decode()
    found = client.get(f"/admin/backoffice/operation/?row=auth.User:{user.pk}").context["cl"].result_list
    assert list(found) == []
    assert client.get(f"/admin/auth/user/{user.pk}/history/").status_code == 403


def test_who_may_not_see_the_log_has_the_history_of_before(client, user):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(reader)
    assert client.get(f"/admin/auth/user/{user.pk}/history/").status_code == 200
