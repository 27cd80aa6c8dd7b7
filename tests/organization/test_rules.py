import datetime

import pytest
from django.core.exceptions import ValidationError

from organization import rules
from organization.models import Department, Employee

pytestmark = pytest.mark.django_db

LEFT = {"status": "left", "end_date": datetime.date(2026, 11, 30), "end_reason": ""}
REPORTS = "People still report here. Give them another manager first."


@pytest.fixture
def research():
    return Department.objects.create(name="Research")


@pytest.fixture
def make_employee(research):
    def make(name, **values):
        return Employee.objects.create(name=name, **{"department": research, **values})

    return make


@pytest.fixture
def chain(make_employee):
    """Ada leads Bo, Bo leads Cy."""
    ada = make_employee("Ada")
    bo = make_employee("Bo", manager=ada)
    return [ada, bo, make_employee("Cy", manager=bo)]


def refused(rows, changes, rule=rules.refused_employees):
    return {(str(row), refusal.reason) for refusal in rule(rows, changes) for row in refusal.rows}


def select(*people):
    return Employee.objects.filter(pk__in=[person.pk for person in people])


# Leaving


def test_who_is_reported_to_cannot_leave(chain):
    ada, _bo, cy = chain
    assert refused(select(ada, cy), LEFT) == {("Ada", REPORTS)}


def test_who_leaves_together_with_all_reports_can(chain):
    assert refused(select(*chain), LEFT) == set()


def test_reports_who_have_left_do_not_hold_anyone_back(chain, make_employee):
    _ada, bo, cy = chain
    Employee.objects.filter(pk=cy.pk).update(**LEFT)
    assert refused(select(bo), LEFT) == set()


def test_the_end_of_who_has_left_already_can_be_corrected(chain):
    ada, *_others = chain
    Employee.objects.filter(pk=ada.pk).update(status="left", end_date="2020-01-01")
    assert refused(select(ada), LEFT) == set()


def test_leaving_needs_an_end_date(chain):
    found = refused(select(chain[2]), {**LEFT, "end_date": None})
    assert found == {("Cy", "Someone who has left needs an end date.")}


def test_nobody_ends_before_being_hired(make_employee):
    late = make_employee("Late", hire_date=datetime.date(2027, 1, 1))
    assert refused(select(late), LEFT) == {("Late", "The end date cannot be before the hire date.")}


def test_another_department_is_refused_to_nobody(chain, research):
    assert refused(Employee.objects.all(), {"department": research}) == set()


# Managers


def test_who_has_left_is_nobodys_manager(chain, make_employee):
    gone = make_employee("Gone", **LEFT)
    assert refused(select(chain[2]), {"manager": gone}) == {
        ("Cy", "Gone has left and cannot be anyone's manager.")
    }


def test_who_reports_to_a_leaver_already_is_left_alone(make_employee):
    gone = make_employee("Gone", **LEFT)
    assert refused(select(make_employee("Old", manager=gone)), {"manager": gone}) == set()


def test_who_has_left_may_have_a_manager_who_has(make_employee, research):
    gone = make_employee("Gone", **LEFT)
    late = make_employee("Late", **LEFT)
    assert refused(select(late), {"manager": gone}) == set()
    assert refused(select(make_employee("Cy")), {**LEFT, "manager": gone}) == set()
    Employee(name="New", department=research, manager=gone, **LEFT).full_clean()
    late.manager, late.status = gone, "active"
    with pytest.raises(ValidationError, match="Gone has left"):
        late.full_clean()


def test_nobody_reports_to_themselves_through_others(chain):
    ada, bo, cy = chain
    sentence = "Cy would report to themselves, directly or through others."
    assert refused(select(*chain), {"manager": cy}) == {(name, sentence) for name in ("Ada", "Bo", "Cy")}
    assert refused(select(bo, cy), {"manager": ada}) == set()


def test_a_manager_can_be_taken_away(chain):
    assert refused(select(*chain), {"manager": None}) == set()


@pytest.mark.parametrize(
    ("values", "field"),
    [({"status": "left", "end_date": datetime.date(2026, 1, 1)}, "status"), ({"manager": "Cy"}, "manager")],
)
def test_a_form_hears_the_same_at_the_field(chain, values, field):
    ada = chain[0]
    for name, value in values.items():
        setattr(ada, name, chain[2] if value == "Cy" else value)
    with pytest.raises(ValidationError) as error:
        ada.full_clean()
    assert list(error.value.message_dict) == [field]


def test_a_new_employee_cannot_report_to_a_leaver(make_employee, research):
    gone = make_employee("Gone", **LEFT)
    with pytest.raises(ValidationError, match="Gone has left"):
        Employee(name="New", department=research, manager=gone).full_clean()


# Departments


@pytest.fixture
def tree(research):
    chemistry = Department.objects.create(name="Chemistry", parent=research)
    return [research, chemistry, Department.objects.create(name="Polymers", parent=chemistry)]


def test_a_department_does_not_lie_below_itself(tree):
    found = refused(Department.objects.all(), {"parent": tree[1]}, rules.refused_departments)
    sentence = "Chemistry is this department or lies below it."
    assert found == {("Research", sentence), ("Chemistry", sentence)}


def test_a_department_cannot_close_before_it_opens(tree):
    Department.objects.filter(pk=tree[0].pk).update(opened_on="2020-01-01")
    found = refused(
        Department.objects.all(), {"closed_on": datetime.date(2019, 1, 1)}, rules.refused_departments
    )
    assert found == {("Research", "The department cannot close before it opens.")}


def test_a_form_hears_of_a_loop_of_departments(tree):
    tree[0].parent = tree[2]
    with pytest.raises(ValidationError, match="Polymers is this department or lies below it"):
        tree[0].full_clean()


@pytest.mark.parametrize("name", ["Chemistry", " chemistry "])
def test_a_second_department_of_a_name_is_refused_under_the_same_parent(tree, name):
    research, _chemistry, polymers = tree
    with pytest.raises(ValidationError, match="There is a department of this name in Research already"):
        Department(name=name, parent=research).full_clean()
    Department(name=name, parent=polymers).full_clean()


def test_a_second_department_of_a_name_is_refused_at_the_top(tree):
    with pytest.raises(ValidationError, match="at the top level already"):
        Department(name="Research").full_clean()
