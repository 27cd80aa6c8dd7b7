"""What HR writes is recorded row for row, and each deed is one operation of who did it."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.models import Operation
from organization import services
from organization.models import Department, Employee
from tests.record import recorded

pytestmark = pytest.mark.django_db

DEPARTMENTS, PEOPLE = "/admin/organization/department/", "/admin/organization/employee/"


@pytest.fixture
def finance():
    return Department.objects.create(name="Finance", code="F")


@pytest.fixture
def ada(finance, hr):
    return Employee.objects.create(name="Ada", department=finance, user=hr)


def hire(department, number, **values):
    return Employee.objects.bulk_create(
        Employee(name=f"Person {n}", department=department, **values) for n in range(number)
    )


def inline_post(department, rows=(), new=()):
    posted = {"name": department.name, "code": department.code}
    posted |= {"employee_set-TOTAL_FORMS": len(rows) + len(new), "employee_set-INITIAL_FORMS": len(rows)}
    for number, row in enumerate([*rows, *new]):
        key = {"id": row.pk} if row.pk else {}
        values = {
            **key,
            "department": department.pk,
            "name": row.name,
            "status": row.status,
            "job_title": "Clerk",
        }
        posted |= {f"employee_set-{number}-{name}": value for name, value in values.items()}
    return posted


def test_a_department_with_its_people_is_saved_as_one_operation(panel, hr, finance, ada):
    posted = inline_post(finance, [ada], [Employee(name="Bo")]) | {"name": "Money"}
    with recorded() as operations:
        panel.post(f"{DEPARTMENTS}{finance.pk}/change/", posted)
    [line] = operations
    assert (line.kind, line.actor, line.source) == ("edit", hr, "")
    assert line.rows == {
        "organization.Department": {"updated": 1},
        "organization.Employee": {"created": 1, "updated": 1},
    }


def test_a_form_that_is_refused_leaves_no_line(panel, finance, ada):
    lines = Operation.objects.count()
    response = panel.post(f"{PEOPLE}{ada.pk}/change/", {"name": ""})
    assert response.context["errors"]
    refused = inline_post(finance, [ada], [Employee(name="")]) | {"name": "Money"}
    assert panel.post(f"{DEPARTMENTS}{finance.pk}/change/", refused).context["errors"]
    assert Operation.objects.count() == lines


def test_a_form_that_changes_nothing_leaves_no_line(panel, finance):
    lines = Operation.objects.count()
    assert panel.post(f"{DEPARTMENTS}{finance.pk}/change/", inline_post(finance)).status_code == 302
    assert Operation.objects.count() == lines


def test_an_account_that_goes_leaves_its_person(ada, hr):
    with recorded() as operations:
        hr.delete()
    assert [line.rows for line in operations] == [
        {"organization.Employee": {"updated": 1}, "auth.User": {"deleted": 1}}
    ]


def test_accounts_that_go_as_a_set_leave_their_people(ada, hr, django_user_model):
    with recorded() as operations:
        django_user_model.objects.filter(pk=hr.pk).delete()
    assert [line.rows for line in operations] == [
        {"organization.Employee": {"updated": 1}, "auth.User": {"deleted": 1}}
    ]


def test_a_department_takes_its_people_along_and_they_are_recorded(finance, ada):
    Department.objects.filter(pk=finance.pk).update(head=ada)
    hire(finance, 3, manager=ada)
    with recorded() as operations:
        finance.delete()
    assert [(line.kind, line.subject) for line in operations] == [("delete", "Finance")]


def test_services_are_one_operation_each(finance, ada, hr):
    hire(finance, 3)
    sales = Department.objects.create(name="Sales")
    with recorded() as operations:
        services.transfer(employees=Employee.objects.all(), to=sales, actor=hr, reason="Merger")
    assert [(line.kind, line.reason, line.number) for line in operations] == [("transfer", "Merger", 4)]


def test_an_import_says_why_and_from_where(tmp_path, finance):
    file = tmp_path / "people.csv"
    file.write_text("employee_number,name,department_code\n1,Ada,F\n2,Bo,F\n")
    with recorded() as operations:
        call_command("import_file", "employees", str(file), reason="Acme joins us")
    [line] = operations
    assert (line.kind, line.reason, line.source) == (
        "import",
        "Acme joins us",
        "import_file employees people.csv",
    )


def queries(deed):
    with CaptureQueriesContext(connection) as captured:
        deed()
    return len(captured)


DEEDS = {
    "transfer": lambda: services.transfer(
        employees=Employee.objects.all(), to=Department.objects.get(name="B"), actor=None
    ),
    "delete a department": lambda: Department.objects.get(name="A").delete(),
    "delete people": lambda: Employee.objects.all().delete(),
    "empty a relation": lambda: Employee.objects.get(name="Aaron").direct_reports.clear(),
    "update": lambda: Employee.objects.update(job_title="Clerk"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_costs_the_same_number_of_queries_for_many(deed):
    def cost(number):
        Employee.objects.all().delete()
        Department.objects.all().delete()
        first, _second = Department.objects.create(name="A"), Department.objects.create(name="B")
        boss = Employee.objects.create(name="Aaron", department=first)
        hire(first, number, manager=boss)
        return queries(DEEDS[deed])

    assert cost(5) == cost(400)


def test_rows_that_are_inserted_in_batches_are_recorded_by_one_statement(finance):
    with CaptureQueriesContext(connection) as captured:
        hire(finance, 400)
    asked = [query["sql"].replace("`", '"') for query in captured]
    recording = [sql for sql in asked if sql.startswith('INSERT INTO "organization_employee_history"')]
    assert len(recording) == 1


def test_a_form_costs_the_same_beside_many(panel, finance, ada):
    def cost(number):
        hire(finance, number)
        ada.refresh_from_db()
        posted = inline_post(finance, [ada]) | {"location": f"Room {number}"}
        return queries(lambda: panel.post(f"{DEPARTMENTS}{finance.pk}/change/", posted))

    cost(1)
    assert cost(5) == cost(400)
