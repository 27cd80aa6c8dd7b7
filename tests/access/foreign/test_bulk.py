"""Bulk actions and deletions reach nobody of the other company."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import signing

from backoffice import previewed
from organization.models import Department, Employee, Grant
from tests.access.foreign.company import DEPARTMENTS, FOREIGN, PEOPLE, page, saved

BULK = f"{PEOPLE}bulk/"


def select(kim, action, *, everybody=False, rows=()):
    posted = {"action": action, "index": "0"}
    posted |= {"select_across": "1"} if everybody else {"_selected_action": [row.pk for row in rows]}
    return kim.post(PEOPLE, posted, follow=True)


def press(kim, response, stage, **answers):
    hidden = dict(re.findall(r'name="(selection|plan)" value="([^"]*)"', response.content.decode()))
    return kim.post(response.wsgi_request.path, {**hidden, "stage": stage, **answers})


@pytest.mark.parametrize("everybody", [True, False])
def test_a_bulk_action_reaches_ones_own(kim, tree, everybody):
    response = select(kim, "set_fields", everybody=everybody, rows=Employee.objects.all())
    answers = {"set_location": "on", "location": "Moon"}
    response = press(kim, response, "preview", **answers)
    page(response)
    press(kim, response, "apply", **answers)
    assert set(Employee.objects.filter(location="Moon").values_list("name", flat=True)) == {
        "Own 0",
        "Own 1",
        "Own 2",
    }


def test_to_select_what_one_does_not_see_is_a_security_event(kim, tree, own, events):
    foreign = Employee.objects.filter(name__startswith=FOREIGN)
    select(kim, "transfer", rows=[own, *foreign])
    found = [(one["reason"], one["number"]) for one in events if one["event"].startswith("authz_fail")]
    assert found == [("selection", foreign.count())]
    select(kim, "transfer", rows=[own])
    assert len([one for one in events if one["event"].startswith("authz_fail")]) == 1


def test_nobody_is_transferred_out_of_ones_scope(kim, tree, own, events):
    response = select(kim, "transfer", rows=[own])
    page(press(kim, response, "apply", department=tree["other"].pk))
    assert Employee.objects.get(pk=own.pk).department == tree["branch"]
    assert [line["reason"] for line in events] == ["choice"]


def test_the_preview_names_no_foreign_manager(kim, tree, own):
    response = press(kim, select(kim, "set_manager", rows=[own]), "preview", nobody="on")
    assert "outside of what you see" in page(response)


def test_rows_that_one_sees_and_may_not_change_are_refused(kim, user, tree, own):
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"))
    other = Employee.objects.get(name=f"{FOREIGN} 1")
    response = select(kim, "set_fields", rows=[own, other])
    answers = {"set_location": "on", "location": "Moon"}
    response = press(kim, response, "preview", **answers)
    assert "You may see it but not change it." in response.content.decode()
    press(kim, response, "apply_possible", **answers)
    assert list(Employee.objects.filter(location="Moon")) == [own]


def test_how_many_others_would_change_is_not_told(kim, tree, own):
    Employee.objects.filter(name__startswith=FOREIGN).update(manager=own)
    answers = {"status": "left", "end_date": "2026-01-01", "reports": "nobody"}
    text = page(press(kim, select(kim, "change_status", rows=[own]), "preview", **answers))
    assert "Nothing can be changed so: employees that you may not change would change too." in text


def test_a_selection_of_somebody_else_is_refused(kim, tree, hr):
    forged = signing.TimestampSigner(salt=f"backoffice.selection:organization.employee:{hr.pk}")
    token = forged.sign_object(["", None, [3, "exact"], ""], compress=True)
    assert kim.post(f"{BULK}set_fields/", {"selection": token}).status_code == 403


def test_a_deletion_that_would_reach_others_is_refused(kim, tree, own):
    Department.objects.filter(pk=tree["other"].pk).update(head=own)
    url = f"{PEOPLE}{own.pk}/delete/"
    response = kim.get(url)
    assert "you may not change would lose their head" in page(response)
    kim.post(url, {"previewed": response.context["page"].fingerprint})
    assert Employee.objects.filter(pk=own.pk).exists()


def test_a_deletion_that_would_take_along_whom_one_may_not_delete_is_refused(client, tree):
    """The right to delete departments is for these, that to delete people for others."""
    user, role = User.objects.create(username="lee"), Group.objects.create(name="Gardener")
    role.permissions.set(Permission.objects.filter(codename__in=["view_department", "delete_department"]))
    Grant.objects.create(user=user, role=role, department=tree["branch"])
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=tree["branch"])
    Grant.objects.create(user=user, role=Group.objects.get(name="HR administrator"), department=tree["below"])
    client.force_login(user)
    url = f"{DEPARTMENTS}{tree['branch'].pk}/delete/"
    response = client.get(url)
    assert "Employees that you may not delete would go along." in response.content.decode()
    client.post(url, {"previewed": response.context["page"].fingerprint})
    assert Department.objects.filter(pk=tree["branch"].pk).exists()


def test_a_selection_with_somebody_whom_one_sees_and_may_not_delete_is_refused(kim, user, tree, own):
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"))
    response = select(kim, "delete", rows=[own, Employee.objects.get(name=f"{FOREIGN} 1")])
    assert "Employees that you may not delete would go along." in response.content.decode()
    kim.post(response.context["action_url"], {"previewed": response.context["page"].fingerprint})
    assert Employee.objects.count() == 7


def test_ones_own_rows_can_be_deleted(kim, tree, own):
    url = f"{PEOPLE}{own.pk}/delete/"
    kim.post(url, {"previewed": kim.get(url).context["page"].fingerprint})
    assert not Employee.objects.filter(pk=own.pk).exists()


def test_whoever_takes_over_gets_a_manager_who_is_not_named(kim, tree, own):
    heir = Employee.objects.get(name="Own 1")
    Employee.objects.filter(name__in=["Own 1", "Own 2"]).update(manager=own)
    url, name = f"{PEOPLE}{own.pk}/delete/", "organization-employee-manager"
    response = kim.get(url, {name: "move", f"{name}-to": heir.pk})
    assert "give 1 employee (outside of what you see) as its manager" in page(response)
    shown = response.context["page"]
    assert FOREIGN not in str(previewed.unsigned(shown.fingerprint, response.wsgi_request))
    page(kim.post(url, {**response.context["hidden"], "previewed": shown.fingerprint}, follow=True))
    heir.refresh_from_db()
    assert heir.manager == tree["boss"]


def test_a_move_takes_the_right_at_both_ends(client, tree, own):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"), department=tree["mine"])
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=tree["other"])
    client.force_login(user)
    other = Employee.objects.get(name=f"{FOREIGN} 0")
    assert saved(client, f"{PEOPLE}{own.pk}/change/", department=tree["other"].pk).status_code == 200
    assert client.post(f"{PEOPLE}{other.pk}/change/", {"department": tree["mine"].pk}).status_code == 403
    for person, place in ((own, tree["other"]), (other, tree["mine"])):
        shown = press(client, select(client, "transfer", rows=[person]), "preview", department=place.pk)
        press(client, shown, "apply_possible", department=place.pk)
    assert [Employee.objects.get(pk=row.pk).department for row in (own, other)] == [
        tree["branch"],
        tree["other"],
    ]
