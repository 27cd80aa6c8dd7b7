import datetime

import pytest

from organization.models import Department, Employee

pytestmark = pytest.mark.django_db


# fmt: off
def founding_snippet():
    hr_dept = Department.objects.create(name="Human Resources"); dev_dept = Department.objects.create(name="Development")  # noqa: E501, E702
    alice = Employee.objects.create(name="Alice", department=hr_dept); bob = Employee.objects.create(name="Bob", department=dev_dept)  # noqa: E501, E702, F841
    print(alice.department)                       # Human Resources
    hr_dept.employee_set.create(name="Eve")
    hr_employees = hr_dept.employee_set.all()
    return hr_employees
# fmt: on


def test_the_founding_snippet_runs_twice_in_a_row(capsys):
    for _ in range(2):
        assert {employee.name for employee in founding_snippet()} == {"Alice", "Eve"}
    assert capsys.readouterr().out == "Human Resources\nHuman Resources\n"


@pytest.mark.parametrize(
    ("query", "name"), [("muller", "Jürgen Müller"), ("李", "李 伟"), ("STRASSE", "Straße"), ("lodz", "Łódź")]
)
def test_search_ignores_case_and_accents(query, name):
    from backoffice.search import matching

    department = Department.objects.create(name="Any")
    Employee.objects.bulk_create(
        [Employee(name=name, department=department), Employee(name="Other", department=department)]
    )
    assert [e.name for e in Employee.objects.filter(matching(query))] == [name]


def test_headcounts_are_of_those_who_are_asked_for(db):
    sales = Department.objects.create(name="Sales")
    for status in ("planned", "active", "on_leave", "left"):
        ended = datetime.date(2026, 1, 31) if status == "left" else None
        Employee.objects.create(name=status, department=sales, status=status, end_date=ended)
    assert Employee.objects.headcounts([sales]) == {sales.pk: 2}
    assert Employee.objects.filter(status="on_leave").headcounts([sales]) == {sales.pk: 1}
