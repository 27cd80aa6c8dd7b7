"""After an undo no rule of HR is broken: rows that would break one are left and named, the rest comes back."""

from itertools import pairwise

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.admin.log import told
from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.undo import UndoError, trial, undo
from backoffice.privacy import holds
from organization.models import Department, Employee, Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return Department.objects.create(name="Finance")


@pytest.fixture
def people(finance):
    return {
        name: Employee.objects.create(name=name, department=finance) for name in ("Ada", "Bo", "Cy", "Dee")
    }


def manage(**chains):
    """One operation that sets managers: manage(Bo="Ada") lets Bo report to Ada."""
    with operation("set_manager") as it:
        for name, manager in chains.items():
            Employee.objects.filter(name=name).update(manager=Employee.objects.filter(name=manager).first())
    return it.operation


def leave(name, **changes):
    with operation("change_status") as it:
        Employee.objects.filter(name=name).update(status="left", end_date="2024-01-31", **changes)
    return it.operation


def back(name, **changes):
    with operation("change_status") as it:
        Employee.objects.filter(name=name).update(status="active", end_date=None, **changes)
    return it.operation


def named(outcome):
    return {(line.old_name, part.reason) for part in outcome.left for line in part.sample}


def managers():
    return dict(Employee.objects.values_list("name", "manager__name"))


HAS_IT = {
    f"This account has the role for {where} already" for where in ("this department", "all departments")
}
LOOP = "They would report to themselves, through the people between."


def test_a_manager_that_would_close_a_loop_is_left_and_the_rest_comes_back(people):
    manage(Bo="Ada", Cy="Ada")
    target = manage(Bo=None, Cy=None)
    manage(Ada="Bo")
    outcome = undo(target)
    assert named(outcome) == {("Bo", LOOP)}
    assert managers() == {"Ada": "Bo", "Bo": None, "Cy": "Ada", "Dee": None}


def test_a_loop_through_several_is_seen(people):
    manage(Bo="Ada", Cy="Bo", Dee="Cy")
    target = manage(Cy=None)
    manage(Ada="Dee")
    with pytest.raises(UndoError):
        undo(target)
    assert managers()["Cy"] is None


def test_a_deleted_person_comes_back_and_who_would_close_a_loop_keeps_what_they_have(people):
    manage(Cy="Bo", Bo="Ada")
    with operation("delete") as it:
        people["Bo"].delete()
    manage(Ada="Cy")
    outcome = undo(it.operation)
    assert named(outcome) == {("Cy", LOOP)}
    assert managers() == {"Ada": "Cy", "Cy": None, "Dee": None, "Bo": "Ada"}


def test_nobody_gets_back_a_manager_who_has_left(people):
    manage(Bo="Ada", Cy="Dee")
    target = manage(Bo=None, Cy=None)
    leave("Ada")
    outcome = undo(target)
    assert named(outcome) == {("Bo", "Their manager has left meanwhile.")}
    assert (managers()["Bo"], managers()["Cy"]) == (None, "Dee")


def test_who_comes_back_to_a_manager_who_has_left_does_without(people):
    manage(Bo="Ada", Cy="Dee")
    with operation("delete") as it:
        Employee.objects.filter(name__in=["Bo", "Cy"]).delete()
    leave("Ada")
    outcome = undo(it.operation)
    assert (named(outcome), outcome.number) == ({("Bo", "Their manager has left meanwhile.")}, 2)
    comes, came = (told.bereft_in_words(outcome.bereft), told.came_without(outcome.operation))
    assert comes == ["1 employee comes back without its manager. Their manager has left meanwhile."]
    assert came == ["1 employee came back without its manager: a rule stood against it."]
    assert managers() == {"Ada": None, "Dee": None, "Bo": None, "Cy": "Dee"}
    it.operation.refresh_from_db()
    assert it.operation.state == "partly_undone"


def test_a_department_whose_name_another_one_has_by_now_is_left(finance):
    child = Department.objects.create(name="Tax", parent=finance)
    with operation("delete") as it:
        child.delete()
    twin = Department.objects.create(name="TAX", parent=finance)
    with pytest.raises(UndoError, match="There is a department of this name in the same place already"):
        undo(it.operation)
    twin.delete()
    undo(it.operation)
    assert Department.objects.filter(name="Tax", parent=finance).exists()


def test_nobody_has_left_again_to_whom_people_report_by_now(people):
    leave("Ada")
    target = back("Ada")
    manage(Bo="Ada")
    with pytest.raises(UndoError):
        undo(target)
    assert Employee.objects.get(name="Ada").status == "active"


def test_somebody_who_left_keeps_a_manager_who_left(people):
    manage(Bo="Ada")
    leave("Bo")
    leave("Ada")
    target = manage(Bo=None)
    assert undo(target).left == []
    assert managers()["Bo"] == "Ada"


def test_of_a_long_line_of_managers_who_left_those_come_back_whom_nothing_concerns(people, finance):
    line = Employee.objects.bulk_create(Employee(name=f"L {n}", department=finance) for n in range(14))
    for below, above in pairwise(line):
        below.manager = above
    Employee.objects.bulk_update(line, ["manager"])
    with operation("change_status") as it:
        Employee.objects.update(status="left", end_date="2024-01-31")
    with operation("edit"):
        Employee.objects.filter(name="L 13").update(notes="Wrong")
    outcome = undo(it.operation)
    assert (outcome.number, sum(part.number for part in outcome.left)) == (4, 14)


def test_however_many_had_a_manager_who_left_meanwhile_the_others_come_back(people, finance):
    Employee.objects.bulk_create(
        Employee(name=f"B {n}", department=finance, manager=people["Bo"]) for n in range(1_001)
    )
    Employee.objects.filter(name="Dee").update(manager=people["Cy"])
    with operation("set_manager") as it:
        Employee.objects.exclude(manager=None).update(manager=people["Ada"])
    leave("Bo")
    outcome = undo(it.operation)
    assert (outcome.number, [part.number for part in outcome.left]) == (1, [1_001])
    assert managers()["Dee"] == "Cy"


def test_who_must_be_kept_is_left_and_the_rest_of_those_who_came_goes(people, finance, hr):
    with operation("import") as it:
        cy, _dee = (Employee.objects.create(name=name, department=finance) for name in ("Held", "Free"))
    holds.place(cy, actor=hr, reason="Court")
    outcome = undo(it.operation)
    assert outcome.number == 1
    assert [part.reason for part in outcome.left] == ["A legal hold says that it must be kept"]
    assert not Employee.objects.filter(name="Free").exists()


def test_a_role_that_was_given_anew_is_left_and_the_rest_comes_back(finance, people, django_user_model):
    gone = Department.objects.create(name="Gone")
    roles = [Group.objects.get(name=name) for name in ("Viewer", "Auditor")]
    gw = django_user_model.objects.create_user("gw")
    for where in (finance, None):
        for role in roles:
            Grant.objects.create(user=gw, role=role, department=where)
    with operation("delete") as it:
        Grant.objects.all().delete()
        gone.delete()
    Grant.objects.create(user=gw, role=roles[0], department=finance)
    Grant.objects.create(user=gw, role=roles[1])
    outcome = undo(it.operation)
    assert (outcome.number, {part.reason for part in outcome.left}) == (
        3,
        {
            "This account has the role for this department already",
            "This account has the role for all departments already",
        },
    )
    assert (Grant.objects.count(), Department.objects.filter(name="Gone").count()) == (4, 1)


def test_of_two_of_one_name_that_come_back_without_what_they_lay_below_one_is_left():
    above = [Department.objects.create(name=name) for name in ("North", "South")]
    for one in above:
        Department.objects.create(name="Ops", parent=one)
    with operation("delete") as it:
        Department.objects.filter(name="Ops").delete()
    Department.objects.all().delete()
    outcome = undo(it.operation)
    assert Department.objects.get().parent is None
    assert (1, "There is a department of this name in the same place already.") in [
        (part.number, part.reason) for part in outcome.left
    ]


def test_who_came_back_alone_after_all_gets_the_manager_again(people, finance):
    """In an undo of an undo of an undo: whichever way it came back without."""
    gone = Department.objects.create(name="Gone")
    boss = Employee.objects.create(name="Boss", department=gone)
    report = Employee.objects.create(name="Report", department=gone, manager=boss)
    key = gone.pk
    with operation("delete") as it:
        gone.delete()
    undo(it.operation)
    again = undo(Operation.objects.get(undoes=it.operation)).operation
    undo(again, only={Department: [key]})
    undo(again, only={Employee: [report.pk]})
    assert managers()["Report"] is None
    undo(it.operation)
    assert managers()["Report"] == "Boss"


def test_a_department_that_would_lie_below_itself_is_left(finance):
    sales = Department.objects.create(name="Sales", parent=finance)
    stores = Department.objects.create(name="Stores", parent=finance)
    with operation("move") as it:
        Department.objects.filter(pk__in=[sales.pk, stores.pk]).update(parent=None)
    Department.objects.filter(pk=finance.pk).update(parent=sales)
    outcome = undo(it.operation)
    assert named(outcome) == {("Sales", "It would lie below itself, through the departments between.")}
    assert Department.objects.get(pk=stores.pk).parent == finance
    assert Department.objects.get(pk=sales.pk).parent is None


def twin():
    north = Department.objects.create(name="North")
    for _number in range(2):
        sales = Department.objects.create(name="Sales", parent=north)
    Employee.objects.create(name="Eve", department=sales)
    return sales.delete


def manager_in_a_loop():
    manage(Ada="Bo", Bo="Ada")
    return lambda: manage(Ada="Cy")


def department_in_a_loop():
    north = Department.objects.create(name="North")
    south = Department.objects.create(name="South", parent=north)
    Department.objects.filter(pk=north.pk).update(parent=south)
    return lambda: Department.objects.filter(pk=north.pk).update(parent=None)


def under_a_leaver(deed):
    def prepare():
        manage(Bo="Ada", Cy="Ada")
        leave("Ada")
        return deed

    return prepare


BROKEN_BEFORE = {
    "a twin is deleted": twin,
    "the manager of a loop is set": manager_in_a_loop,
    "a department leaves a loop": department_in_a_loop,
    "the reports of a leaver are handed over": under_a_leaver(lambda: manage(Bo="Dee", Cy="Dee")),
    "the reports of a leaver are deleted": under_a_leaver(
        lambda: Employee.objects.filter(name__in=["Bo", "Cy"]).delete()
    ),
    "a leaver with reports is set to active": under_a_leaver(lambda: back("Ada")),
    "a leaver with reports is deleted with them": under_a_leaver(
        lambda: Employee.objects.exclude(name="Dee").delete()
    ),
}


@pytest.mark.parametrize("prepare", BROKEN_BEFORE.values(), ids=BROKEN_BEFORE)
def test_what_broke_a_rule_before_comes_back_as_it_was(people, finance, prepare):
    def stored():
        every = (Employee.objects.exclude(name="Newcomer"), Department.objects.all())
        return [list(rows.order_by("pk").values()) for rows in every]

    deed, before = prepare(), stored()
    deed()
    target = Operation.objects.first()
    forecasts = [trial(target)]
    Employee.objects.create(name="Newcomer", department=finance)
    forecasts.append(trial(target))
    outcome = undo(target)
    for forecast in forecasts:
        assert (forecast.number, forecast.left, forecast.rows) == (outcome.number, [], outcome.rows)
    assert stored() == before


def test_what_went_with_it_and_stays_is_not_as_it_was(people):
    """Ada left and handed Bo over: he alone does not come back to her."""
    manage(Bo="Ada")
    with operation("change_status") as it:
        leave("Ada")
        manage(Bo="Dee")
    with pytest.raises(UndoError, match="Their manager has left meanwhile"):
        undo(it.operation, only={Employee: [people["Bo"].pk]})
    assert undo(it.operation).left == []


def test_the_rules_are_asked_in_as_many_queries_for_many(finance):
    def cost(number):
        Employee.objects.all().delete()
        boss = Employee.objects.create(name="Boss", department=finance)
        Employee.objects.bulk_create(
            Employee(name=f"P{n}", department=finance, manager=boss) for n in range(number)
        )
        leave("Boss")
        Employee.objects.all().delete()
        target = Operation.objects.first()
        Employee.objects.create(name="Newcomer", department=finance)
        with CaptureQueriesContext(connection) as captured:
            undo(target)
        assert Employee.objects.filter(manager=boss.pk).count() == number
        return len(captured)

    cost(2)
    assert cost(5) == cost(400)


def test_people_who_had_interim_managers_departments_and_accounts_are_as_they_were(finance, people):
    manage(Ada="Dee")
    ada = Employee.objects.filter(name="Ada")
    before = ada.values().get()
    with operation("reorganisation") as it:
        interim = Department.objects.create(name="Interim")
        boss = Employee.objects.create(name="Boss", department=interim)
        account = User.objects.create(username="interim")
        ada.update(department=interim, manager=boss, user=account, notes="Moved")
        ada.update(department=finance, user=None)
        boss.delete()
        account.delete()
        interim.delete()
    assert ada.get().manager is None
    assert not undo(it.operation).left
    assert ada.values().get() == before
