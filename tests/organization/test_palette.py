"""The command palette: what it offers to whom."""

import pytest
from django.contrib.auth.models import Group, Permission

from organization.models import Department, Employee, Grant
from tests.growth import queries

pytestmark = pytest.mark.django_db
URL = "/admin/palette/"


def offered(client, words=""):
    groups = client.get(URL, {"q": words}).json()["groups"]
    return {group["title"]: [item["name"] for item in group["items"]] for group in groups}


def test_pages_and_deeds_are_found_by_the_beginnings_of_their_words(panel):
    deeds = ["Add department", "Import departments", "Export departments", "Transfer to a department"]
    assert offered(panel, "depart") == {"Pages": ["Departments", "Views of departments"], "Actions": deeds}
    assert offered(panel, "leavers to purge") == {"Pages": ["Leavers to purge"]}


def test_people_and_departments_are_found_by_name(panel):
    sales = Department.objects.create(name="Sales")
    alice = Employee.objects.create(name="Alice Müller", department=sales, job_title="Seller")
    groups = panel.get(URL, {"q": "muller"}).json()["groups"]
    items = [item for group in groups for item in group["items"]]
    url = f"/admin/organization/employee/{alice.pk}/change/"
    assert items == [{"name": "Alice Müller", "note": "Seller, Sales", "url": url}]


def test_what_was_typed_as_a_whole_name_stands_first(panel):
    corporate, legal = (
        Department.objects.create(name=name, code=name) for name in ("Corporate Legal", "Legal")
    )
    Employee.objects.create(name="Ann Legally", department=corporate)
    found = offered(panel, "legal")
    assert list(found) == ["Departments", "Employees"]
    assert found["Departments"] == ["Legal", "Corporate Legal"]
    assert list(offered(panel, legal.code)) == ["Departments", "Employees"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("import emp", ["Import employees"]),
        ("export emp", ["Export employees"]),
        ("transfer", ["Transfer to a department"]),
        ("change status", ["Change status"]),
        ("dark", ["Colors: dark"]),
        ("sign out", ["Log out"]),
        ("undo", ["Undo an operation"]),
        ("shortcuts", ["Keyboard shortcuts"]),
        ("keys", ["Keyboard shortcuts"]),
    ],
)
def test_deeds_of_the_lists_and_of_every_page_are_found(panel, words, names):
    assert offered(panel, words)["Actions"] == names


def test_an_export_that_was_found_leads_to_its_page(panel):
    Employee.objects.create(name="Alice", department=Department.objects.create(name="Sales"))
    (group,) = panel.get(URL, {"q": "export emp"}).json()["groups"]
    assert "1 employee" in panel.get(group["items"][0]["url"]).content.decode()


def test_whoever_may_not_import_or_export_is_not_offered_it(client, django_user_model):
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_employee"))
    client.force_login(user)
    assert offered(client, "import") == offered(client, "export") == offered(client, "undo") == {}


def test_one_letter_searches_no_rows_unless_it_may_be_a_name(panel):
    sales = Department.objects.create(name="Sales")
    for name in ("Zoe", "徐 静"):
        Employee.objects.create(name=name, department=sales)
    assert offered(panel, "z") == {}
    assert offered(panel, "徐") == {"Employees": ["徐 静"]}


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
