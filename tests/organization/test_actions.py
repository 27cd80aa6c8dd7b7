"""Transfer, manager, status and fields; what all bulk actions have in common is tested on the library."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.models import AccessEvent
from organization import services
from organization.models import Department, Employee
from tests.organization.people import act, press, said, text

pytestmark = pytest.mark.django_db

END = "2026-11-30"


@pytest.fixture
def research():
    return Department.objects.create(name="Research")


@pytest.fixture
def finance():
    return Department.objects.create(name="Finance")


@pytest.fixture
def people(finance):
    """Ada leads Bo and Cy, all in Finance."""
    ada = Employee.objects.create(name="Ada", department=finance)
    others = [Employee(name=name, department=finance, manager=ada) for name in ("Bo", "Cy")]
    return [ada, *Employee.objects.bulk_create(others)]


def statuses():
    return dict(Employee.objects.values_list("name", "status"))


# Transfer


def test_transfer_moves_people(panel, people, research):
    done = act(panel, "transfer", people[:2], department=research.pk)
    assert said(done) == ["Moved 2 employees to Research."]
    assert sorted(research.employee_set.values_list("name", flat=True)) == ["Ada", "Bo"]


@pytest.mark.parametrize(
    ("action", "answers"),
    [
        ("transfer", {}),
        ("change_status", {"status": "suspended"}),
        ("set_manager", {}),
        ("set_fields", {"set_job_title": "on", "job_title": "Clerk"}),
    ],
)
def test_the_preview_says_how_many_report_to_those_who_change(panel, people, research, action, answers):
    zoe = Employee.objects.create(name="Zoe", department=research)
    answers = answers or {"department": research.pk, "manager": zoe.pk}
    said = "2 other employees report to them and go on doing so."
    assert said in text(act(panel, action, people[:1], "preview", **answers))
    assert "go on doing so" not in text(act(panel, action, people, "preview", **answers))


def test_the_preview_of_a_large_set_says_how_many_report_to_those_who_change(
    panel, people, research, monkeypatch
):
    monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (2,))
    monkeypatch.setattr("backoffice.admin.bulk.preview.SAMPLE", 2)
    Employee.objects.bulk_create(
        Employee(name=f"{one.name}’s {n}", department=research, manager=one)
        for one in people
        for n in range(2)
    )
    query, answers = f"?department={people[0].department_id}", {"department": research.pk}
    page = act(panel, "transfer", "all", "preview", query=query, **answers)
    assert "2+ other employees report to them and go on doing so. “Count exactly” looks at all" in text(page)
    assert "6 other employees report to them and go on doing so." in text(
        press(panel, page, "count", **answers)
    )


@pytest.mark.parametrize("large", [False, True])
def test_who_reports_to_them_is_bound_to_what_was_said(panel, people, finance, research, monkeypatch, large):
    if large:
        monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (1,))
    zoe = Employee.objects.create(name="Zoe", department=research)
    finance.employee_set.exclude(pk=people[0].pk).update(department=research)
    Employee.objects.create(name="Eli", department=finance)
    query, answers = f"?department={finance.pk}", {"department": research.pk}
    page = act(panel, "transfer", "all", "count" if large else "preview", query=query, **answers)
    assert "2 other employees report to them" in text(page)
    Employee.objects.filter(pk=zoe.pk).update(manager=people[0])
    again = press(panel, page, "apply", **answers)
    told = "You were told of 2 others that stay as they are; there are 3 now. 1 employee has other values now: Zoe."
    assert told in text(again)
    assert finance.employee_set.count() == 2


def test_a_transfer_is_bound_to_the_place_of_its_department(panel, people, finance, research):
    page = act(panel, "transfer", people, "preview", department=research.pk)
    Department.objects.filter(pk=research.pk).update(parent=finance)
    again = text(press(panel, page, "apply", department=research.pk))
    assert "“Research” is “Finance › Research” by now." in again
    assert not research.employee_set.exists()


def test_transfer_of_one_is_said_of_one(panel, people, research):
    assert said(act(panel, "transfer", people[:1], department=research.pk)) == [
        "Moved 1 employee to Research."
    ]


def test_the_preview_of_a_transfer_says_from_where_to_where(panel, people, research):
    Employee.objects.create(name="Di", department=research)
    page = text(act(panel, "transfer", "all", "preview", department=research.pk))
    assert "4 employees are selected. 1 is so already and stays as it is." in page
    assert "Department from Finance to Research: 3" in page
    assert "Move 3 employees to Research" in page


def test_departments_of_one_name_are_told_apart_by_what_is_above(panel, finance, research):
    labs = [Department.objects.create(name="Lab", parent=parent) for parent in (finance, research)]
    for lab in labs:
        Employee.objects.create(name="Eve", department=lab)
    page = text(act(panel, "transfer", "all", "preview", department=research.pk))
    assert "Department from Finance › Lab to Research: 1" in page
    assert "Department from Research › Lab to Research: 1" in page


def test_transfer_needs_a_department(panel, people):
    assert "This field is required." in text(act(panel, "transfer", people, "preview", department=""))


# Change of status


def test_people_are_set_on_leave(panel, people):
    done = act(panel, "change_status", people[1:], status="on_leave", end_date="", end_reason="")
    assert said(done) == ["Set 2 employees to “On leave”."]
    assert statuses() == {"Ada": "active", "Bo": "on_leave", "Cy": "on_leave"}


def test_leaving_sets_the_end(panel, people):
    act(panel, "change_status", people[1:2], status="left", end_date=END, end_reason="retired")
    bo = Employee.objects.get(name="Bo")
    assert (bo.status, bo.end_date, bo.end_reason) == ("left", datetime.date(2026, 11, 30), "retired")


def test_who_has_left_already_keeps_date_and_reason(panel, people):
    _ada, bo, cy = people
    gone = {"status": "left", "end_date": datetime.date(2020, 1, 1), "end_reason": "resigned"}
    Employee.objects.filter(pk=bo.pk).update(**gone)
    answers = {"status": "left", "end_date": END, "end_reason": "retired"}
    page = text(act(panel, "change_status", [bo, cy], "preview", **answers))
    assert "2 employees are selected. 1 is so already and stays as it is." in page
    assert "Set 1 employee to “Left”" in page
    act(panel, "change_status", [bo, cy], **answers)
    assert Employee.objects.filter(pk=bo.pk, **gone).exists()
    assert Employee.objects.filter(pk=cy.pk, end_date=END, end_reason="retired").exists()


def test_who_has_left_already_keeps_date_and_reason_in_a_large_set(panel, people, monkeypatch):
    monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (1,))
    Employee.objects.filter(name="Bo").update(status="left", end_date="2020-01-01")
    done = act(panel, "change_status", "all", status="left", end_date=END, end_reason="")
    assert said(done) == ["Set 2 employees to “Left”. 1 of the selected was left as it is."]
    assert Employee.objects.filter(end_date="2020-01-01").count() == 1


def test_without_a_new_end_date_each_keeps_the_one_that_is_there(panel, people):
    bo, cy = people[1:3]
    Employee.objects.filter(pk=bo.pk).update(end_date="2020-01-31", end_reason="retired")
    answers = {"status": "left", "end_date": "", "end_reason": ""}
    page = text(act(panel, "change_status", [bo, cy], "preview", **answers))
    assert "Someone who has left needs an end date. (1) Cy" in page
    act(panel, "change_status", [bo, cy], "apply_possible", **answers)
    left = Employee.objects.filter(status="left").values_list("name", "end_date", "end_reason")
    assert list(left) == [("Bo", datetime.date(2020, 1, 31), "retired")]


@pytest.mark.parametrize(
    "answers", [{"end_date": END, "end_reason": ""}, {"end_date": "", "end_reason": "retired"}]
)
def test_an_end_is_asked_for_those_who_leave_only(panel, people, answers):
    page = text(act(panel, "change_status", people, "preview", status="on_leave", **answers))
    assert "Only “Left” goes with an end date and an end reason." in page
    assert "Who keeps such reports does not leave." in page  # not in the choice, which a phone would cut


def test_who_is_reported_to_is_refused_with_the_reason(panel, people):
    page = text(
        act(panel, "change_status", people[:2], "preview", status="left", end_date=END, end_reason="")
    )
    assert "People still report here. Give them another manager first. (1) Ada" in page
    assert "Set 1 employee to “Left”" in page
    answers = {"status": "left", "end_date": END, "end_reason": ""}
    assert b"Ada" in act(panel, "change_status", people[:2], "refused", **answers).getvalue()
    noted = AccessEvent.objects.filter(what="refused_rows").values_list("row", "filters")
    assert list(noted) == [(str(people[0].pk), "action=change_status")]


def test_whom_a_preview_names_is_noted_down(panel, people):
    """Who changes, who cannot, and who gets another manager."""
    ada, bo, cy = people
    answers = {"status": "left", "end_date": END, "end_reason": "died"}
    act(panel, "change_status", [ada, bo], "preview", **answers)
    act(panel, "change_status", [ada, bo], "preview", reports="nobody", **answers)
    noted = AccessEvent.objects.filter(what="page").order_by("pk").values_list("row", flat=True)
    assert list(noted) == [str(person.pk) for person in (ada, bo, ada, bo, cy)]


def test_a_manager_leaves_with_everybody_or_not_at_all(panel, people):
    answers = {"status": "left", "end_date": END, "end_reason": ""}
    assert said(act(panel, "change_status", people, **answers)) == ["Set 3 employees to “Left”."]


def test_who_stays_because_of_one_rule_holds_the_managers_above_back(panel, people):
    _ada, bo, cy = people
    Employee.objects.filter(pk=cy.pk).update(hire_date="2030-01-01", manager=bo)
    answers = {"status": "left", "end_date": END, "end_reason": ""}
    page = text(act(panel, "change_status", people, "preview", **answers))
    assert "3 employees are selected. 3 cannot be changed so." in page
    assert "The end date cannot be before the hire date. (1) Cy" in page
    act(panel, "change_status", people, "apply_possible", **answers)
    assert set(statuses().values()) == {"active"}


# Manager


@pytest.fixture
def zoe(finance):
    return Employee.objects.create(name="Zoe", department=finance)


def test_people_get_a_manager(panel, people, zoe):
    done = act(panel, "set_manager", people, manager=zoe.pk)
    assert said(done) == ["Zoe is the manager of 3 employees more now."]
    assert zoe.direct_reports.count() == 3


def test_people_who_have_the_manager_already_are_left_alone(panel, people):
    page = text(act(panel, "set_manager", people[1:], "preview", manager=people[0].pk))
    assert "2 are so already and stay as they are." in page


def test_a_manager_is_taken_away(panel, people):
    done = act(panel, "set_manager", people, manager="", nobody="on")
    assert said(done) == ["2 employees have no manager now. 1 of the selected was left as it is."]
    assert not Employee.objects.filter(manager__isnull=False).exists()


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, "Choose a manager, or tick that they shall have none."),
        ({"manager": "Zoe", "nobody": "on"}, "Either a new manager or none: not both."),
    ],
)
def test_a_manager_is_taken_away_only_when_that_is_said(panel, people, zoe, answers, error):
    answers = {name: zoe.pk if value == "Zoe" else value for name, value in answers.items()}
    assert error in text(act(panel, "set_manager", people, "preview", **answers))


def test_nobody_reports_to_somebody_who_left(panel, people, zoe):
    Employee.objects.filter(pk=zoe.pk).update(status="left", end_date="2020-01-01")
    page = act(panel, "set_manager", people, "preview", manager=zoe.pk)
    assert "Zoe has left and cannot be anyone's manager." in text(page)
    assert 'id="id_manager_error"' in page.content.decode()


def test_a_manager_who_leaves_after_the_preview_is_refused(panel, people, zoe):
    page = act(panel, "set_manager", people, "preview", manager=zoe.pk)
    Employee.objects.filter(pk=zoe.pk).update(status="left", end_date="2020-01-01")
    assert "Zoe has left" in text(press(panel, page, "apply", manager=zoe.pk))
    assert not zoe.direct_reports.exists()


def test_who_would_report_to_themselves_in_the_end_is_refused(panel, people):
    ada, bo, cy = people
    page = text(act(panel, "set_manager", [ada, bo, cy], "preview", manager=bo.pk))
    assert "Bo would report to themselves, directly or through others. (2) Ada, Bo" in page
    act(panel, "set_manager", [ada, bo, cy], "apply_possible", manager=bo.pk)
    assert set(bo.direct_reports.all()) == {cy}


# Fields


def test_fields_are_set_and_cleared(panel, people):
    Employee.objects.update(location="Berlin")
    answers = {"set_location": "on", "clear_location": "on", "set_fte": "on", "fte": "0.5"}
    done = act(panel, "set_fields", people, **answers)
    assert said(done) == ["Changed location and full-time equivalent of 3 employees."]
    assert set(Employee.objects.values_list("location", "fte")) == {("", Decimal("0.5"))}


def test_who_comes_back_needs_no_end_any_more(panel, people):
    Employee.objects.update(end_date="2020-01-01", end_reason="resigned")
    Employee.objects.filter(name="Bo").update(status="left")
    answers = {f"{verb}_{name}": "on" for verb in ("set", "clear") for name in ("end_date", "end_reason")}
    page = act(panel, "set_fields", people, "preview", **answers)
    assert "Someone who has left needs an end date. (1) Bo" in text(page)
    done = press(panel, page, "apply_possible", **answers)
    assert said(done)[0].startswith("Changed end date and end reason of 2 employees.")
    assert Employee.objects.filter(end_date=None, end_reason="").count() == 2


def test_a_hire_date_after_the_end_is_refused(panel, people):
    Employee.objects.filter(name="Bo").update(end_date="2020-01-01")
    page = text(act(panel, "set_fields", people, "preview", set_hire_date="on", hire_date="2021-01-01"))
    assert "The end date cannot be before the hire date. (1) Bo" in page


# Any size


def test_a_sample_of_a_large_set_knows_who_else_leaves(panel, finance, monkeypatch):
    monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (10,))
    monkeypatch.setattr("backoffice.admin.bulk.preview.SAMPLE", 1)
    boss = Employee.objects.create(name="Boss", department=finance)
    Employee.objects.bulk_create(Employee(name=str(n), department=finance, manager=boss) for n in range(20))
    answers = {"status": "left", "end_date": END, "end_reason": ""}
    assert "cannot be changed so" not in text(act(panel, "change_status", "all", "preview", **answers))
    Employee.objects.filter(name="7").update(hire_date="2030-01-01")
    page = text(act(panel, "change_status", "all", **answers))
    assert "Nothing was changed: 2 of them cannot be changed so." in page
    assert "Give them another manager first. (1) Boss" in page


@pytest.mark.parametrize("action", ["transfer", "change_status", "set_manager", "set_fields"])
@pytest.mark.parametrize("stage", ["preview", "apply_possible"])
def test_actions_ask_as_much_for_5_people_as_for_5000(panel, research, finance, action, stage):
    zoe = Employee.objects.create(name="Zoe", department=research)
    answers = {"department": research.pk, "status": "left", "end_date": END, "end_reason": ""}
    answers |= {"manager": zoe.pk, "set_job_title": "on", "job_title": "Clerk"}

    def asked(count):
        Employee.objects.exclude(pk=zoe.pk).delete()
        boss = Employee.objects.create(name="Boss", department=finance)
        Employee.objects.bulk_create(
            Employee(
                name=f"Person {n}", department=finance, manager=boss, hire_date=f"20{20 + n % 2 * 10}-01-01"
            )
            for n in range(count)
        )
        page = act(panel, action, "all", "preview", **answers)
        with CaptureQueriesContext(connection) as captured:
            press(panel, page, stage, **answers)
        return len(captured)

    asked(2)  # fills the caches
    assert asked(5) == asked(5000)


# Services


def test_services_work_without_a_page(people, research):
    assert services.transfer(employees=Employee.objects.all(), to=research, actor=None) == 3
    leaves = {"status": Employee.Status.LEFT, "end_date": datetime.date(2026, 1, 1), "end_reason": "retired"}
    assert services.change_status(employees=Employee.objects.filter(name="Bo"), actor=None, **leaves) == 1
    assert statuses() == {"Ada": "active", "Bo": "left", "Cy": "active"}


def test_the_end_stays_when_somebody_does_not_leave(people):
    Employee.objects.update(end_date="2027-01-01")
    services.change_status(employees=Employee.objects.all(), status=Employee.Status.ON_LEAVE, actor=None)
    assert Employee.objects.filter(end_date="2027-01-01").count() == 3
