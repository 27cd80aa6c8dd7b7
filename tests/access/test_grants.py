"""Giving and taking roles: the page, the commands, the roles themselves."""

from html import unescape

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.utils import translation

from backoffice.access import roles, visible
from backoffice.access.roles import begin, update_roles
from backoffice.admin.log import told
from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.accounts import kept_up
from backoffice.operations.undo import undo
from organization.models import Department, Employee, Grant
from tests.sessions import show_who_it_is

GRANTS = "/admin/organization/grant/"
LOG = "/admin/backoffice/operation/"
DELETED_GRANTS = "/admin/deleted/?model=organization.Grant"


@pytest.fixture
def sales(db):
    return Department.objects.create(name="Sales", code="S")


@pytest.fixture
def lee(db):
    return User.objects.create(username="lee")


def role(name):
    return Group.objects.get(name=name)


def administrator(client, **where):
    user = User.objects.create(username="kim")
    Grant.objects.create(user=user, role=role("HR administrator"), **where)
    client.force_login(user)
    return show_who_it_is(client)


def update(label="organization"):
    """As `migrate` of a later release."""
    begin()
    update_roles(apps.get_app_config(label), "default")


def test_the_roles_are_there_with_their_permissions(db):
    for declared in roles():
        group = role(declared.name)
        held = {
            f"{p.content_type.app_label}.{p.codename}"
            for p in group.permissions.select_related("content_type")
        }
        there = {
            f"{p.content_type.app_label}.{p.codename}"
            for p in Permission.objects.select_related("content_type")
        }
        assert held == declared.permissions & there


def test_a_role_gets_back_what_it_lost_and_keeps_what_was_added(db):
    viewer = role("Viewer")
    added = Permission.objects.get(codename="view_group")
    viewer.permissions.set([added])
    update()
    update()
    held = set(viewer.permissions.values_list("codename", flat=True))
    assert held == {"view_group", "view_employee", "view_department"}


def test_a_role_loses_what_was_withdrawn(db):
    auditor = role("Auditor")
    auditor.permissions.add(Permission.objects.get(codename="view_import"))
    update("backoffice")
    assert not auditor.permissions.filter(codename="view_import").exists()


def test_what_a_role_gets_back_or_loses_is_told_in_the_log_and_as_a_security_event(db, events):
    viewer, auditor = role("Viewer"), role("Auditor")
    mine, withdrawn = (Permission.objects.get(codename=name) for name in ("view_employee", "view_import"))
    viewer.permissions.remove(mine)
    auditor.permissions.add(withdrawn)
    events.clear()
    update()
    update("backoffice")
    assert [(each["row"], each["change"], each["keys"]) for each in events] == [
        (viewer.pk, "added", [mine.pk]),
        (auditor.pk, "removed", [withdrawn.pk]),
    ]
    lines = [line.details["noted"] for line in Operation.objects.order_by("-pk")[:2]]
    assert lines == [
        [["auth.Group", auditor.pk, "updated", {"removed": ["permissions", [str(withdrawn)]]}]],
        [["auth.Group", viewer.pk, "updated", {"added": ["permissions", [str(mine)]]}]],
    ]


def test_what_a_role_begins_with_is_no_deed_of_anybody(db, events):
    with kept_up():
        role("Viewer").delete()
    begin()
    for label in ("backoffice", "organization", "auth"):
        update_roles(apps.get_app_config(label), "default")
    assert role("Viewer").permissions.exists()
    assert not events
    assert not Operation.objects.exists()


def test_nothing_is_written_when_nothing_is_missing(db):
    update()
    before = list(role("Viewer").permissions.through.objects.values_list("pk", flat=True))
    update()
    assert before == list(role("Viewer").permissions.through.objects.values_list("pk", flat=True))


def test_there_is_no_account_to_begin_with(db):
    assert not User.objects.exists()


@pytest.mark.parametrize("named", ["viewer", "Viewer", "hr-officer", "HR Officer"])
def test_the_command_gives_a_role(lee, sales, named, capsys):
    call_command("grant", "lee", named, department="S")
    assert Grant.objects.get().department == sales
    call_command("grant", "lee", named, department="Sales")
    assert "already" in capsys.readouterr().out
    call_command("grants")
    assert "Sales" in capsys.readouterr().out
    call_command("revoke", "lee", named, department=str(sales.pk))
    assert not Grant.objects.exists()
    assert list(Operation.objects.order_by("pk").values_list("kind", flat=True))[-2:] == ["grant", "revoke"]


def test_the_command_says_of_whom_to_take_a_role(lee, sales, capsys):
    call_command("grant", "lee", "viewer", department="S")
    sales.head = Employee.objects.create(name="Lee", department=sales, user=lee)
    sales.save()
    capsys.readouterr()
    call_command("grants")
    key = Grant.objects.get().pk
    told = [f"lee\tViewer\tSales\tgrant {key}", "lee\tDepartment head\tSales\thead of it"]
    assert capsys.readouterr().out.splitlines() == told
    Employee.objects.update(status=Employee.Status.LEFT, end_date="2026-01-31")
    User.objects.update(is_active=False)
    call_command("grants", "lee")
    assert capsys.readouterr().out.splitlines() == [
        f"{told[0]}, account closed",
        f"{told[1]}, has left, account closed",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody", "viewer"), "no account"),
        (("lee", "king"), "Use one of: viewer"),
        (("lee", "viewer", "X"), "no department"),
        (("lee", "viewer", ""), "--department is empty"),
    ],
)
def test_the_command_names_what_is_wrong(lee, arguments, words):
    user, named, *where = arguments
    with pytest.raises(CommandError, match=words):
        call_command("grant", user, named, department="".join(where))


def test_an_administrator_gives_and_takes_a_role(client, lee, sales):
    browser = administrator(client)
    assert (
        browser.post(
            f"{GRANTS}add/", {"user": lee.pk, "role": role("Viewer").pk, "department": sales.pk}
        ).status_code
        == 302
    )
    grant = Grant.objects.get(user=lee)
    assert "Sales" in browser.get(GRANTS).content.decode()
    page = browser.get(f"{GRANTS}{grant.pk}/delete/").context["page"]
    browser.post(f"{GRANTS}{grant.pk}/delete/", {"previewed": page.fingerprint})
    assert not Grant.objects.filter(user=lee).exists()


def test_roles_are_called_what_people_call_them(client, lee, sales):
    Grant.objects.create(user=lee, role=role("Viewer"), department=sales)
    browser = administrator(client)

    def german(page):
        return browser.get(page, headers={"accept-language": "de"}).content.decode()

    listed, form, views = (
        german(page) for page in (GRANTS, f"{GRANTS}add/", "/admin/organization/employee/views/")
    )
    assert ">Leserecht</td>" in listed
    assert ">Leserecht</option>" in form
    assert "vergebene Rolle hinzufügen" not in form
    assert ">Leserecht</option>" in views
    assert "Rolle „Personaladministration“" in german(f"/admin/organization/department/{sales.pk}/change/")
    grant = german(f"{GRANTS}{Grant.objects.get(user=lee).pk}/change/")
    assert "Leserecht, Sales</h1>" in grant
    assert "Viewer" not in grant
    assert role("Viewer").name == "Viewer"


def test_the_log_tells_a_role_in_the_language_of_who_reads_it(client, lee):
    browser = administrator(client)
    posted = {"user": lee.pk, "role": role("Department head").pk}
    browser.post(f"{GRANTS}add/", posted, headers={"accept-language": "de"})
    line = Operation.objects.first()
    assert line.subject == "lee: Department head, all departments"
    history = f"{GRANTS}{Grant.objects.get(user=lee).pk}/history/"
    pages = (
        LOG,
        f"{LOG}{line.pk}/change/",
        f"{LOG}{line.pk}/undo/",
        f"{LOG}log.csv",
        f"{LOG}mine/",
        "/admin/",
        history,
    )

    def read(language, page):
        answer = browser.get(page, headers={"accept-language": language})
        return unescape(answer.getvalue().decode())

    for page in pages:
        assert "lee: Abteilungsleitung, alle Abteilungen" in read("de", page)
        assert "Department head" not in read("de", page)  # nor in what a link is called by
        assert "lee: Department head, all departments" in read("en", page)
    for language, words, number in (("de", "lee leitung", 1), ("de", "head lee", 1), ("en", "leitung", 0)):
        assert read(language, f"{LOG}?q={words}").count("/undo/") == number
    row = f"organization.Grant:{Grant.objects.get(user=lee).pk}"
    browser.post(f"{LOG}{line.pk}/undo/?row={row}", headers={"accept-language": "de"})
    assert (Operation.objects.first().kind, Operation.objects.first().subject) == ("undo", line.subject)


def test_the_log_tells_the_groups_of_an_account_in_the_language_of_who_reads_it(panel, lee):
    for language, deed in (("de", lee.groups.add), ("en", lee.groups.remove)):
        with translation.override(language):
            deed(role("Viewer"))
    lines = Operation.objects.order_by("-pk")[:2]
    said = [
        panel.get(f"{LOG}{line.pk}/change/", headers={"accept-language": language}).content.decode()
        for line, language in zip(lines, ("de", "en"), strict=True)
    ]
    assert "Gruppen entfernt: Leserecht" in said[0]
    assert "groups added: Viewer" in said[1]


def test_a_role_that_was_recorded_in_another_language_is_told_and_what_is_called_like_one_stays(client, lee):
    Grant.objects.create(user=lee, role=role("Viewer"), department=Department.objects.create(name="Revision"))
    line = Operation.objects.first()
    assert told.what(line) == "Addition: lee: Viewer, Revision"
    line.subject = "lee: Leserecht, Revision, kim: Revision, alle Abteilungen"
    assert told.subject(line) == "lee: Viewer, Revision, kim: Auditor, all departments"


def test_the_same_role_is_given_once(client, lee):
    browser = administrator(client)
    posted = {"user": lee.pk, "role": role("Viewer").pk}
    assert browser.post(f"{GRANTS}add/", posted).status_code == 302
    again = browser.post(f"{GRANTS}add/", posted)
    assert again.context["errors"] == [["This account has the role for all departments already."]]
    assert Grant.objects.filter(user=lee).count() == 1


@pytest.mark.skipif(not connection.features.supports_partial_indexes, reason="there, a lock alone sees to it")
def test_the_database_keeps_a_role_for_everything_once(lee):
    Grant.objects.create(user=lee, role=role("Viewer"))
    with pytest.raises(IntegrityError):
        Grant.objects.create(user=lee, role=role("Viewer"))


def test_nobody_gives_a_role_that_holds_more_than_their_own(client, lee):
    king = Group.objects.create(name="King")
    king.permissions.add(Permission.objects.get(codename="change_user"))
    browser = administrator(client)
    assert browser.post(f"{GRANTS}add/", {"user": lee.pk, "role": king.pk}).status_code == 200
    grant = Grant.objects.create(user=lee, role=king)
    assert browser.post(f"{GRANTS}{grant.pk}/delete/").status_code == 403
    grant.delete()
    deletion = Operation.objects.order_by("-pk").first()
    assert browser.post(f"/admin/backoffice/operation/{deletion.pk}/undo/").status_code == 403
    assert not Grant.objects.filter(user=lee).exists()


@pytest.mark.parametrize(("where", "status"), [("sales", 302), ("other", 200), ("", 200)])
def test_a_role_is_given_within_ones_own_departments(client, lee, sales, where, status):
    Employee.objects.create(name="Lee", department=sales, user=lee)
    keys = {"sales": sales.pk, "other": Department.objects.create(name="Other").pk, "": ""}
    browser = administrator(client, department=sales)
    posted = {"user": lee.pk, "role": role("Viewer").pk, "department": keys[where]}
    response = browser.post(f"{GRANTS}add/", posted)
    assert response.status_code == status, response.context["errors"]


def test_roles_are_given_and_taken_where_one_may_give_them_whatever_else_one_may(client, lee, sales):
    """Permissions of one's own to add, see and delete what was granted do not widen it."""
    other = Department.objects.create(name="Other")
    taken = Grant.objects.create(user=lee, role=role("Viewer"), department=other)
    browser = administrator(client, department=sales)
    kim = User.objects.get(username="kim")
    codes = ["add_grant", "view_grant", "delete_grant", "view_department", "view_user"]
    codes += ["view_operation", "undo_others"]
    kim.user_permissions.set(Permission.objects.filter(codename__in=codes))
    for where, status in (("", 200), (other.pk, 200), (sales.pk, 302)):
        posted = {"user": lee.pk, "role": role("Viewer").pk, "department": where}
        assert browser.post(f"{GRANTS}add/", posted).status_code == status, where
    assert browser.get(f"{GRANTS}{taken.pk}/change/").status_code == 200
    assert browser.post(f"{GRANTS}{taken.pk}/delete/").status_code == 403
    taken.delete()
    assert browser.post(f"{LOG}{Operation.objects.latest('pk').pk}/undo/").status_code == 403
    assert list(Grant.objects.filter(user=lee).values_list("department", flat=True)) == [sales.pk]


def test_an_officer_gives_no_roles(client, lee):
    Grant.objects.create(user=lee, role=role("HR officer"))
    client.force_login(lee)
    assert client.get(f"{GRANTS}add/").status_code == 403


def test_a_deleted_department_takes_its_grants_along_and_undo_brings_them_back(lee, sales):
    Grant.objects.create(user=lee, role=role("Viewer"), department=sales)
    sales.delete()
    assert not visible(User.objects.get(pk=lee.pk), Employee.objects.all())
    undo(Operation.objects.order_by("-pk").first())
    assert str(Grant.objects.get().department) == "Sales"


def test_bringing_back_a_role_that_was_taken_asks_who_one_is(client, hr, sales, lee):
    Grant.objects.create(user=lee, role=role("Viewer"), department=sales)
    with operation("revoke", actor=hr) as it:
        Grant.objects.all().delete()
    client.force_login(hr)
    url = f"/admin/backoffice/operation/{it.operation.pk}/undo/"
    assert client.post(url)["Location"].startswith("/account/reauthenticate/")
    assert not Grant.objects.exists()
    show_who_it_is(client).post(url)
    assert Grant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_each_role_that_comes_or_goes_is_a_security_event(sales, lee, monkeypatch):
    said = []
    monkeypatch.setattr(
        "backoffice.operations.current.event", lambda code, **facts: said.append((code, facts))
    )
    call_command("grant", "lee", "viewer", department="S")
    undo(Operation.objects.first())
    told = [(facts["deed"], facts["keys"]) for code, facts in said if code == "authz_change"]
    keys = {"user": lee.pk, "role": role("Viewer").pk, "department": sales.pk}
    assert told == [("created", keys), ("deleted", keys)]


def test_a_role_that_was_taken_keeps_its_name_without_its_account_and_is_not_offered_to_be_restored(
    panel, lee, sales
):
    call_command("grant", "lee", "hr_officer", department="S")
    key = Grant.objects.get().pk
    call_command("revoke", "lee", "hr_officer", department="S")
    assert "undo/?row=" in panel.get(DELETED_GRANTS).content.decode()
    lee.delete()
    page = panel.get(DELETED_GRANTS).content.decode()
    assert f'/{key}/history/">lee: HR officer, Sales</a></th>' in page
    assert "undo/?row=" not in page
    assert f"granted role {key}" not in panel.get(f"{GRANTS}{key}/history/").content.decode()
