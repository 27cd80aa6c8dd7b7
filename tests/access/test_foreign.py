"""Two companies in one tree: nothing of the other one shows on any page, and no post reaches it."""

import json
import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import signing

from backoffice import exchange
from backoffice.access import fresh
from backoffice.imports import samples
from backoffice.models import AccessEvent, Operation, PurgeRow
from backoffice.operations import operation
from backoffice.privacy import requests
from backoffice.privacy.requests import PurgeError
from backoffice.privacy.subjects import subject_of
from organization.models import Department, Employee, Grant

FOREIGN = (
    "Zyxforeign"  # in each name of the others; a search for "Zyx" does not write it into the page itself
)


@pytest.fixture
def tree(db):
    """A holding with two companies; some rows of one point at rows of the other."""
    holding = Department.objects.create(name=f"{FOREIGN} holding", location=f"{FOREIGN} town")
    other = Department.objects.create(name=f"{FOREIGN} company", code="other", parent=holding)
    below = Department.objects.create(name=f"{FOREIGN} branch", parent=other)
    boss = Employee.objects.create(name=f"{FOREIGN} boss", department=below, job_title=f"{FOREIGN} title")
    mine = Department.objects.create(name="Mine", code="mine", parent=holding, head=boss)
    branch = Department.objects.create(name="Branch", code="branch", parent=mine)
    for number in range(3):
        Employee.objects.create(
            name=f"Own {number}", employee_number=f"o{number}", department=branch, manager=boss
        )
        Employee.objects.create(name=f"{FOREIGN} {number}", employee_number=f"f{number}", department=other)
    return {"holding": holding, "other": other, "below": below, "boss": boss, "mine": mine, "branch": branch}


@pytest.fixture
def own(tree):
    return Employee.objects.get(name="Own 0")


@pytest.fixture
def both(tree, hr):
    """An operation of somebody else that touched people of both companies, and one that deleted such."""
    gone = [
        Employee.objects.create(name="Own gone", department=tree["branch"]),
        Employee.objects.create(name=f"{FOREIGN} gone", department=tree["other"]),
    ]
    with operation("edit", actor=hr, reason=f"{FOREIGN} reason", subject=f"{FOREIGN} 0, Own 0") as it:
        Employee.objects.filter(name__endswith=" 0").update(location="Here")
    with operation("delete", actor=hr):
        Employee.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return it.operation


@pytest.fixture
def user(tree):
    user = User.objects.create(username="kim")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR administrator"), department=tree["mine"])
    return user


@pytest.fixture
def kim(client, user):
    client.force_login(user)
    return client


def page(response, status=200):
    assert response.status_code == status, (response.status_code, response.get("Location"))
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = content.decode()
    around = re.search(f".{{0,150}}{FOREIGN}.{{0,60}}", text, re.DOTALL)
    assert not around, f"{response.wsgi_request.get_full_path()}: …{around[0]}…"
    return text


PEOPLE, DEPARTMENTS = "/admin/organization/employee/", "/admin/organization/department/"
LOG = "/admin/backoffice/operation/"
EVENTS, PURGES = "/admin/backoffice/accessevent/", "/admin/backoffice/purgerequest/"
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


def test_the_log_tells_of_ones_own_rows(kim, tree, both):
    text = page(kim.get(LOG))
    assert "Edit" in text
    text = page(kim.get(f"{LOG}{both.pk}/change/"))
    assert "Own 0" in text
    page(kim.get(f"{LOG}{both.pk}/undo/"))
    assert "Own 0" in page(kim.get(f"{LOG}{both.pk}/rows.csv?model=organization.Employee"))
    assert "Own gone" in page(kim.get("/admin/deleted/?model=organization.Employee"))
    page(kim.get("/admin/"))


def test_an_operation_on_others_alone_is_not_there(kim, tree, hr):
    with operation("edit", actor=hr) as it:
        tree["boss"].department.employee_set.update(location="There")
    for what in ("change/", "undo/", "rows.csv"):
        page(kim.get(f"{LOG}{it.operation.pk}/{what}"), 404)
    assert str(it.operation.pk) not in [str(row.pk) for row in kim.get(LOG).context["cl"].result_list]


def test_an_operation_on_accounts_alone_is_not_there(kim, tree, hr):
    with operation("add", actor=hr) as it:
        User.objects.create(username="somebody")
    for what in ("change/", "undo/", "rows.csv"):
        page(kim.get(f"{LOG}{it.operation.pk}/{what}"), 404)


def test_history_of_a_foreign_row_that_is_gone_is_not_there(kim, tree, both):
    gone = Employee.history_model.objects.filter(action="-", old_name__startswith=FOREIGN).first()
    page(kim.get(f"{PEOPLE}{gone.row_id}/history/"), 404)
    page(kim.get(f"{PEOPLE}{gone.row_id}/change/"), 404)


def test_undo_takes_back_ones_own_rows_and_no_others(kim, tree, both):
    kim.post(f"{LOG}{both.pk}/undo/")
    assert Employee.objects.get(name="Own 0").location == ""
    assert Employee.objects.get(name=f"{FOREIGN} 0").location == "Here"
    both.refresh_from_db()
    assert both.state == Operation.State.PARTLY_UNDONE


def test_undo_brings_nobody_back_to_where_one_may_not_put_them(kim, tree, own, hr):
    moved = Employee.objects.get(name=f"{FOREIGN} 0")
    with operation("transfer", actor=hr) as it:
        Employee.objects.filter(pk=moved.pk).update(department=tree["branch"])
    page(kim.post(f"{LOG}{it.operation.pk}/undo/"), 403)
    moved.refresh_from_db()
    assert moved.department == tree["branch"]


def test_what_others_did_is_undone_by_those_who_may(client, tree, both):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"), department=tree["mine"])
    client.force_login(user)
    page(client.post(f"{LOG}{both.pk}/undo/"), 403)
    user.user_permissions.add(Permission.objects.get(codename="undo_others"))
    client.post(f"{LOG}{both.pk}/undo/")
    assert Employee.objects.get(name="Own 0").location == ""


AUTOCOMPLETE = "/admin/autocomplete/?app_label=organization&model_name={}&field_name={}&term={}"


@pytest.mark.parametrize("term", ["", "Zyx"])
@pytest.mark.parametrize(
    ("model", "field"), [("employee", "manager"), ("employee", "department"), ("department", "head")]
)
def test_autocomplete_offers_ones_own(kim, tree, model, field, term):
    found = json.loads(page(kim.get(AUTOCOMPLETE.format(model, field, term))))
    assert bool(found["results"]) is not bool(term)


def form(response):
    """What a browser would post of the form that is shown."""
    admin_form = response.context["adminform"].form
    data = {field.html_name: field.value() for field in admin_form if field.value() not in (None, False)}
    for formset in response.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {field.html_name: field.value() for field in management}
        for one in formset.formset.forms:
            data |= {field.html_name: field.value() for field in one if field.value() is not None}
    return data


def saved(kim, url, **changes):
    return kim.post(url, {**form(kim.get(url)), **changes})


@pytest.mark.parametrize("field", ["department", "manager"])
def test_a_form_refuses_a_foreign_choice(kim, tree, own, field):
    other = {"department": tree["other"], "manager": Employee.objects.get(name=f"{FOREIGN} 1")}[field]
    response = saved(kim, f"{PEOPLE}{own.pk}/change/", **{field: other.pk})
    page(response)
    assert field in response.context["adminform"].form.errors
    own.refresh_from_db()
    assert (own.department, own.manager) == (tree["branch"], tree["boss"])


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


def test_an_inline_does_not_change_a_forged_row(kim, tree):
    url = f"{DEPARTMENTS}{tree['branch'].pk}/change/"
    data = form(kim.get(url))
    data["employee_set-0-id"] = tree["boss"].pk
    data["employee_set-0-name"] = "Forged"
    kim.post(url, data)
    assert not Employee.objects.filter(pk=tree["boss"].pk, name="Forged").exists()


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


def test_nobody_is_transferred_out_of_ones_scope(kim, tree, own):
    response = select(kim, "transfer", rows=[own])
    page(press(kim, response, "apply", department=tree["other"].pk))
    assert Employee.objects.get(pk=own.pk).department == tree["branch"]


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


def test_ones_own_rows_can_be_deleted(kim, tree, own):
    url = f"{PEOPLE}{own.pk}/delete/"
    kim.post(url, {"previewed": kim.get(url).context["page"].fingerprint})
    assert not Employee.objects.filter(pk=own.pk).exists()


def test_a_head_sees_their_sub_tree_without_any_set_up(client, tree, own):
    user = User.objects.create(username="lee")
    Employee.objects.filter(pk=own.pk).update(user=user)
    client.force_login(user)
    assert client.get("/admin/").status_code == 302  # nobody's head
    Department.objects.filter(pk=tree["mine"].pk).update(head=own)
    assert "Own 1" in page(client.get(PEOPLE))
    assert page(client.get(f"{PEOPLE}{tree['boss'].pk}/change/"), 404)


def planned(tmp_path, user, sheet, *lines, **how):
    path = tmp_path / "file.csv"
    path.write_text("\n".join(lines))
    columns, table = None, exchange.open_table(path)
    if "options" in how:  # as a person matches them: a header without a key is refused unasked
        known = exchange.sheets()[sheet]
        columns = [next(c for c in known.all if name in c.headers) for name in table.header]
    return exchange.plan_import(exchange.sheets()[sheet], table, columns=columns, actor=user, **how)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("o0,Own 0,branch,", ""),
        ("new,Newcomer,branch,o0", ""),
        ("f0,Renamed,branch,", "Somebody else has this employee number already."),
        ("o0,Own 0,other,", "There is no such department that you see."),
        ("new,Newcomer,other,", "There is no such department that you see."),
        ("o0,Own 0,branch,f0", "There is no such employee that you see."),
    ],
)
def test_an_import_is_refused_where_it_touches_others(tmp_path, tree, user, line, reason):
    head = "employee_number,name,department_code,manager_employee_number"
    assert planned(tmp_path, None, "employees", head, line).refusals == []
    refusals = planned(tmp_path, user, "employees", head, line).refusals
    assert reason in " ".join(problem.reason for problem in refusals)
    assert bool(refusals) is bool(reason)


def said(tmp_path, user, *lines, **options):
    plan = planned(tmp_path, user, "employees", *lines, options=exchange.Options(**options))
    return [(line, column, reason) for line, column, _value, reason in plan.refusals]


def test_an_import_says_of_others_what_it_says_of_nobody(tmp_path, tree, user):
    """Who has left, who reports to whom, whom there is: a rule would tell of all of them."""
    Employee.objects.filter(name=f"{FOREIGN} 1").update(status="left", end_date="2026-01-01")
    Employee.objects.filter(name=f"{FOREIGN} 2").update(manager=Employee.objects.get(name="Own 0"))
    head = "employee_number,name,department_code,manager_employee_number"
    found = {
        number: said(tmp_path, user, head, f"new,Newcomer,branch,{number}", f"o0,Own 0,branch,{number}")
        for number in ("f1", "f2", "nobody")
    }
    words = "There is no such employee that you see."
    assert found["nobody"] == [(line, "manager_employee_number", words) for line in (2, 3)]
    assert found["f1"] == found["f2"] == found["nobody"]


def test_an_import_by_name_finds_nobody_whom_one_does_not_see(tmp_path, tree, user):
    Employee.objects.create(name="Own 1", department=tree["other"])  # and comes after the one who is seen
    found = [
        said(tmp_path, user, "name,job_title", f"{name},Cook", keyless="name")
        for name in (f"{FOREIGN} 0", "Nobody", "Own 1")
    ]
    needed = "A new employee needs the department."
    assert found == [[(2, "department", needed)], [(2, "department", needed)], []]


def test_who_is_seen_and_may_not_be_changed_is_held_to_no_rule(tmp_path, tree, user):
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"))
    Employee.objects.filter(name="Own 1").update(status="left", end_date="2026-01-01")
    reasons = said(tmp_path, user, "employee_number,manager_employee_number", "f0,o1")
    assert [reason for _line, _column, reason in reasons] == ["This is outside of what you may change."]


def test_the_sample_of_an_import_names_nobody_whom_one_does_not_see(tmp_path, tree, user):
    plan = planned(tmp_path, user, "employees", "employee_number,manager_employee_number", "o0,o1")
    [[_line, name, [_number, manager]]] = samples.of(plan)["updated"]
    assert (name, manager) == ("Own 0", ["(outside of what you see)", "Own 1"])


@pytest.mark.parametrize(("line", "refused"), [("new,New,mine", 0), ("new,New,other", 1), ("new,New,", 1)])
def test_an_import_puts_departments_below_ones_own(tmp_path, tree, user, line, refused):
    plan = planned(tmp_path, user, "departments", "code,name,parent_code", line, "newer,Newer,new")
    assert len(plan.refused_lines) == (2 if refused else 0)


def test_a_person_is_explained_by_the_role_and_the_way_to_it(kim, own):
    text = page(kim.get(f"{PEOPLE}{own.pk}/change/"))
    assert "You have the role “HR administrator” for Mine." in text
    assert "Mine › Branch" in text


def test_a_person_is_explained_by_heading_a_department(client, tree, own):
    Employee.objects.filter(pk=own.pk).update(user=User.objects.create(username="lee"))
    Department.objects.filter(pk=tree["branch"].pk).update(head=own)
    client.force_login(own.__class__.objects.get(pk=own.pk).user)
    assert "You head Branch." in page(client.get(f"{PEOPLE}{own.pk}/change/"))


def test_putting_back_moves_nobody_out_of_ones_scope(kim, tree, own):
    Employee.objects.filter(pk=own.pk).update(department=tree["other"])
    Employee.objects.filter(pk=own.pk).update(department=tree["mine"])
    url = f"{PEOPLE}{own.pk}/history/"
    version = Employee.history_model.objects.filter(row=own).order_by("-pk")[1]
    page(kim.get(f"{url}?to={version.pk}"), 302)
    kim.post(f"{url}?to={version.pk}", {"seen": version.pk + 1})
    assert Employee.objects.get(pk=own.pk).department == tree["mine"]


def test_only_who_gives_roles_says_whose_account_a_person_is(client, tree, own):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    client.force_login(user)
    saved(client, f"{PEOPLE}{own.pk}/change/", user=user.pk, job_title="Cook")
    own.refresh_from_db()
    assert (own.user, own.job_title) == (None, "Cook")


def listed(kim, query):
    return [row.pk for row in kim.get(f"{LOG}?{query}").context["cl"].result_list]


def test_the_log_is_searched_in_what_is_shown_of_it(kim, user, tree, both, hr):
    """A search that finds an operation by a name in it tells of the name."""
    with operation("edit", actor=hr, reason="Yearly review") as it:
        Employee.objects.filter(name="Own 1").update(location="There")
    assert listed(kim, "q=Zyxforeign") == listed(kim, "q=Zyx") == []
    assert listed(kim, "q=yearly") == [it.operation.pk]
    assert both.pk in listed(kim, "q=hr")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Zyxforeign 0", "Zyxforeign gone"])
def test_the_log_does_not_say_what_happened_to_a_foreign_row(kim, both, name):
    row = Employee.history_model.objects.filter(old_name=name).first()
    assert listed(kim, f"row=organization.Employee:{row.row_id}") == []


def test_no_choice_offers_operations_by_name(kim, both):
    page(kim.get(AUTOCOMPLETE.format("operation", "undoes", "").replace("organization", "backoffice")), 403)


def test_a_name_that_is_taken_beside_ones_own_does_not_name_the_place(kim, tree):
    Department.objects.create(name="Sister", parent=tree["holding"])
    text = page(saved(kim, f"{DEPARTMENTS}{tree['mine'].pk}/change/", name="Sister"))
    assert "There is a department of this name in the same place already." in text


def test_putting_back_does_not_say_whose_account_a_person_is(client, tree, own):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    for account in (user, None):
        Employee.objects.filter(pk=own.pk).update(user=account)
    newest, version = Employee.history_model.objects.filter(row=own).order_by("-pk")[:2]
    client.force_login(user)
    client.post(f"{PEOPLE}{own.pk}/history/?to={version.pk}&field=user", {"seen": newest.pk})
    assert Employee.objects.get(pk=own.pk).user is None


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


def test_the_log_does_not_tell_how_many_others_were_touched(kim, tree, both, hr):
    """Not by a count, nor by an order or a filter; the page of an operation counts what one sees."""
    text = page(kim.get(LOG))
    assert "2 employees changed" not in text
    assert "number" not in kim.get(LOG).context["cl"].list_display
    assert kim.get(f"{LOG}?number=one")["Location"].endswith("?e=1")
    assert "1 employee changed" in page(kim.get(f"{LOG}{both.pk}/change/"))
    kim.logout()
    kim.force_login(hr)
    assert "2 employees changed" in kim.get(LOG).content.decode()
    assert kim.get(f"{LOG}?number=few").status_code == 200


def test_a_small_operation_looks_like_a_large_one_where_one_sees_a_part_of_it(kim, both, monkeypatch):
    def lines():
        rows = kim.get(LOG).context["cl"].result_list
        return [(row.number, row.rows, row.subject) for row in rows if row.pk == both.pk]

    small = lines()
    monkeypatch.setattr("backoffice.admin.seen.seen.__defaults__", (1,))
    assert small == lines() == [(None, {"organization.Employee": {}}, "")]


@pytest.fixture
def leavers(tree):
    """Somebody of each company who is due to be purged."""
    facts = {"status": "left", "end_date": "2001-01-31"}
    return [
        Employee.objects.create(name=name, department=tree[where], **facts)
        for name, where in (("Own leaver", "branch"), (f"{FOREIGN} leaver", "other"))
    ]


@pytest.fixture
def another(tree):
    """Of the same company, with the same role."""
    user = User.objects.create(username="lou")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR administrator"), department=tree["mine"])
    return user


@pytest.fixture
def signed_in_just_now(monkeypatch):
    monkeypatch.setattr(fresh, "is_fresh", lambda request: True)


@pytest.mark.parametrize("what", ["readers", "hold", "held"])
def test_what_a_role_says_about_people_holds_for_ones_own(kim, tree, own, what):
    page(kim.get(f"{PEOPLE}{own.pk}/{what}/"))
    page(kim.get(f"{PEOPLE}{tree['boss'].pk}/{what}/"), 404)


def test_who_looked_is_listed_of_ones_own(kim, tree, own, hr):
    for row in (own, tree["boss"]):
        AccessEvent.objects.create(what="page", actor=hr, model="organization.Employee", row=str(row.pk))
    AccessEvent.objects.create(what="export", actor=hr, model="organization.Employee", number=4711)
    listed = kim.get(EVENTS)
    assert [event.row for event in listed.context["cl"].result_list] == [str(own.pk)]
    assert "4,711" not in page(kim.get(f"{PEOPLE}{own.pk}/readers/"))


@pytest.mark.usefixtures("signed_in_just_now")
def test_a_purge_is_asked_for_and_approved_within_ones_scope(client, kim, another, leavers):
    assert "Own leaver" in page(kim.get(f"{PEOPLE}purge/"))
    asked = kim.post(f"{PEOPLE}purge/", {"reason": "Yearly"})["Location"]
    assert list(PurgeRow.objects.values_list("key", flat=True)) == [leavers[0].pk]
    client.force_login(another)
    page(client.get(asked))
    client.post(asked, {"approve": "1"})
    assert list(Employee.objects.filter(status="left")) == [leavers[1]]
    page(client.get(asked))


def test_a_purge_of_others_is_not_there(kim, user, hr, leavers):
    request = requests.ask(subject_of(Employee), Employee.objects.all(), actor=hr, reason=FOREIGN)
    assert request.number == 2
    assert not kim.get(PURGES).context["cl"].result_list
    for ask in (kim.get, kim.post):
        page(ask(f"{PURGES}{request.pk}/change/"), 404)
    page(kim.get(f"{PEOPLE}purge/"))
    with pytest.raises(PurgeError, match="whom you may not see"):
        requests.approve(request, actor=user)


@pytest.mark.usefixtures("signed_in_just_now")
def test_who_sees_everybody_purges_and_holds_where_the_role_is_for(kim, user, leavers):
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"))
    kim.post(f"{PEOPLE}purge/")
    assert list(PurgeRow.objects.values_list("key", flat=True)) == [leavers[0].pk]
    for what in ("hold", "held", "readers"):
        answers = [kim.get(f"{PEOPLE}{row.pk}/{what}/").status_code for row in leavers]
        assert answers == [200, 403], what
