"""Every page of the panel asks as many questions with a thousand rows of everything as with one."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection

from backoffice.background.jobs import Job
from backoffice.models import AccessEvent, Operation, PurgeRequest
from organization.models import Department, Employee, Grant
from tests.access import matrix
from tests.access.test_matrix import address, make_people, signed_in
from tests.growth import asked

FEW, MANY = range(30), range(30, 1_000)  # few fill the samples that some pages show


def fill(rows, numbers):
    """So many more of each row that a page lists, but roles: they are a dozen, and a form offers them all."""
    sales, head = rows["department"], rows["employee"]
    Department.objects.bulk_create(Department(name=f"Below {n}", parent=sales, head=head) for n in numbers)
    Employee.objects.bulk_create(
        Employee(name=f"Person {n}", employee_number=f"N{n}", department=sales, manager=head) for n in numbers
    )
    people = User.objects.bulk_create(User(username=f"person {n}") for n in numbers)
    Grant.objects.bulk_create(Grant(user=one, role=rows["group"], department=sales) for one in people)
    Operation.objects.bulk_create(
        Operation(kind="edit", actor=one, actor_name=one.username) for one in people
    )
    about = {"model": "organization.Employee", "row": str(head.pk)}
    AccessEvent.objects.bulk_create(AccessEvent(what="page", actor=one, **about) for one in people)
    Job.objects.bulk_create(Job(title=f"Job {n}", path="nowhere", language="en") for n in numbers)
    days = (datetime.date(1990, 1, 1) + datetime.timedelta(days=n) for n in numbers)
    PurgeRequest.objects.bulk_create(PurgeRequest(model="organization.Employee", before=day) for day in days)


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="what is asked is the same, and looked at on PostgreSQL"
)
@pytest.mark.parametrize("name", ["superuser", "outside"])
def test_every_page_costs_the_same_for_thirty_rows_and_for_a_thousand(db, name):
    accounts, rows = make_people()
    Grant.objects.filter(user=accounts["outside"]).update(department=rows["department"])  # bound to all of it
    fill(rows, FEW)
    browser, pages = signed_in(accounts[name]), {}
    for route in (route for route in matrix.urls() if route.startswith("/admin/")):
        response = browser.get(address(route, rows))
        if response.status_code == 200 and not response.streaming:
            pages[route] = address(route, rows)
    few = {route: len(asked(browser, url)[0]) for route, url in pages.items()}
    fill(rows, MANY)
    many = {route: asked(browser, url) for route, url in pages.items()}
    assert len(pages) > 20
    more = [route for route, (found, _) in many.items() if len(found) > few[route]]
    # Once more: now and then a page notes down that the session is still in use.
    again = {route: len(asked(browser, pages[route])[0]) for route in more}
    grown = {route: (few[route], number) for route, number in again.items() if number > few[route]}
    assert grown == {}
    assert {route: size for route, (_, size) in many.items() if size > 250_000} == {}
