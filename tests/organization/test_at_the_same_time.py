"""Two people make changes at the same moment, each right by itself and wrong together: one of them is refused."""

import contextlib
import re
import threading
import time

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organization.admin.employee import EmployeeAdmin
from organization.models import Department, Employee, Grant
from tests.organization.people import act, press
from tests.scale.forms import posted_from
from tests.sessions import show_who_it_is

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="elsewhere there is no lock to test: SQLite begins IMMEDIATE, and tests/deploy loads it",
    ),
]

WRITE = re.compile(r'(UPDATE|INSERT INTO) "organization_')


@pytest.fixture
def people():
    """Ada, Bo and Cy in Finance, whom nobody leads yet."""
    finance = Department.objects.create(name="Finance", code="F")
    return [
        Employee.objects.create(name=name, employee_number=name, department=finance)
        for name in ("Ada", "Bo", "Cy")
    ]


class Meeting:
    """Deeds done at once, each on a connection of its own.

    Before its first write each waits until the others have come as far, are done, or wait for its lock.
    """

    def __init__(self, deeds):
        self.deeds = deeds
        self.came, self.done, self.processes, self.errors = set(), set(), set(), []
        self.waited = False  # whether one had to wait for another's lock

    def run(self):
        threads = [threading.Thread(target=self.work, args=[deed]) for deed in self.deeds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert self.errors == []

    def work(self, deed):
        self.processes.add(asked("SELECT pg_backend_pid()"))
        try:
            with connection.execute_wrapper(self.before):
                deed()
        except Exception as error:
            self.errors.append(error)
        finally:
            self.done.add(threading.current_thread())
            connection.close()

    def before(self, execute, sql, params, many, context):
        if WRITE.match(sql) and threading.current_thread() not in self.came:
            self.came.add(threading.current_thread())
            self.wait()
        return execute(sql, params, many, context)

    def wait(self):
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ANY(%s)"
        end = time.monotonic() + 10
        while len(self.came | self.done) < len(self.deeds) and time.monotonic() < end:
            if len(self.processes) == len(self.deeds) and asked(waiting, list(self.processes)):
                self.waited = True
                return
            time.sleep(0.02)


def asked(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


@pytest.fixture
def at_once(panel):
    """Everybody opens their page first; then all press their button."""

    def run(*pages):
        meeting = Meeting([page(panel) for page in pages])
        meeting.run()
        return meeting

    return run


def change(row, **values):
    """A form with other values in it, to be saved."""

    def opened(browser):
        url = f"/admin/organization/{row._meta.model_name}/{row.pk}/change/"
        posted = posted_from(browser.get(url).content.decode(), "name") | values
        return lambda: browser.post(url, posted)

    return opened


def leave_in_bulk(*people):
    answers = {"status": "left", "end_date": "2026-11-30", "end_reason": ""}

    def opened(browser):
        page = act(browser, "change_status", people, "preview", **answers)
        return lambda: press(browser, page, "apply", **answers)

    return opened


def bring(path, sheet, *lines):
    path.write_text("\n".join(lines))

    def imported():
        with contextlib.suppress(CommandError):
            call_command("import_file", sheet, str(path))

    return lambda browser: imported


def everybodys_manager_is_there():
    return not Employee.objects.current().filter(manager__status="left").exists()


def test_two_departments_do_not_move_below_each_other(at_once):
    one, two = (Department.objects.create(name=name) for name in ("One", "Two"))
    at_once(change(one, parent=two.pk), change(two, parent=one.pk))
    assert Department.objects.filter(parent=None).count() == 1


def test_two_departments_do_not_take_the_same_name(at_once):
    one, two = (Department.objects.create(name=name) for name in ("One", "Two"))
    at_once(change(one, name="Same"), change(two, name="same"))
    assert Department.objects.filter(name__iexact="same").count() == 1


def test_two_people_do_not_become_each_others_manager(at_once, people):
    ada, bo, _cy = people
    at_once(change(ada, manager=bo.pk), change(bo, manager=ada.pk))
    assert Employee.objects.exclude(manager=None).count() == 1


def test_nobody_leaves_by_a_bulk_action_while_somebody_is_put_below_them(at_once, people):
    ada, bo, _cy = people
    at_once(change(bo, manager=ada.pk), leave_in_bulk(ada))
    assert everybodys_manager_is_there()


def test_nobody_leaves_in_a_departments_table_while_somebody_is_put_below_them(at_once, people):
    ada, bo, _cy = people
    Employee.objects.update(end_date="2026-11-30")
    at_once(change(bo, manager=ada.pk), change(ada.department, **{"employee_set-0-status": "left"}))
    assert everybodys_manager_is_there()


def test_an_import_and_a_form_do_not_close_a_loop(at_once, people, tmp_path):
    ada, bo, _cy = people
    lines = ["employee_number,manager", "Ada,Bo"]
    at_once(change(bo, manager=ada.pk), bring(tmp_path / "people.csv", "employees", *lines))
    assert Employee.objects.exclude(manager=None).count() == 1


def test_edits_that_no_rule_compares_do_not_wait_for_each_other(at_once, people):
    ada, bo, cy = people
    Employee.objects.filter(pk__in=[ada.pk, bo.pk]).update(manager=cy)
    meeting = at_once(change(ada, job_title="Clerk"), change(bo, manager=cy.pk, job_title="Clerk"))
    assert not meeting.waited
    assert Employee.objects.filter(job_title="Clerk").count() == 2


def test_a_departments_table_takes_the_lock_before_it_locks_its_rows(panel, people):
    """A bulk action takes them in this order too: in the other one they would wait for each other."""
    Employee.objects.update(end_date="2026-11-30")
    save = change(people[0].department, **{"employee_set-0-status": "left"})(panel)
    with CaptureQueriesContext(connection) as captured:
        save()
    locks = [
        word
        for query in captured
        for word in re.findall(r"advisory_xact_lock|FOR NO KEY UPDATE", query["sql"])
    ]
    assert locks[:2] == ["advisory_xact_lock", "FOR NO KEY UPDATE"]
    assert Employee.objects.filter(status="left").count() == 1


def values(person, *names):
    return Employee.objects.values_list(*names).get(pk=person.pk)


def in_list(row, **values):
    """The list in which one row gets other values."""

    def opened(browser):
        url = "/admin/organization/employee/"
        posted = posted_from(browser.get(url).content.decode(), "form-0-job_title")
        form = next(n for n in range(3) if posted[f"form-{n}-id"] == [str(row.pk)])
        typed = {f"form-{form}-{name}": value for name, value in values.items()}
        return lambda: browser.post(url, posted | typed | {"_save": ""})

    return opened


@pytest.mark.parametrize("number", range(3))
def test_what_two_people_change_in_one_form_is_kept_of_both(at_once, people, number):
    at_once(change(people[0], job_title="Clerk"), change(people[0], location="Berlin"))
    assert values(people[0], "job_title", "location") == ("Clerk", "Berlin")


def test_of_two_people_who_set_one_field_one_is_asked(at_once, people):
    answers = []

    def answered(page):
        def opened(browser):
            save = page(browser)
            return lambda: answers.append(save().status_code)

        return opened

    meeting = at_once(
        answered(change(people[0], job_title="Clerk")), answered(change(people[0], job_title="Cook"))
    )
    assert meeting.waited
    assert sorted(answers) == [200, 302]


def test_a_form_and_its_departments_table_keep_the_changes_of_both(at_once, people):
    at_once(
        change(people[0], location="Berlin"),
        change(people[0].department, **{"employee_set-0-job_title": "Clerk"}),
    )
    assert values(people[0], "job_title", "location") == ("Clerk", "Berlin")


def test_two_lists_and_a_form_keep_the_changes_of_all(at_once, people, monkeypatch):
    monkeypatch.setattr(EmployeeAdmin, "list_editable", ("job_title", "hire_date"))
    at_once(
        in_list(people[0], job_title="Clerk"),
        in_list(people[0], hire_date="2020-01-01"),
        change(people[0], location="Berlin"),
    )
    found = values(people[0], "job_title", "location", "hire_date")
    assert [str(value) for value in found] == ["Clerk", "Berlin", "2020-01-01"]


def test_nobody_saves_into_a_row_that_is_deleted_at_that_moment(at_once, people):
    at_once(change(people[0], job_title="Clerk"), lambda browser: people[0].delete)
    assert not Employee.objects.filter(name="Ada").exists()


def test_a_role_for_everything_is_given_once_however_often_one_presses_the_button(at_once, panel):
    posted = {"user": User.objects.create(username="lee").pk, "role": Group.objects.get(name="Viewer").pk}
    show_who_it_is(panel)
    meeting = at_once(*[lambda browser: lambda: browser.post("/admin/organization/grant/add/", posted)] * 2)
    assert meeting.waited
    assert Grant.objects.count() == 1
