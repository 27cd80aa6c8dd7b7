"""What HR reads on the first page: each number is that of the list behind it."""

import datetime
import re

import pytest
from django.db import connection
from django.utils import timezone

from backoffice.dashboard import counts, keeping, sources
from backoffice.sql.distinct import few_keys
from organization.admin import filters
from organization.dashboard import PEOPLE
from organization.models import Department, Employee

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
Status = Employee.Status


@pytest.fixture
def company():
    company = Department.objects.create(name="Company")
    sales = Department.objects.create(name="Sales", parent=company)
    Department.objects.create(name="Empty", parent=company)
    field = Department.objects.create(name="Field sales", parent=sales)
    first, before = TODAY().replace(day=1), TODAY().replace(day=1) - datetime.timedelta(days=1)
    rows = [
        {"name": "Boss", "department": company, "employment_type": "permanent", "location": "Berlin"},
        {"name": "New", "department": sales, "hire_date": first, "location": "Berlin"},
        {"name": "Older", "department": field, "hire_date": before, "status": Status.ON_LEAVE},
        {"name": "Planned", "department": field, "hire_date": first, "status": Status.PLANNED},
        {"name": "Gone", "department": field, "status": Status.LEFT, "end_date": first},
        {"name": "Long gone", "department": field, "status": Status.LEFT, "end_date": before},
        {"name": "Overdue", "department": sales, "end_date": TODAY() - datetime.timedelta(days=1)},
    ]
    for row in rows:
        Employee.objects.create(**row)
    Employee.objects.filter(name="Overdue").update(manager=Employee.objects.get(name="Gone"))
    return company


def told(place=0):
    [entry] = sources.Live(PEOPLE).entries([place])
    return entry.counts


def test_the_numbers_are_those_of_hr(company):
    found = told()
    month = counts.month(TODAY())
    assert found.total("headcount") == 4  # Planned is not hired yet
    assert (found.of("joined", month), found.of("left", month)) == (1, 1)
    assert (found.total("on_leave"), found.total("overdue")) == (1, 1)
    assert (found.total("no_manager"), found.total("leavers_with_reports")) == (4, 1)
    notes = [figure.note(found, TODAY()) for figure in PEOPLE.figures]
    assert notes[0].startswith("4 at the end of ")  # New has come, Gone has left
    assert notes[1:3] == ["1 in the month before", "1 in the month before"]
    assert notes[3].startswith("1 at the end of ")


def test_who_was_on_leave_last_month_is_read_from_the_record(company, settings):
    boss, older, new = (Employee.objects.get(name=name) for name in ("Boss", "Older", "New"))
    Employee.objects.filter(pk=older.pk).update(status=Status.ACTIVE)  # back since
    for status in (Status.ON_LEAVE, Status.ACTIVE, Status.ON_LEAVE):
        Employee.objects.filter(pk=boss.pk).update(status=status)  # gone since
    for status in (Status.ON_LEAVE, Status.ACTIVE):
        Employee.objects.filter(pk=new.pk).update(status=status)  # gone and back
    found = told()
    assert (found.total("on_leave"), found.total("leave_began"), found.total("leave_ended")) == (1, 1, 1)
    assert PEOPLE.figures[3].note(found, TODAY()).startswith("1 at the end of ")
    settings.OPERATION_RETENTION_DAYS = 7
    assert PEOPLE.figures[3].note(found, TODAY()) == "25.0 % of the headcount"


def test_who_joined_since_was_not_on_leave_last_month(company):
    Employee.objects.filter(name="Boss").update(status=Status.ON_LEAVE)
    for name in ("Expecting", "Back already"):
        first = TODAY().replace(day=1)
        Employee.objects.create(name=name, department=company, hire_date=first, status=Status.ON_LEAVE)
    Employee.objects.filter(name="Back already").update(status=Status.ACTIVE)
    assert (told().total("on_leave"), told().total("leave_began")) == (3, 2)
    assert PEOPLE.figures[3].note(told(), TODAY()).startswith("1 at the end of ")


def test_what_was_so_before_this_month_is_no_change_of_it(company):
    Employee.objects.filter(name="Older").update(status=Status.ACTIVE)
    live = sources.Live(PEOPLE)
    live.day = (TODAY().replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    [entry] = live.entries([0])
    assert (entry.counts.total("on_leave"), entry.counts.total("leave_ended")) == (0, 0)


def test_departments_have_the_sums_of_all_below(company):
    sales = Department.objects.get(name="Sales")
    assert told(sales.pk).total("headcount") == 3
    assert told(company.pk).total("headcount") == 4


def test_every_link_of_the_page_leads_to_as_many_people_as_it_says(panel, company):
    Employee.objects.create(name="At home", department=company, location="none")
    page = panel.get("/admin/").content.decode()
    bars = re.findall(r'<a href="(/admin/organization/employee/\?[^"]*)" class="bo-bar"[^>]*: (\d+)">', page)
    figures = re.findall(r'class="bo-number" href="(/admin/organization/employee/[^"]*)">(\d+)<', page)
    lists = re.findall(r'<a href="(/admin/organization/[^"]*)"><strong>(\d+)</strong>', page)
    assert (len(figures), len(lists)) == (4, 4)
    for url, number in [*dict.fromkeys(bars), *figures, *lists]:
        if number != "0":
            listed = panel.get(url.replace("&amp;", "&")).content.decode()
            assert listed.count('class="action-select"') == int(number), url


def test_who_has_no_place_is_listed_with_the_rest_of_many_places(panel, company):
    places = ["", *(f"Place {n}" for n in range(13) for _each in range(4))]
    Employee.objects.bulk_create(
        Employee(name=f"P{n}", location=place, department=company) for n, place in enumerate(places)
    )
    page = panel.get("/admin/").content.decode()
    chart = page[page.index('id="chart-people-location"') :].split("</table>")[0]
    url, rest = re.findall(r'<a href="([^"]*)" class="bo-bar" aria-label="[^"]*All others: (\d+)"', chart)[0]
    assert "location__empty" in url
    listed = panel.get(url.replace("&amp;", "&")).content.decode()
    assert listed.count('class="action-select"') == int(rest)


def test_of_a_large_company_leavers_with_reports_are_found_by_key(panel, company, monkeypatch):
    monkeypatch.setattr(keeping, "LIVE", 1)
    keeping.keep_up()
    url = "/admin/organization/employee/?status=left&reports=current"
    assert panel.get(url).content.decode().count('class="action-select"') == 1
    Employee.objects.filter(name="Overdue").update(manager=None)
    assert panel.get(url).content.decode().count('class="action-select"') == 0


@pytest.mark.parametrize("few", [500, 0])
def test_managers_are_found_be_they_few_or_many(
    panel, company, monkeypatch, few, django_assert_max_num_queries
):
    Employee.objects.filter(name="Older").update(manager=Employee.objects.get(name="Boss"))
    managers = Employee.objects.exclude(manager=None).order_by("manager").values_list("manager", flat=True)
    assert few_keys(Employee, "manager", few) == (sorted(set(managers)) if few else None)
    monkeypatch.setattr(filters, "FEW", few)
    now = managers.exclude(status=Status.LEFT).distinct().count()
    with django_assert_max_num_queries(40) as asked:
        page = panel.get("/admin/organization/employee/?reports=current").content.decode()
    assert page.count('class="action-select"') == now > 1
    looked_up = f"MIN({connection.ops.quote_name('manager_id')}), 1"
    assert sum(looked_up in query["sql"] for query in asked.captured_queries) == 1


def test_the_head_of_a_department_sees_its_numbers_and_its_chart_alone(client, company, django_user_model):
    account = django_user_model.objects.create(username="head")
    sales = Department.objects.get(name="Sales")
    sales.head = Employee.objects.create(name="Head", department=sales, user=account)
    sales.save()
    client.force_login(account)
    page = client.get("/admin/").content.decode()
    assert re.search(r'class="bo-number" href="[^"]*employee[^"]*">4<', page)
    assert "Berlin: 1" in page
    assert "Company" not in page
    assert client.get("/admin/", {"people": company.pk}).status_code == 404
    chart = client.get(f"/admin/organization/department/chart/?open={company.pk}.{sales.pk}").content.decode()
    assert "Field sales" in chart
    assert "Boss" not in chart
    assert "Company" not in chart


def test_the_chart_says_how_many_are_planned_and_there(panel, company):
    Department.objects.filter(name="Sales").update(headcount_planned=1234)
    page = panel.get(f"/admin/organization/department/chart/?open={company.pk}").content.decode()
    assert "2 people, 1,234 planned, 3 in all" in page
    assert (
        "Gone"
        not in panel.get("/admin/organization/department/chart/?q=gone", follow=True)
        .content.decode()
        .split("Found")[0]
    )


def test_the_chart_opens_the_way_to_a_person(panel, company):
    found = panel.get("/admin/organization/department/chart/?q=older", follow=True).content.decode()
    way = re.search(r'<a href="(\?[^"#]*)#p\d+">Older</a> <span class="bo-quiet">([^<]*)', found)
    assert way[2] == "Company › Sales › Field sales"
    opened = panel.get(
        "/admin/organization/department/chart/" + way[1].replace("&amp;", "&")
    ).content.decode()
    assert ">Older</a>" in opened


def test_the_chart_can_be_as_deep_as_the_tree(panel):
    above = None
    for number in range(90):
        above = Department.objects.create(name=f"Level {number}", parent=above)
    page = panel.get("/admin/organization/department/chart/", {"at": above.pk}).content.decode()
    assert page.count('class="bo-node"') == 90
