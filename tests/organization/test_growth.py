"""Every page of HR asks as many questions of the database for 5,000 people as for 5, and stays small."""

import datetime

import pytest
from django.contrib.admin import site

from organization.models import Department, Employee
from tests.growth import queries

pytestmark = pytest.mark.django_db

EMPLOYEES = "/admin/organization/employee/"
DEPARTMENTS = "/admin/organization/department/"

PAGES = [
    "/admin/",
    "/admin/?people=1",
    "/admin/?q=person",
    "/admin/figures/people/department/",
    "/admin/organization/",
    EMPLOYEES,
    *(f"{EMPLOYEES}?o={sign}{column}" for column in range(1, 8) for sign in ("", "-")),
    *(f"{EMPLOYEES}?o={column}&last=1" for column in range(1, 8)),
    f"{EMPLOYEES}?q=person",
    f"{EMPLOYEES}?q=p",
    f"{EMPLOYEES}?q=1",
    f"{EMPLOYEES}?q=p1@example.com",
    f"{EMPLOYEES}?department=1",
    f"{EMPLOYEES}?department=1&department__below=1",
    f"{EMPLOYEES}?status=active&_facets=True",
    f"{EMPLOYEES}?employment_type=none",
    f"{EMPLOYEES}?hire_date__from=2001-01-01&hire_date__to=2019-01-01",
    f"{EMPLOYEES}?manager=none",
    f"{EMPLOYEES}?location=Berlin&location__empty=1",
    f"{EMPLOYEES}?end_date__to=2019-01-01&status=active",
    f"{EMPLOYEES}?status=left&reports=current",
    f"{EMPLOYEES}?reports=current",
    f"{EMPLOYEES}?from=Person 3",
    f"{EMPLOYEES}add/",
    f"{EMPLOYEES}1/change/",
    f"{EMPLOYEES}1/history/",
    f"{EMPLOYEES}1/delete/",
    DEPARTMENTS,
    *(f"{DEPARTMENTS}?o={column}" for column in (1, 2, 3, 4, 6)),
    f"{DEPARTMENTS}?q=dep",
    f"{DEPARTMENTS}?parent=1&parent__below=1",
    f"{DEPARTMENTS}?location=Berlin",
    f"{DEPARTMENTS}?head=none",
    f"{EMPLOYEES}views/",
    f"{EMPLOYEES}views/?department=1",
    f"{DEPARTMENTS}chart/",
    f"{DEPARTMENTS}chart/?open=1",
    f"{DEPARTMENTS}chart/?q=person",
    f"{DEPARTMENTS}chart/?at=2",
    f"{DEPARTMENTS}chart/?open=1&node=1",
    f"{DEPARTMENTS}chart/drawing/?open=1",
    f"{DEPARTMENTS}1/change/",
    f"{DEPARTMENTS}1/change/?employee_set-last=1",
    f"{DEPARTMENTS}1/change/?employee_set-q=person",
    f"{DEPARTMENTS}1/change/?employee_set-o=-hire_date",
    f"{DEPARTMENTS}1/delete/",
    "/admin/autocomplete/?app_label=organization&model_name=employee&field_name=department&term=dep",
    "/admin/autocomplete/?app_label=organization&model_name=employee&field_name=manager&term=person",
]


def company(people):
    """`people` employees, one department in five; most people are in the first department."""
    size = max(people // 5, 3)
    Department.objects.bulk_create(
        Department(
            pk=n, name=f"Dep {n}", code=f"D{n}", location="Berlin", parent_id=None if n == 1 else 1 + n // 8
        )
        for n in range(1, size + 1)
    )
    Employee.objects.bulk_create(
        Employee(
            pk=n,
            name=f"Person {n}",
            employee_number=str(n),
            work_email=f"p{n}@example.com",
            department_id=1 if n % 2 else 1 + n % size,
            manager_id=None if n == 1 else 1 + n // 10,
            job_title=f"Title {n % 50}",
            hire_date=datetime.date(2000 + n % 20, 1, 1) if n % 7 else None,
        )
        for n in range(1, people + 1)
    )
    Department.objects.update(head=1)


def measure(client):
    return {url: queries(client, url) for url in PAGES}


def test_every_page_costs_the_same_at_5_and_at_5000(panel):
    company(5)
    small = measure(panel)
    Department.objects.update(head=None, parent=None)
    Employee.objects.all().delete()
    Department.objects.all().delete()
    company(5_000)
    large = measure(panel)
    grown = {
        url: (len(small[url][0]), len(large[url][0]))
        for url in PAGES
        if len(small[url][0]) != len(large[url][0])
    }
    assert grown == {}
    heavy = {url: size for url, (_, size) in large.items() if size > 250_000}
    assert heavy == {}


def test_no_page_is_large_where_every_text_is_as_long_as_it_may_be(panel):
    """In letters of three bytes, with all columns."""
    text = {"location": "ก" * 120, "cost_center": "ก" * 64}
    whole = Department.objects.create(name="ก" * 150, **text)
    Department.objects.bulk_create(
        Department(name=f"{'ก' * 147}{n:03}", code=f"D{n}", parent=whole, **text) for n in range(60)
    )
    said = {**text, "job_title": "ก" * 150, "preferred_name": "ก" * 200, "work_phone": "1" * 40}
    Employee.objects.bulk_create(
        Employee(
            name=f"{'ก' * 197}{n:03}",
            department=whole,
            employee_number=f"E{n}",
            work_email=f"{'a' * 60}{n}@example.com",
            **said,
        )
        for n in range(60)
    )
    boss = Employee.objects.first()
    Employee.objects.update(manager=boss)
    Department.objects.update(head=boss)
    for model_admin in map(site.get_model_admin, (Employee, Department)):
        every = [*model_admin.list_display, *model_admin.more_columns]
        panel.post(model_admin.views_url, {"columns": "save", "column": every, "query": ""})
    pages = [
        EMPLOYEES,
        DEPARTMENTS,
        f"{DEPARTMENTS}{whole.pk}/change/",
        f"{DEPARTMENTS}chart/?open={whole.pk}",
    ]
    sizes = {page: len(panel.get(page, follow=True).content) for page in pages}
    assert {page: size for page, size in sizes.items() if size > 250_000} == {}
