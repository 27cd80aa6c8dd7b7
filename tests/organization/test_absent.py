"""Who stands where a file has people, and is not in it: all of them can be looked at, by those who see them."""

import datetime
from io import BytesIO

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from backoffice.models import Import
from organization.models import Department, Employee, Grant
from tests.backoffice.imports.conftest import seen
from tests.growth import queries

pytestmark = pytest.mark.django_db
UPLOAD = "/admin/organization/employee/import/"
COLUMNS = {
    f"column_{place}": name for place, name in enumerate(["employee_number", "name", "department_code"])
}


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.IMPORT_FOLDER = tmp_path / "uploads"


def people(number):
    place, other = (Department.objects.create(name=name, code=name) for name in ("A", "B"))
    Employee.objects.create(name="Elsewhere", department=other)
    Employee.objects.bulk_create(
        Employee(name=f"Person {n:04}", employee_number=str(n), department=place) for n in range(number)
    )
    return place


def previewed(client, **options):
    file = BytesIO(b"number,name,department\n0,Person 0000,A\n")
    file.name = "people.csv"
    url = client.post(UPLOAD, {"file": file})["Location"]
    client.post(url, {"stage": "preview", "blank": "keep", **COLUMNS, **options})
    return url


def names(client, url):
    page = client.get(url).content.decode()
    listed = page.partition('<ul class="bo-absent">')[2].partition("</ul>")[0]
    found = [part.partition("<")[0] for part in listed.split('">')[1:]]
    return found, page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")


@pytest.mark.parametrize("options", [{}, {"absent": "on"}])
def test_everybody_can_be_reached(panel, options):
    people(120)
    url, found, more = previewed(panel, **options), [], ""
    for _page in range(3):
        some, more = names(panel, url + more)
        found += some
    assert found == [f"Person {n:04}" for n in range(1, 120)]
    assert more == ""


def test_whoever_lost_the_department_sees_nobody(client):
    place = people(3)
    officer = User.objects.create_user("officer", is_staff=True)
    role = Group.objects.get(name="HR officer")
    grant = Grant.objects.create(user=officer, role=role, department=place)
    client.force_login(officer)
    url = previewed(client)
    assert names(client, url)[0] == ["Person 0001", "Person 0002"]
    Grant.objects.filter(pk=grant.pk).update(department=Department.objects.get(code="B"))
    assert names(client, url)[0] == []


def test_the_list_goes_with_the_upload(panel):
    people(3)
    previewed(panel)
    batch = Import.objects.get()
    assert batch.absent.count() == 2
    Import.objects.update(created_at="2020-01-01T00:00Z")
    previewed(panel)
    assert not batch.absent.exists()


@pytest.mark.parametrize("count", [5, 5000])
def test_the_page_costs_the_same_for_any_number(panel, count):
    people(count)
    url = previewed(panel)
    assert len(queries(panel, url)[0]) <= 18


def test_who_came_with_the_file_is_not_missing_from_it(panel):
    people(3)
    file = BytesIO(b"number,name,department\n0,Person 0000,A\n9,Nina,A\n")
    file.name = "people.csv"
    url = panel.post(UPLOAD, {"file": file})["Location"]
    panel.post(url, {"stage": "preview", **COLUMNS})
    panel.post(url, {**seen(url), "stage": "apply"})
    assert Employee.objects.filter(name="Nina").exists()
    assert names(panel, url)[0] == ["Person 0001", "Person 0002"]


HEAD = "number,name,department,email"
FIELDS = {
    f"column_{place}": name
    for place, name in enumerate(["employee_number", "name", "department_code", "work_email"])
}


@pytest.mark.parametrize(
    "line",
    [
        "1,Person, 0001,A,one@x.example",  # the comma makes one cell more
        ",Person 0001,A,no address",
        f"{'1' * 33},Person 0001,A,",
        "0,Person 0001,A,",  # the number of somebody else
    ],
)
def test_nobody_is_marked_while_it_is_not_known_whom_a_line_means(panel, line):
    people(2)
    file = BytesIO(f"{HEAD}\n0,Person 0000,A,\n{line}\n".encode())
    file.name = "people.csv"
    url = panel.post(UPLOAD, {"file": file})["Location"]
    panel.post(url, {"stage": "preview", "blank": "keep", "absent": "on", **FIELDS})
    page = panel.get(url).content.decode()
    assert "whom a refused line means, and that can be one of these: line 3. Nobody is marked" in page
    assert "Mark as left" not in page
    panel.post(url, {**seen(url), "stage": "apply_possible"})
    assert not Employee.objects.filter(status="left").exists()


def test_who_cannot_be_marked_is_named_and_not_counted_among_the_marked(panel):
    people(3)
    boss = Employee.objects.get(name="Person 0001")
    Employee.objects.filter(name="Elsewhere").update(manager=boss)
    url = previewed(panel, absent="on")
    page = panel.get(url)
    counts = [(word, count.number) for word, count in page.context["page"].counts]
    assert counts[3:] == [("Refused", 1), ("Not in the file: Mark as left, as of today", 1)]
    assert "Person 0001: People still report here." in page.content.decode()
    assert "Download the refused row" not in page.content.decode()
    told = panel.post(url, {**seen(url), "stage": "apply_possible"}, follow=True).content.decode()
    assert "1 refused. Not in the file: Mark as left, as of today: 1." in told
    assert list(Employee.objects.filter(status="left")) == [Employee.objects.get(name="Person 0002")]


def test_whose_address_stands_beside_another_number_is_not_missing(panel):
    place = people(2)
    Employee.objects.filter(employee_number="1").update(work_email="one@x.example")
    Employee.objects.create(name="Gone", employee_number="9", department=place)
    file = BytesIO(f"{HEAD}\n0,Person 0000,A,\nl,Person 0001,A,one@x.example\n".encode())
    file.name = "people.csv"
    url = panel.post(UPLOAD, {"file": file})["Location"]
    panel.post(url, {"stage": "preview", "blank": "keep", "absent": "on", **FIELDS})
    assert names(panel, url)[0] == ["Gone"]


def test_nobody_is_marked_while_a_line_can_mean_several(panel):
    place = people(1)
    Employee.objects.bulk_create(Employee(name="John", department=place) for _time in range(2))
    file = BytesIO(b"name,department\nJohn,A\nPerson 0000,A\n")
    file.name = "people.csv"
    url = panel.post(UPLOAD, {"file": file})["Location"]
    columns = {"column_0": "name", "column_1": "department_code"}
    panel.post(url, {"stage": "preview", "blank": "keep", "keyless": "name", "absent": "on", **columns})
    assert names(panel, url)[0] == ["John", "John"]
    assert "can be one of these: line 2. Nobody is marked" in panel.get(url).content.decode()


def test_an_end_that_is_recorded_stays_and_one_to_come_is_today(panel):
    place, today = people(1), timezone.localdate()
    days = {"Past": today - datetime.timedelta(9), "Next": today + datetime.timedelta(9), "None": None}
    for name, day in days.items():
        Employee.objects.create(name=name, department=place, end_date=day)
    url = previewed(panel, absent="on")
    panel.post(url, {**seen(url), "stage": "apply_possible"})
    left = dict(Employee.objects.filter(status="left").values_list("name", "end_date"))
    assert left == {"Past": days["Past"], "Next": today, "None": today}
    fields = {step.row.name: step.fields for step in Employee.history_model.objects.filter(action="~")}
    assert fields == {"Past": ",status,", "Next": ",status,end_date,", "None": ",status,end_date,"}
