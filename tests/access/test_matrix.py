"""Every URL of the real configuration, asked by every kind of person, against the table."""

import pytest
from django import VERSION
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client

from backoffice.background.jobs import Job
from backoffice.models import AccessEvent, Import, Operation, PurgeRequest
from organization.models import Department, Employee, Grant
from tests.access import matrix

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
    Grant.objects.create(
        user=accounts["outside"], role=Group.objects.get(name="HR administrator"), department=other
    )
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
        "import_department": Import.objects.create(sheet="departments", file_name="a.csv", size=1),
        "import_employee": Import.objects.create(sheet="employees", file_name="a.csv", size=1),
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
    route = route.replace("<path:object_id>", str(rows["employee"].pk)).replace("<slug:name>", "delete")
    route = route.replace("<app_label>", "organization").replace("<url>", "nowhere")
    route = route.replace("<slug:board>/<slug:chart>", "people/months")
    route = route.replace("<id>", str(rows["user"].pk))
    return route.replace("<int:pk>", str(rows[model].pk))


def signed_in(account):
    browser = Client(raise_request_exception=False)
    browser.force_login(account)
    return browser


def codes(browser, url):
    """Of GET and of POST; what was posted is taken back, with the session that it may have ended."""
    found = []
    for ask in (browser.get, browser.post):
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


def test_everybody_gets_the_answers_of_the_table(db, unrendered):
    accounts, rows = make_people()
    browsers = {
        name: signed_in(accounts[name]) if name != "anonymous" else Client() for name in matrix.PEOPLE
    }
    table, wrong = matrix.read(), []
    for route in dict.fromkeys(matrix.urls()):
        found = {name: codes(browsers[name], address(route, rows)) for name in matrix.PEOPLE}
        if found != table.get(route) and not (VERSION >= (6,) and route in OTHER_ON_DJANGO_6):
            wrong.append(matrix.line(route, found))
    assert not wrong, "These lines of tests/access/matrix.txt are others now:\n" + "\n".join(wrong)


def test_the_table_for_readers_is_made_from_it():
    assert matrix.READERS.read_text() == matrix.document(matrix.read()), "Run: python -m tests.access.matrix"
