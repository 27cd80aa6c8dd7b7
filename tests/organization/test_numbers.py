"""Somebody without a number gets theirs from a file that knows them by their address."""

import pytest

from organization.exchange import DEPARTMENTS, EMPLOYEES
from organization.models import Department, Employee

pytestmark = pytest.mark.django_db

HEAD = "employee_number,work_email,name,department_code"


@pytest.fixture
def helene():
    place = Department.objects.create(name="Finance", code="D1")
    return Employee.objects.create(name="Hélène", work_email="helene@example.com", department=place)


def test_an_unknown_number_goes_to_whom_the_address_names(run, helene):
    plan = run(EMPLOYEES, HEAD, "NEW1,Helene@example.com,Hélène,D1", "2,,Bo,D1")
    assert plan.counts[:4] == (1, 1, 0, 0)
    assert [row.plan_changes for row in plan.updated] == [",employee_number,"]
    assert Employee.objects.get(employee_number="NEW1").pk == helene.pk


def test_a_number_that_somebody_has_means_them(run, helene):
    Employee.objects.create(name="Bo", employee_number="2", department=helene.department)
    plan = run(EMPLOYEES, HEAD, "2,helene@example.com,Bo,D1")
    assert [problem.reason for problem in plan.refusals] == ["Somebody else has this work e-mail already."]


def test_whoever_has_a_number_gets_no_other_one(run, helene):
    Employee.objects.update(employee_number="1")
    plan = run(EMPLOYEES, HEAD, "NEW1,helene@example.com,Hélène,D1")
    assert [problem.reason for problem in plan.refusals] == ["Somebody else has this work e-mail already."]


def test_one_person_gets_one_number(run, helene):
    line = "helene@example.com,Hélène,D1"
    plan = run(EMPLOYEES, HEAD, f"NEW1,{line}", f"NEW2,{line}", f",{line}")
    assert [problem[::3] for problem in plan.refusals] == [
        (3, "Line 2 means the same row."),
        (4, "Line 2 means the same row."),
    ]
    assert Employee.objects.get().employee_number == "NEW1"


def test_a_manager_who_gets_a_number_is_found_by_it(run, helene):
    line = "2,bo@example.com,Bo,D1,NEW1"
    run(EMPLOYEES, f"{HEAD},manager_employee_number", line, "NEW1,helene@example.com,Hélène,D1,")
    assert Employee.objects.get(name="Bo").manager == helene


def test_a_name_that_departments_may_share_gives_no_code(run):
    europe = Department.objects.create(name="Europe", code="EU")
    Department.objects.create(name="Sales", parent=europe)
    run(DEPARTMENTS, "code,name,parent_code", "AS,Asia,", "AS1,Sales,AS")
    assert Department.objects.filter(name="Sales").count() == 2
