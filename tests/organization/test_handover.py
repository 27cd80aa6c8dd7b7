"""What happens to those who report to people who leave, when they are set to “left” together."""

import re
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.background.jobs import Job
from backoffice.models import Operation
from backoffice.operations.undo import undo
from organization.models import Department, Employee, Grant
from tests.organization.people import act, press, said, text
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db

LEAVE = {"status": "left", "end_date": "2026-11-30", "end_reason": "", "reports": "", "reports_to": ""}


@pytest.fixture
def people():
    """Ada leads Bo, who leads Cy, who leads Di and Ed."""
    office = Department.objects.create(name="Finance")
    found, manager = {}, None
    for name in ("Ada", "Bo", "Cy"):
        found[name] = manager = Employee.objects.create(name=name, department=office, manager=manager)
    for name in ("Di", "Ed"):
        found[name] = Employee.objects.create(name=name, department=office, manager=manager)
    return found


def leave(panel, *who, stage="apply", **answers):
    return act(panel, "change_status", who, stage, **{**LEAVE, **answers})


def managers():
    return dict(Employee.objects.values_list("name", "manager__name"))


def gone():
    return set(Employee.objects.filter(status="left").values_list("name", flat=True))


def test_they_get_the_next_manager_above_who_stays(panel, people):
    done = leave(panel, people["Bo"], people["Cy"], reports="up")
    assert said(done) == [
        "Set 2 employees to “Left”. Changed the manager of 2 employees who reported to them."
    ]
    assert managers() == {"Ada": None, "Bo": "Ada", "Cy": "Bo", "Di": "Ada", "Ed": "Ada"}
    assert gone() == {"Bo", "Cy"}


def test_somebody_above_who_has_left_before_is_passed_over(panel, people):
    Employee.objects.filter(name="Bo").update(status="left", end_date="2020-01-01")
    leave(panel, people["Cy"], reports="up")
    assert managers()["Di"] == "Ada"


def test_they_have_no_manager_where_nobody_stays_above(panel, people):
    leave(panel, people["Ada"], people["Bo"], people["Cy"], reports="up")
    assert (managers()["Di"], managers()["Ed"]) == (None, None)


def test_they_get_the_manager_that_was_chosen(panel, people):
    leave(panel, people["Cy"], reports="to", reports_to=people["Ada"].pk)
    assert (managers()["Di"], managers()["Ed"]) == ("Ada", "Ada")


def test_one_of_them_can_take_over_and_gets_the_manager_above(panel, people):
    leave(panel, people["Cy"], reports="to", reports_to=people["Di"].pk)
    assert (managers()["Di"], managers()["Ed"]) == ("Bo", "Di")


def test_they_are_left_without_a_manager_when_that_is_wanted(panel, people):
    leave(panel, people["Cy"], reports="nobody")
    assert (managers()["Di"], managers()["Ed"]) == (None, None)


def test_the_preview_says_what_happens_to_them(panel, people):
    page = text(leave(panel, people["Cy"], stage="preview", reports="up"))
    assert "2 employees report to those who leave, and stay." in page
    assert "Di Cy → Bo Ed Cy → Bo" in page
    assert managers()["Di"] == "Cy"


def test_the_preview_says_what_becomes_of_one_of_them_who_takes_over(panel, people):
    page = text(leave(panel, people["Cy"], stage="preview", reports="to", reports_to=people["Di"].pk))
    assert "Their new manager: Di, who gets the next one above." in page
    assert "Di Cy → Bo Ed Cy → Di" in page


def test_without_a_choice_nobody_leaves_who_is_reported_to(panel, people):
    assert "People still report here." in text(leave(panel, people["Cy"], stage="preview"))


def test_it_is_one_operation_and_is_undone_as_one(panel, hr, people):
    before = managers()
    leave(panel, people["Bo"], people["Cy"], reports="up")
    line = Operation.objects.first()
    assert (line.kind, line.rows) == ("change_status", {"organization.Employee": {"updated": 4}})
    undo(line, actor=hr)
    assert (managers(), gone()) == (before, set())


def test_a_report_who_joins_after_the_preview_is_shown_first(panel, people):
    page = leave(panel, people["Cy"], stage="preview", reports="up")
    Employee.objects.create(name="Fay", department=people["Cy"].department, manager=people["Cy"])
    again = press(panel, page, "apply", **{**LEAVE, "reports": "up"})
    assert "Nothing was changed" in text(again)
    assert "1 employee is new: Fay. Here is what would happen now." in text(again)
    assert "3 employees report to those who leave" in text(again)
    assert gone() == set()
    Employee.objects.filter(name="Di").update(manager=people["Ada"])
    Employee.objects.filter(name="Ada").update(manager=people["Cy"])
    third = text(press(panel, again, "apply", **{**LEAVE, "reports": "up"}))
    assert "1 employee is gone: Di. 1 employee has other values now: Ada." in third


def test_those_who_change_beside_the_selected_count_where_many_take_a_worker(panel, people, settings):
    settings.BACKGROUND_ROWS = 2
    done = leave(show_who_it_is(panel), people["Cy"], reports="nobody")
    assert done["Location"].startswith("/admin/background/")
    assert Job.objects.get().rows == 3


# Who cannot take over


def test_who_leaves_cannot_take_over(panel, people):
    page = text(
        leave(panel, people["Cy"], people["Ada"], stage="preview", reports="to", reports_to=people["Ada"].pk)
    )
    assert "Ada is to be the manager of those who stay. (1) Ada" in page


def test_who_has_left_cannot_take_over(panel, people):
    Employee.objects.filter(name="Ed").update(status="left", end_date="2020-01-01")
    page = leave(panel, people["Cy"], stage="preview", reports="to", reports_to=people["Ed"].pk)
    assert "Ed has left and cannot be anyone's manager." in text(page)


def test_who_left_after_the_preview_does_not_take_over(panel, people):
    answers = {**LEAVE, "reports": "to", "reports_to": people["Ed"].pk}
    page = leave(panel, people["Cy"], stage="preview", **answers)
    Employee.objects.filter(name="Ed").update(status="left", end_date="2020-01-01")
    assert "Ed has left" in text(press(panel, page, "apply", **answers))
    assert gone() == {"Ed"}


def test_no_loop_comes_of_it(panel, people):
    page = text(leave(panel, people["Ada"], stage="preview", reports="to", reports_to=people["Di"].pk))
    assert "Di reports to one of those who are handed over, and so cannot be their manager. (1) Ada" in page


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"reports": "to"}, "Choose who becomes their manager."),
        ({"reports": "up", "reports_to": "Ada"}, "or leave the new manager empty."),
        ({"reports": "all"}, "Select a valid choice."),
    ],
)
def test_choices_that_do_not_fit_are_asked_for_again(panel, people, answers, error):
    answers = {name: people[value].pk if value in people else value for name, value in answers.items()}
    assert error in text(leave(panel, people["Cy"], stage="preview", **answers))


# Any size


@pytest.mark.parametrize("choice", ["up", "to", "nobody"])
@pytest.mark.parametrize("stage", ["preview", "apply"])
def test_it_asks_as_much_for_5_people_as_for_5000(panel, people, choice, stage):
    heir = {"reports_to": people["Ada"].pk} if choice == "to" else {}

    def asked(count):
        Employee.objects.exclude(pk=people["Ada"].pk).delete()
        people["Ada"].status = "active"
        team = {"department": people["Ada"].department, "manager": people["Ada"]}
        leavers = Employee.objects.bulk_create(Employee(name=f"Leaver {n}", **team) for n in range(count))
        Employee.objects.bulk_create(
            Employee(name=f"Report {n}", **{**team, "manager": leaver}) for n, leaver in enumerate(leavers)
        )
        with connection.cursor() as cursor:
            if connection.vendor != "mysql":  # which counts by itself, and commits for it
                cursor.execute("ANALYZE")  # as autovacuum does; a plan made for an empty table takes minutes
        answers = {**LEAVE, "reports": choice, **heir}
        page = act(panel, "change_status", "all", "preview", query="?q=leaver", **answers)
        with CaptureQueriesContext(connection) as captured:
            done = press(panel, page, stage, **answers)
        assert done.status_code == (302 if stage == "apply" else 200), text(done)
        return len(captured)

    asked(2)  # fills the caches
    assert asked(5) == asked(5000)


def test_a_sample_of_a_large_set_leaves_out_who_leaves_as_well(panel, people, monkeypatch):
    monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (2,))
    monkeypatch.setattr("backoffice.admin.bulk.preview.SAMPLE", 3)
    answers = {**LEAVE, "reports": "up"}
    Employee.objects.filter(name="Ed").delete()
    page = text(act(panel, "change_status", "all", "preview", query="?q=%61", **answers))  # Ada only
    assert "1 employee reports to those who leave, and stays." in page
    page = act(panel, "change_status", "all", "preview", **answers)
    assert "What happens to others Not counted yet. “Count exactly” looks at all of them." in text(page)
    assert "What happens to others" not in text(press(panel, page, "count", **answers))


def test_a_large_set_is_said_to_leave_so_many_behind_as_are_changed(panel, people, monkeypatch):
    monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (1,))
    monkeypatch.setattr("backoffice.admin.bulk.preview.SAMPLE", 1)
    sales, heir = Department.objects.create(name="Sales"), people["Di"]
    for one in (people["Ada"], people["Bo"], people["Cy"]):
        Employee.objects.create(name=f"{one.name}’s", department=sales, manager=one)
    Employee.objects.filter(pk=people["Ed"].pk).update(hire_date="2030-01-01")  # cannot leave
    answers, query = {**LEAVE, "reports": "nobody"}, f"?department={heir.department_id}"
    page = act(panel, "change_status", "all", "preview", query=query, **answers)
    assert "1+ employee reports to those who leave, and stays without a manager." in text(page)
    counted = press(panel, page, "count", **answers)
    assert "4 employees report to those who leave, and stay without a manager." in text(counted)
    late = Employee.objects.create(name="Late", department=sales, manager=people["Bo"])
    again = press(panel, counted, "apply_possible", **answers)
    assert "Nothing was changed: the selection is not what you looked at." in text(again)
    late.delete()
    freed = Employee.objects.get(name="Cy’s")
    Employee.objects.filter(pk=freed.pk).update(manager=None)
    late = Employee.objects.create(name="Late", department=sales, manager=people["Bo"])
    again = press(panel, counted, "apply_possible", **answers)  # as many, and another one
    assert "Nothing was changed: the selection is not what you looked at." in text(again)
    late.delete()
    Employee.objects.filter(pk=freed.pk).update(manager=people["Cy"])
    counted = press(panel, again, "count", **answers)
    done = press(panel, counted, "apply_possible", **answers)
    assert "Changed the manager of 4 employees who reported to them." in said(done)[0]


# Reports of those who have left already


def test_the_reports_of_who_has_left_are_handed_over(panel, people):
    """As an import may leave them."""
    Employee.objects.filter(name__in=["Cy", "Ed"]).update(status="left", end_date="2020-01-01")
    answers = {"manager": people["Bo"].pk}
    page = act(
        panel, "hand_over_reports", [people["Cy"]], "preview", query="?status=left&reports=current", **answers
    )
    assert "1 employee reports to those who are selected." in text(page)
    assert "Make Bo the manager of 1 employee" in text(page)
    done = press(panel, page, "apply", **answers)
    assert said(done) == ["Bo is the manager of 1 employee more now."]
    assert managers() == {"Ada": None, "Bo": "Ada", "Cy": "Bo", "Di": "Bo", "Ed": "Cy"}
    undo(Operation.objects.first())
    assert managers()["Di"] == "Cy"


def test_reports_beyond_ones_reach_are_neither_shown_nor_handed_over(client, people, hr):
    officer = get_user_model().objects.create_user("officer", password="x", is_staff=True)
    Employee.objects.filter(name="Di").update(department=Department.objects.create(name="Sales"))
    role = Group.objects.get(name="HR officer")
    Grant.objects.create(user=officer, role=role, department=people["Cy"].department)
    client.force_login(officer)
    page = act(client, "hand_over_reports", [people["Cy"]], "preview", manager=people["Bo"].pk)
    assert "1 employee reports to those who are selected." in text(page)
    press(client, page, "apply", manager=people["Bo"].pk)
    assert (managers()["Di"], managers()["Ed"]) == ("Cy", "Bo")


# On the page of a person


def test_a_persons_page_leads_to_their_reports_who_have_not_left(panel, people):
    page = panel.get(f"/admin/organization/employee/{people['Cy'].pk}/change/")
    url = {label: url for url, label in page.context["row_links"]}["2 reports"]
    assert url in page.content.decode().replace("&amp;", "&")
    assert [row.name for row in panel.get(url).context["cl"].result_list] == ["Di", "Ed"]
    Employee.objects.filter(name="Di").update(status="left", end_date="2020-01-01")
    assert "1 report" in text(panel.get(f"/admin/organization/employee/{people['Cy'].pk}/change/"))
    assert "report" not in text(panel.get(f"/admin/organization/employee/{people['Ed'].pk}/change/"))


def test_who_cannot_leave_is_told_who_reports_and_which_action_hands_them_over(panel, people):
    url, cy = f"/admin/organization/employee/{people['Cy'].pk}/change/", people["Cy"]
    posted = {"name": "Cy", "department": cy.department_id, "fte": 1, "manager": cy.manager_id}
    page = panel.post(url, {**posted, "status": "left", "end_date": "2026-11-30"})
    assert "look at the 2 reports, or give them another manager by “Hand over reports”." in text(page)
    links = re.findall(r'<a href="([^"]+)" target="_blank">', page.content.decode())
    assert [row.name for row in panel.get(unescape(links[0])).context["cl"].result_list] == ["Di", "Ed"]
    assert "1 employee is selected." in text(panel.get(unescape(links[1])))


def test_of_reports_beyond_ones_reach_a_persons_page_says_nothing(client, people):
    officer = get_user_model().objects.create_user("officer", password="x", is_staff=True)
    Employee.objects.filter(name="Di").update(department=Department.objects.create(name="Sales"))
    role = Group.objects.get(name="HR officer")
    Grant.objects.create(user=officer, role=role, department=people["Cy"].department)
    client.force_login(officer)
    page = client.get(f"/admin/organization/employee/{people['Cy'].pk}/change/")
    assert "1 report" in [label for _url, label in page.context["row_links"]]
