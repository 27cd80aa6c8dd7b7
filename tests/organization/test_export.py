"""Who may export departments and people, and which of them."""

from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Group, User
from django.core import signing

from backoffice.exchange.reading import open_table
from backoffice.models import AccessEvent
from organization.exchange import DEPARTMENTS, EMPLOYEES
from organization.models import Department, Employee, Grant
from tests.growth import queries

LISTS = {sheet.name: f"/admin/organization/{sheet.name[:-1]}/" for sheet in (DEPARTMENTS, EMPLOYEES)}
EVERYTHING = {f"use-{column.header}": "on" for column in (*DEPARTMENTS.columns, *EMPLOYEES.columns)}


@pytest.fixture
def company(db):
    sales = Department.objects.create(name="Sales", code="S")
    other = Department.objects.create(name="Foreign", code="F")
    below = Department.objects.create(name="Berlin", code="B", parent=sales)
    boss = Employee.objects.create(name="Foreign boss", employee_number="F1", department=other)
    ann = Employee.objects.create(name="Ann", employee_number="1", department=sales, manager=boss)
    Employee.objects.create(name="Bo", employee_number="2", department=below, manager=ann, notes="=1+1")
    Department.objects.filter(pk=sales.pk).update(head=boss)
    return sales


def officer(role="HR officer", department=None):
    user = User.objects.create_user(f"{role} {department}", is_staff=True)
    Grant.objects.create(user=user, role=Group.objects.get(name=role), department=department)
    return user


def token(client, where, query=""):
    page = client.get(f"{where}?{query}").content.decode()
    return unquote(page.partition("bulk/export/?selection=")[2].partition('"')[0])


def exported(client, where, selection, tmp_path):
    response = client.post(f"{where}bulk/export/", {"format": "csv", "selection": selection, **EVERYTHING})
    path = tmp_path / "export.csv"
    path.write_bytes(b"".join(response.streaming_content))
    with open_table(path) as table:
        return [dict(zip(table.header, line.cells, strict=False)) for line in table.lines]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("Viewer", False),
        ("HR officer", True),
        ("HR administrator", True),
        ("Auditor", False),
        ("Department head", False),
    ],
)
def test_officers_and_administrators_export(client, company, role, may):
    client.force_login(officer(role))
    for where in LISTS.values():
        assert bool(token(client, where)) is bool(may)
        answer = client.post(f"{where}bulk/export/", {"_selected_action": "1"})
        assert answer.status_code == (200 if may else 403)


def test_whoever_has_the_role_for_a_department_exports_nobody_else(client, company, tmp_path):
    client.force_login(officer(department=company))
    people = exported(client, LISTS["employees"], token(client, LISTS["employees"]), tmp_path)
    assert [(row["name"], row["manager_employee_number"]) for row in people] == [
        ("Ann", "[not shown]"),
        ("Bo", "1"),
    ]
    places = exported(client, LISTS["departments"], token(client, LISTS["departments"]), tmp_path)
    assert [(row["code"], row["parent_code"]) for row in places] == [("B", "S"), ("S", "")]
    assert not any("F" in row.values() or "F1" in row.values() for row in [*people, *places])
    noted = AccessEvent.objects.filter(what="export")
    keys = Employee.objects.filter(name__in=["Ann", "Bo"]).values_list("pk", flat=True)
    assert {(event.row, event.number) for event in noted} == {("", 2), *((str(key), 1) for key in keys)}
    assert noted.count() == 3


def test_no_forged_filter_or_selection_reaches_others(client, company, tmp_path):
    user = officer(department=company)
    client.force_login(user)
    foreign = Employee.objects.get(employee_number="F1")
    where = LISTS["employees"]
    signer = signing.TimestampSigner(salt=f"backoffice.selection:organization.employee:{user.pk}")
    for query, keys in [
        (f"department={foreign.department_id}", None),
        ("q=Foreign", None),
        ("", [str(foreign.pk)]),
    ]:
        forged = signer.sign_object((query, keys, (1, "exact"), ""), compress=True)
        answer = client.post(f"{where}bulk/export/", {"format": "csv", "selection": forged, **EVERYTHING})
        assert b"Foreign" not in b"".join(answer.streaming_content if answer.streaming else [answer.content])
    others = signing.TimestampSigner(salt="backoffice.selection:organization.employee:0")
    stolen = others.sign_object(("", None, (1, "exact"), ""))
    answer = client.post(f"{where}bulk/export/", {"format": "csv", "selection": stolen, **EVERYTHING})
    assert answer.status_code == 403


def test_the_right_to_see_is_not_the_right_to_export(client, company, tmp_path):
    """A viewer of everything who is an officer of one department."""
    user = officer("Viewer")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"), department=company)
    client.force_login(user)
    people = exported(client, LISTS["employees"], token(client, LISTS["employees"]), tmp_path)
    assert [(row["name"], row["manager_employee_number"]) for row in people] == [("Ann", "F1"), ("Bo", "1")]


@pytest.mark.parametrize("where", LISTS.values())
def test_the_page_asks_as_much_for_many_as_for_few(panel, company, where):
    counts = []
    for number in (5, 500):
        Department.objects.bulk_create(Department(name=f"D{number} {each}") for each in range(number))
        people = (Employee(name=f"P{number} {each}", department=company) for each in range(number))
        Employee.objects.bulk_create(people)
        asked, size = queries(panel, f"{where}bulk/export/?selection={token(panel, where)}")
        counts.append(len(asked))
        assert size < 80_000
    assert counts[0] == counts[1]
