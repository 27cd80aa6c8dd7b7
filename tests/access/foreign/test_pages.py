"""Two companies in one tree: nothing of the other one shows on any page, and no post reaches it."""

import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from backoffice.access import fresh
from backoffice.access.giving import give
from backoffice.background.jobs import Job
from backoffice.background.running import run
from backoffice.models import Operation
from organization.models import Department, Employee, Grant
from tests.access.foreign.company import DEPARTMENTS, FOREIGN, LOG, PEOPLE, form, page, saved
from tests.backoffice.deletion.deletion_pages import confirmation

LISTS = [
    "",
    "?q=Zyx",
    "?status=active",
    "?_facets=True",
    "?o=3",
    "?o=6",
    "?o=-3",
    "?manager={boss}",
    "?_popup=1",
]
LISTS += [
    "?department={other}",
    "?department={holding}&department__below=1",
    "?department={mine}&department__below=1",
]
LISTS += ["?_popup=1&_to_field=id", "?last=1", "?from=Own"]


@pytest.mark.parametrize("query", LISTS)
def test_the_list_of_people_shows_ones_own(kim, tree, query):
    page(kim.get(PEOPLE + query.format(**{name: row.pk for name, row in tree.items()})))


def test_the_list_counts_ones_own(kim, tree):
    response = kim.get(PEOPLE)
    assert [str(row) for row in response.context["cl"].result_list] == ["Own 0", "Own 1", "Own 2"]
    assert str(response.context["cl"].count) == "3"


@pytest.mark.parametrize(
    "query", ["", "?q=Zyx", "?o=1", "?o=3", "?o=4", "?location=x", "?parent={holding}&parent__below=1"]
)
def test_the_list_of_departments_shows_ones_own(kim, tree, query):
    page(kim.get(DEPARTMENTS + query.format(holding=tree["holding"].pk)))


def test_the_chart_finds_the_way_from_where_ones_role_begins(kim, tree):
    mine, branch = tree["mine"].pk, tree["branch"].pk
    found = kim.get(f"{DEPARTMENTS}chart/?q=Branch", follow=True)
    page(found)
    assert [(way.where, way.query) for way in found.context["ways"]] == [
        ("Mine", f"open={mine}&d0={mine}&d{mine}={branch}")
    ]
    assert f"?open={mine}#" in page(kim.get(f"{DEPARTMENTS}chart/?at={tree['below'].pk}"))


@pytest.mark.parametrize("what", ["change", "history", "delete"])
@pytest.mark.parametrize("name", ["mine", "branch"])
def test_pages_of_ones_departments_name_no_others(kim, tree, both, name, what):
    page(kim.get(f"{DEPARTMENTS}{tree[name].pk}/{what}/"))


@pytest.mark.parametrize("what", ["change", "history", "delete"])
def test_pages_of_ones_people_name_no_others(kim, own, both, what):
    page(kim.get(f"{PEOPLE}{own.pk}/{what}/"))


@pytest.mark.parametrize("what", ["change", "history", "delete"])
@pytest.mark.parametrize("ask", ["get", "post"])
def test_pages_of_others_are_not_there(kim, tree, what, ask):
    page(getattr(kim, ask)(f"{PEOPLE}{tree['boss'].pk}/{what}/"), 404)
    page(getattr(kim, ask)(f"{DEPARTMENTS}{tree['other'].pk}/{what}/"), 404)


def test_what_does_not_exist_looks_like_what_is_foreign(kim):
    page(kim.get(f"{PEOPLE}999999/change/"), 404)


def test_a_reader_sees_no_foreign_names_either(client, tree, own):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=tree["mine"])
    client.force_login(user)
    for url in (
        f"{PEOPLE}{own.pk}/change/",
        f"{DEPARTMENTS}{tree['mine'].pk}/change/",
        PEOPLE,
        DEPARTMENTS,
        "/admin/",
    ):
        page(client.get(url))


AUTOCOMPLETE = "/admin/autocomplete/?app_label=organization&model_name={}&field_name={}&term={}"


@pytest.mark.parametrize("term", ["", "Zyx"])
@pytest.mark.parametrize(
    ("model", "field"), [("employee", "manager"), ("employee", "department"), ("department", "head")]
)
def test_autocomplete_offers_ones_own(kim, tree, model, field, term):
    found = json.loads(page(kim.get(AUTOCOMPLETE.format(model, field, term))))
    assert bool(found["results"]) is not bool(term)


def test_what_tells_rows_of_one_name_apart_names_nothing_foreign(kim, tree):
    found = json.loads(page(kim.get(AUTOCOMPLETE.format("employee", "department", "mine"))))
    assert [row["text"] for row in found["results"]] == ["Mine (mine)"]
    Department.objects.create(name="Mine", code="other_mine", parent=tree["mine"])
    found = json.loads(page(kim.get(AUTOCOMPLETE.format("employee", "department", "other_mine"))))
    assert [row["text"] for row in found["results"]] == ["Mine (other_mine, Mine)"]
    both = Department.objects.filter(name="Mine").values_list("pk", flat=True)
    html = page(kim.get(f"{PEOPLE}?{'&'.join(f'department={key}' for key in both)}"))
    assert ">Mine (other_mine, Mine)</option>" in html
    assert ">Mine (mine)</option>" in html


def test_nor_does_what_the_palette_finds(kim, tree):
    assert "Mine" in page(kim.get("/admin/palette/?q=mine"))


def test_who_sees_people_and_no_departments_finds_them_without(client, tree, own):
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_employee"))
    client.force_login(reader)
    for url in ("/admin/palette/?q=own", "/admin/?q=own"):
        text = client.get(url).content.decode()
        assert "Own 0" in text
        assert "Branch" not in text
    start = client.get("/admin/").text
    assert "Headcount" in start
    assert "Branch" not in start
    assert client.get(f"/admin/?people={tree['branch'].pk}").status_code == 404
    assert "Branch" not in client.get(reverse("admin:backoffice_figures", args=["people", "department"])).text


@pytest.mark.parametrize("field", ["department", "manager"])
def test_a_form_refuses_a_foreign_choice(kim, tree, own, field):
    other = {"department": tree["other"], "manager": Employee.objects.get(name=f"{FOREIGN} 1")}[field]
    response = saved(kim, f"{PEOPLE}{own.pk}/change/", **{field: other.pk})
    page(response)
    assert field in response.context["adminform"].form.errors
    own.refresh_from_db()
    assert (own.department, own.manager) == (tree["branch"], tree["boss"])


def test_a_foreign_choice_is_a_security_event_and_one_that_does_not_exist_is_none(
    kim, user, tree, own, events
):
    for key in (tree["other"].pk, 999_999, "x"):
        saved(kim, f"{PEOPLE}{own.pk}/change/", department=key)
    assert [(line["event"], line["reason"], line["model"], line["row"]) for line in events] == [
        (f"authz_fail:{user.pk}", "choice", "organization.Department", tree["other"].pk)
    ]


def test_a_foreign_manager_stays_when_something_else_is_changed(kim, tree, own):
    assert saved(kim, f"{PEOPLE}{own.pk}/change/", job_title="Cook").status_code == 302
    own.refresh_from_db()
    assert (own.job_title, own.manager) == ("Cook", tree["boss"])


def test_a_department_cannot_be_put_at_the_top_or_under_others(kim, tree):
    url = f"{DEPARTMENTS}{tree['branch'].pk}/change/"
    for parent in ("", tree["other"].pk, tree["holding"].pk):
        page(saved(kim, url, parent=parent))
    assert Department.objects.get(pk=tree["branch"].pk).parent == tree["mine"]
    assert saved(kim, f"{DEPARTMENTS}{tree['mine'].pk}/change/", location="Here").status_code == 302


@pytest.mark.parametrize("parent", ["", "other", "mine"])
def test_a_new_department_stands_below_ones_own(kim, tree, parent):
    key = tree[parent].pk if parent else ""
    data = {"name": "New", "parent": key, "employee_set-TOTAL_FORMS": 0, "employee_set-INITIAL_FORMS": 0}
    kim.post(f"{DEPARTMENTS}add/", data)
    assert Department.objects.filter(name="New").exists() is (parent == "mine")


def test_an_inline_does_not_change_a_forged_row_and_tells_the_log(kim, tree, events):
    url = f"{DEPARTMENTS}{tree['branch'].pk}/change/"
    data = form(kim.get(url))
    data["employee_set-0-id"] = tree["boss"].pk
    data["employee_set-0-name"] = "Forged"
    kim.post(url, data)
    assert not Employee.objects.filter(pk=tree["boss"].pk, name="Forged").exists()
    assert [(line["reason"], line["number"]) for line in events] == [("form", 1)]


def test_what_was_typed_for_a_person_who_was_moved_away_meanwhile_is_told_and_kept(kim, tree, own):
    url = f"{PEOPLE}{own.pk}/change/"
    typed = {**form(kim.get(url)), "job_title": "Clerk", "department": tree["other"].pk}
    Employee.objects.filter(pk=own.pk).update(department=tree["other"])
    text = page(kim.post(url, typed), 404)
    assert "What you entered was not saved:" in text
    assert "Job title: “Clerk”" in text
    assert '<input type="hidden" name="job_title" value="Clerk">' in text
    assert page(kim.get(url), 404).count("Send it again") == 0


def test_what_was_typed_by_somebody_whose_role_was_taken_meanwhile_is_kept(kim, user, own):
    url = f"{PEOPLE}{own.pk}/change/"
    typed = {**form(kim.get(url)), "job_title": "Clerk"}
    roles = list(Grant.objects.filter(user=user))
    Grant.objects.filter(user=user).delete()
    response = kim.post(url, typed)
    assert '<input type="hidden" name="job_title" value="Clerk">' in page(response, 403)
    Grant.objects.bulk_create(roles)
    assert kim.post(url, typed).status_code == 302


def test_a_head_sees_their_sub_tree_without_any_set_up(client, tree, own):
    user = User.objects.create(username="lee")
    Employee.objects.filter(pk=own.pk).update(user=user)
    client.force_login(user)
    assert client.get("/admin/").status_code == 302  # nobody's head
    Department.objects.filter(pk=tree["mine"].pk).update(head=own)
    assert "Own 1" in page(client.get(PEOPLE))
    assert page(client.get(f"{PEOPLE}{tree['boss'].pk}/change/"), 404)


def test_a_person_is_explained_by_the_role_and_the_way_to_it(kim, own):
    text = page(kim.get(f"{PEOPLE}{own.pk}/change/"))
    assert "You have the role “HR administrator” for Mine." in text
    assert "Mine › Branch" in text


def test_a_person_is_explained_by_heading_a_department(client, tree, own):
    Employee.objects.filter(pk=own.pk).update(user=User.objects.create(username="lee"))
    Department.objects.filter(pk=tree["branch"].pk).update(head=own)
    client.force_login(own.__class__.objects.get(pk=own.pk).user)
    assert "You head Branch." in page(client.get(f"{PEOPLE}{own.pk}/change/"))


def test_a_person_is_explained_to_a_superuser(panel, own):
    text = panel.get(f"{PEOPLE}{own.pk}/change/").content.decode()
    assert "You are a superuser, who sees everything." in text


def test_only_who_gives_roles_says_whose_account_a_person_is(client, tree, own):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    client.force_login(user)
    saved(client, f"{PEOPLE}{own.pk}/change/", user=user.pk, job_title="Cook")
    own.refresh_from_db()
    assert (own.user, own.job_title) == (None, "Cook")


def test_who_gives_roles_in_a_part_says_there_alone_whose_account_a_person_is(kim, user, tree, own):
    """A role for the people of all, and one to give roles in a part."""
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    people = [own, tree["boss"]]
    for row in people:
        Employee.objects.filter(pk=row.pk).update(user=User.objects.create(username=row.name))
    away = {"user": "", "department": tree["below"].pk}
    assert saved(kim, f"{PEOPLE}{own.pk}/change/", **away).status_code == 403
    for row in people:
        assert saved(kim, f"{PEOPLE}{row.pk}/change/", user="").status_code == 302
    assert list(Employee.objects.exclude(user=None)) == [tree["boss"]]


def test_a_name_that_is_taken_beside_ones_own_does_not_name_the_place(kim, tree):
    Department.objects.create(name="Sister", parent=tree["holding"])
    text = page(saved(kim, f"{DEPARTMENTS}{tree['mine'].pk}/change/", name="Sister"))
    assert "There is a department of this name in the same place already." in text


def test_a_head_sees_what_their_department_holds_wherever_it_goes(client, tree, own):
    Employee.objects.filter(pk=own.pk).update(user=User.objects.create(username="lee"))
    Department.objects.filter(pk=tree["branch"].pk).update(head=own, parent=tree["other"])
    client.force_login(User.objects.get(username="lee"))
    assert str(client.get(PEOPLE).context["cl"].count) == "3"
    page(client.get(f"{DEPARTMENTS}{tree['other'].pk}/change/"), 404)
    Department.objects.filter(pk=tree["below"].pk).update(parent=tree["branch"])
    assert str(client.get(PEOPLE).context["cl"].count) == "4"
    Department.objects.filter(pk=tree["branch"].pk).update(head=None)
    assert client.get(PEOPLE).status_code == 302


def test_no_choice_offers_operations_by_name(kim, both):
    page(kim.get(AUTOCOMPLETE.format("operation", "undoes", "").replace("organization", "backoffice")), 403)


@pytest.fixture
def lee(client, tree, monkeypatch):
    """Somebody whose only role is for the branch."""
    monkeypatch.setattr(fresh, "is_fresh", lambda request: True)
    lee = User.objects.create(username="lee")
    role = Group.objects.get(name="HR administrator")
    give(Grant, user=lee, role=role, root=tree["branch"], actor=lee)
    client.force_login(lee)
    return client


@pytest.mark.parametrize("way", ["delete", "selection", "undo"])
def test_whose_role_goes_with_what_they_do_is_told_what_was_done(lee, tree, way):
    User.objects.filter(username="lee").update(is_staff=way == "selection")
    key = tree["branch"].pk
    if way == "undo":
        asked = lee.get(f"{LOG}{Operation.objects.latest('pk').pk}/undo/")
        posted = {}
    else:
        chosen = {"action": "delete", "_selected_action": [key]}
        asked = (
            lee.get(f"{DEPARTMENTS}{key}/delete/")
            if way == "delete"
            else lee.post(DEPARTMENTS, chosen, follow=True)
        )
        posted = confirmation(asked)
    done = page(lee.post(asked.wsgi_request.path, posted, follow=True), 403)
    assert not Grant.objects.exists()
    assert "The role by which you did it went along." in done
    assert ("Undone: 1 granted role removed again." if way == "undo" else "Deleted Branch") in done
    assert "Nothing was changed" in page(lee.get(DEPARTMENTS, follow=True), 403)


@pytest.mark.parametrize(
    ("role", "where"), [("Viewer", "other"), ("HR administrator", "other"), ("HR administrator", "mine")]
)
def test_undo_is_offered_to_whom_another_role_lets_undo_that_by_which_one_went(lee, tree, role, where):
    user = User.objects.get(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name=role), department=tree[where])
    url = f"{DEPARTMENTS}{tree['branch'].pk}/delete/"
    done = lee.post(url, confirmation(lee.get(url)), follow=True).content.decode()
    assert "Deleted Branch" in done
    undo_url = f"{LOG}{Operation.objects.latest('pk').pk}/undo/"
    assert (undo_url in done, lee.get(undo_url).status_code) == (
        (True, 200) if where == "mine" else (False, 403)
    )


def test_whose_role_goes_with_what_a_worker_does_for_them_is_told_what_was_done(lee, tree, settings):
    settings.BACKGROUND_ROWS = 1
    asked = lee.get(f"{DEPARTMENTS}{tree['branch'].pk}/delete/")
    waits = lee.post(asked.wsgi_request.path, confirmation(asked))
    job = Job.objects.get()
    run.call(job.pk, job.attempt)
    assert not Grant.objects.exists()
    assert "Deleted Branch" in page(lee.get("/admin/", follow=True), 403)
    text = page(lee.get(waits["Location"]))
    assert "Deleted Branch" in text
    assert "Show what was changed" not in text


def test_whose_a_role_is_is_told_wherever_one_sees_the_role(kim, tree, user):
    """Also of an account that is nobody's whom one sees: its other roles stay unseen."""
    account, viewer = User.objects.create(username="outsider"), Group.objects.get(name="Viewer")
    grant = Grant.objects.create(user=account, role=viewer, department=tree["branch"])
    foreign = Grant.objects.create(user=account, role=viewer, department=tree["other"])
    grants = "/admin/organization/grant/"
    assert ">kim<" in page(kim.get(grants))
    for address in (grants, f"{grants}{grant.pk}/change/", f"{grants}{grant.pk}/delete/"):
        found = page(kim.get(address))
        assert ("outsider" in found, "outside of what you see" in found) == (True, False), address
    page(kim.get(f"{grants}{foreign.pk}/change/"), 404)
    page(kim.get(f"/admin/auth/user/{account.pk}/change/"), 404)


def test_no_link_of_a_form_leads_to_a_row_that_one_does_not_see(kim, tree, user):
    url, holding = f"{DEPARTMENTS}{tree['mine'].pk}/change/", tree["holding"].pk
    assert f'<option value="{holding}" selected data-unnamed>' in page(kim.get(url))
    assert "data-unnamed" not in page(kim.get(f"{DEPARTMENTS}add/"))
    Grant.objects.filter(user=user).update(role=Group.objects.get(name="Viewer"))
    found = page(kim.get(url))
    assert '<div class="readonly">(outside of what you see)</div>' in found
    assert f"{DEPARTMENTS}{holding}/" not in found
