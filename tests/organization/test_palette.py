"""The command palette: what it offers to whom."""

import pytest
from django.contrib.auth.models import Group

from organization.models import Department, Employee, Grant
from tests.growth import queries

pytestmark = pytest.mark.django_db
URL = "/admin/palette/"


def offered(client, words=""):
    groups = client.get(URL, {"q": words}).json()["groups"]
    return {group["title"]: [item["name"] for item in group["items"]] for group in groups}


def test_pages_and_deeds_are_found_by_the_beginnings_of_their_words(panel):
    assert offered(panel, "depart") == {"Pages": ["Departments"], "Actions": ["Add department"]}


def test_people_and_departments_are_found_by_name(panel):
    sales = Department.objects.create(name="Sales")
    alice = Employee.objects.create(name="Alice Müller", department=sales)
    groups = panel.get(URL, {"q": "muller"}).json()["groups"]
    items = [item for group in groups for item in group["items"]]
    assert items == [{"name": "Alice Müller", "url": f"/admin/organization/employee/{alice.pk}/change/"}]


def test_one_letter_searches_no_rows(panel):
    Employee.objects.create(name="Zoe", department=Department.objects.create(name="Sales"))
    assert offered(panel, "z") == {}


def test_whoever_holds_a_role_for_a_department_finds_nobody_else(client, django_user_model):
    mine, other = (Department.objects.create(name=name) for name in ("Mine", "Other"))
    for name, place in (("Alice Mine", mine), ("Alice Other", other)):
        Employee.objects.create(name=name, department=place)
    user = django_user_model.objects.create_user("officer", is_staff=True)
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=mine)
    client.force_login(user)
    assert offered(client, "alice")["Employees"] == ["Alice Mine"]
    assert "Actions" not in offered(client, "add")


def test_more_than_it_shows_lead_to_the_list(panel):
    sales = Department.objects.create(name="Sales")
    Employee.objects.bulk_create(Employee(name=f"Alice {n}", department=sales) for n in range(9))
    assert offered(panel, "alice")["Employees"][-1] == "All that match “alice”"


def test_a_post_is_refused_and_so_is_whoever_is_not_signed_in(panel, client):
    assert panel.post(URL).status_code == 405
    client.logout()
    assert client.get(URL).status_code == 302


@pytest.mark.parametrize("rows", [5, 5000])
def test_it_costs_the_same_number_of_queries_at_any_size(panel, rows):
    sales = Department.objects.create(name="Sales")
    Employee.objects.bulk_create(Employee(name=f"Alice {n}", department=sales) for n in range(rows))
    assert (
        len(queries(panel, f"{URL}?q=alice")[0]) == 9
    )  # session, account, roles; two searches for exact matches and names
