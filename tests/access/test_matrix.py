"""Every URL of the real configuration, asked by every kind of person, against the table."""

from functools import partial

import pytest
from django import VERSION
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client

from backoffice.admin import BulkAction
from backoffice.background.jobs import Job
from backoffice.models import AccessEvent, Import, Operation, PurgeRequest
from organization.admin.employee import EmployeeAdmin
from organization.models import Department, Employee, Grant
from tests.access import matrix

# Everybody is asked for on PostgreSQL, in production's Django; elsewhere those whom an engine or Django may tell apart.
SOME = ("anonymous", "no_role", "viewer", "in_officer", "outside", "superuser")
OTHER_ON_DJANGO_6 = [  # what is not there before what is not allowed
    "/admin/auth/user/<path:object_id>/change/",
    "/admin/organization/grant/<path:object_id>/change/",
]


def make_people():
    sales, other = (Department.objects.create(name=name) for name in ("Sales", "Other"))
    accounts = {name: User.objects.create(username=name, is_staff=True) for name in matrix.PEOPLE}
    roles = {
        "viewer": "Viewer",
        "officer": "HR officer",
        "administrator": "HR administrator",
        "auditor": "Auditor",
    }
    for name, role in roles.items():
        grant = Grant.objects.create(user=accounts[name], role=Group.objects.get(name=role))
    for name, (role, department) in {
        "in_officer": ("HR officer", sales),
        "in_admin": ("HR administrator", sales),
        "in_auditor": ("Auditor", sales),
        "out_officer": ("HR officer", other),
        "outside": ("HR administrator", other),
        "out_auditor": ("Auditor", other),
    }.items():
        Grant.objects.create(user=accounts[name], role=Group.objects.get(name=role), department=department)
    sales.head = Employee.objects.create(name="Head", department=sales, user=accounts["head"])
    sales.save()
    operation = Operation.objects.order_by("-pk").first()
    User.objects.filter(username="superuser").update(is_superuser=True)
    rows = {
        "department": sales,
        "employee": sales.head,
        "operation": operation,
        "grant": grant,
        "group": grant.role,
        "user": accounts["head"],
        "job": Job.objects.create(title="A job", path="nowhere", language="en"),
        "accessevent": AccessEvent.objects.create(what="page", model="organization.Employee", row="1"),
        "purgerequest": PurgeRequest.objects.create(model="organization.Employee", before="2001-01-31"),
        "import_department": Import.objects.create(
            sheet="departments", file_name="a.csv", size=1, state="previewed"
        ),
        "import_employee": Import.objects.create(
            sheet="employees", file_name="a.csv", size=1, state="previewed"
        ),
        "content_type": ContentType.objects.get_for_model(Employee),
    }
    return accounts, rows


def address(route, rows):
    """The route with the keys of rows in it."""
    model = next((name for name in rows if f"/{name}/" in route), "employee")
    model = "job" if "background/" in route else model
    model = f"import_{model}" if "/import/<int:pk>" in route else model
    if "/r/" not in route:
        route = route.replace("<path:object_id>", str(rows[model].pk))
    route = route.replace("<path:content_type_id>", str(rows["content_type"].pk))
    route = route.replace("<path:object_id>", str(rows["employee"].pk)).replace(matrix.ACTION, "delete")
    route = route.replace("<app_label>", "organization").replace("<url>", "nowhere")
    route = route.replace("<slug:board>/<slug:chart>", "people/months")
    route = route.replace("<id>", str(rows["user"].pk))
    return route.replace("<int:pk>", str(rows[model].pk))


def signed_in(account):
    browser = Client(raise_request_exception=False)
    browser.force_login(account)
    return browser


def sent(route, row):
    """What is posted: a selection to its actions, else an empty form."""
    return {ACTION_CHECKBOX_NAME: [row.pk]} if "/bulk/" in route else {}


def codes(browser, url, form):
    """Of GET and of POST; what was posted is taken back, with the session that it may have ended."""
    found = []
    for ask in (browser.get, partial(browser.post, data=form)):
        cookies = browser.cookies.copy()
        with transaction.atomic():
            found.append(ask(url).status_code)
            transaction.set_rollback(True)
        browser.cookies = cookies
    return tuple(found)


@pytest.fixture
def unrendered(monkeypatch):
    """The codes are known before the pages are written."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


def test_every_url_is_in_the_table():
    missing = [route for route in matrix.urls() if route not in matrix.read()]
    gone = [route for route in matrix.read() if route not in set(matrix.urls())]
    assert not missing, f"Add a line to tests/access/matrix.txt for each of: {missing}"
    assert not gone, f"Take these lines out of tests/access/matrix.txt: {gone}"


def test_a_new_action_needs_a_line_of_its_own(monkeypatch):
    class Promote(BulkAction):
        name = "promote"

    monkeypatch.setattr(EmployeeAdmin, "bulk_actions", (*EmployeeAdmin.bulk_actions, Promote))
    missing = [route for route in matrix.urls() if route not in matrix.read()]
    assert missing == ["/admin/organization/employee/bulk/promote/"]


def test_everybody_gets_the_answers_of_the_table(db, unrendered):
    accounts, rows = make_people()
    people = tuple(matrix.PEOPLE) if connection.vendor == "postgresql" and VERSION < (6,) else SOME
    browsers = {name: signed_in(accounts[name]) if name != "anonymous" else Client() for name in people}
    table, wrong = matrix.read(), []
    for route in dict.fromkeys(matrix.urls()):
        found, url = {}, address(route, rows)
        row = next((row for name, row in rows.items() if f"/{name}/" in route), rows["employee"])
        for name in people:
            # Outside of the panel no role says anything: one account for all of them.
            same = name.startswith(("in_", "out")) and not route.startswith("/admin/")
            found[name] = found["viewer"] if same else codes(browsers[name], url, sent(route, row))
        said = table.get(route, {})
        if found != {name: said.get(name) for name in people} and not (
            VERSION >= (6,) and route in OTHER_ON_DJANGO_6
        ):
            wrong.append(matrix.line(route, found))
    assert not wrong, "These lines of tests/access/matrix.txt are others now:\n" + "\n".join(wrong)


def test_the_table_for_readers_is_made_from_it():
    assert matrix.READERS.read_text() == matrix.document(matrix.read()), "Run: python -m tests.access.matrix"
