"""An import says of the other company what it says of nobody, and touches none of it."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from backoffice import exchange
from backoffice.imports import samples
from backoffice.models import AccessEvent, Import
from organization.models import Employee, Grant
from tests.access.foreign.company import DEPARTMENTS, FOREIGN, PEOPLE, page
from tests.backoffice.imports.conftest import seen


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


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (["o0,Own 0,branch,", "new,Newcomer,nowhere,nobody"], 0),
        (["f0,Renamed,branch,", "f1,Renamed,branch,"], 2),
        (["o0,Own 0,other,f0"], 2),
        (["new,Newcomer,other,"], 1),
    ],
)
def test_what_an_import_meant_of_others_is_a_security_event(tmp_path, tree, user, events, lines, number):
    head = "employee_number,name,department_code,manager_employee_number"
    planned(tmp_path, user, "employees", head, *lines)
    found = [one for one in events if one["event"] == f"authz_fail:{user.pk}"]
    assert [(one["reason"], one["model"], one["number"]) for one in found] == (
        [("import", "organization.Employee", number)] if number else []
    )


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


def test_who_is_seen_and_may_not_be_changed_is_held_to_no_rule(tmp_path, tree, user, events):
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"))
    Employee.objects.filter(name="Own 1").update(status="left", end_date="2026-01-01")
    reasons = said(tmp_path, user, "employee_number,manager_employee_number", "f0,o1")
    assert [reason for _line, _column, reason in reasons] == ["This is outside of what you may change."]
    assert [(one["reason"], one["number"]) for one in events if one.get("reason") == "import"] == [
        ("import", 1)
    ]


def test_the_sample_of_an_import_names_nobody_whom_one_does_not_see(tmp_path, tree, user):
    plan = planned(tmp_path, user, "employees", "employee_number,manager_employee_number", "o0,o1")
    [[_line, name, [_number, manager]]] = samples.of(plan)["updated"]
    assert (name, manager) == ("Own 0", ["(outside of what you see)", "Own 1"])


@pytest.mark.parametrize(("line", "refused"), [("new,New,mine", 0), ("new,New,other", 1), ("new,New,", 1)])
def test_an_import_puts_departments_below_ones_own(tmp_path, tree, user, line, refused):
    plan = planned(tmp_path, user, "departments", "code,name,parent_code", line, "newer,Newer,new")
    assert len(plan.refused_lines) == (2 if refused else 0)


def test_who_sees_nobody_opens_no_import_of_others_and_draws_no_chart(client, tree):
    batch = Import.objects.create(sheet="employees", file_name=f"{FOREIGN}.csv", size=1)
    pam = User.objects.create(username="pam", is_staff=True)
    codes = ["import_employee", "export_department", "export_employee"]
    pam.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(pam)
    page(client.get(f"{PEOPLE}import/"))
    for address in (f"{PEOPLE}import/{batch.pk}/", f"{PEOPLE}import/{batch.pk}/refused/"):
        page(client.get(address), 404)
    page(client.get(f"{DEPARTMENTS}chart/drawing/"), 403)


def test_a_preview_is_hidden_once_less_is_seen_and_its_refused_rows_are_noted_down(
    kim, user, tree, tmp_path, settings
):
    settings.IMPORT_FOLDER = tmp_path
    wide = Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    file = SimpleUploadedFile("fte.csv", b"employee_number,fte\nf0,0.5\nf1,9\n")
    url = kim.post(f"{PEOPLE}import/", {"file": file})["Location"]
    kim.post(url, {"stage": "preview"})
    assert FOREIGN in kim.get(url).content.decode()
    assert b"f1,9," in b"".join(kim.get(f"{url}refused/"))
    read = AccessEvent.objects.get(what="refused_rows")
    assert read.row == str(Employee.objects.get(employee_number="f1").pk)
    settings.FRESH_ROWS = settings.FRESH_SECONDS = 0
    assert "/account/" in kim.get(f"{url}refused/")["Location"]
    wide.delete()
    assert "it is not shown. Preview the file anew." in page(kim.get(url))
    assert kim.get(f"{url}refused/")["Location"] == url
    assert "Preview the file anew." in page(kim.post(url, {**seen(url), "stage": "apply_possible"}))
    settings.FRESH_ROWS = 100
    kim.post(url, {"stage": "preview"})
    assert "A new employee needs the" in page(kim.get(url))
