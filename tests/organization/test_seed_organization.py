from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F

from backoffice import search
from backoffice.models import Operation
from backoffice.operations.undo import UndoError, undo
from backoffice.tree import descendants
from organization import seeding
from organization.models import Department, Employee

pytestmark = pytest.mark.django_db


def seed(employees=300, departments=20, largest=60, **options):
    call_command(
        "seed_organization", employees=employees, departments=departments, largest=largest, **options
    )


def sizes():
    return sorted(Department.objects.annotate(n=Count("employee")).values_list("n", flat=True))


def levels():
    """How many departments stand on each level."""
    found, here = [], Department.objects.filter(parent=None)
    while here.exists():
        found.append(here.count())
        here = Department.objects.filter(parent__in=list(here.values_list("pk", flat=True)))
    return found


def test_the_numbers_are_those_asked_for():
    seed()
    assert (Employee.objects.count(), Department.objects.count(), sizes()[-1]) == (300, 20, 60)
    assert sizes()[-2] < 60


def test_everything_keeps_the_rules():
    seed()
    for thing in [*Department.objects.all(), *Employee.objects.all()]:
        thing.full_clean()


@pytest.mark.parametrize(("employees", "departments"), [(300, 20), (9, 30)])
def test_heads_belong_to_their_department_and_managers_lead_to_one_person(employees, departments):
    """Also where departments between them are empty."""
    seed(employees=employees, departments=departments, largest=employees // 5, depth=5)
    assert not Department.objects.exclude(head=None).exclude(head__department=F("pk")).exists()
    top = Employee.objects.get(manager=None)
    assert Employee.objects.filter(pk__in=descendants(Employee, "manager", [top.pk])).count() == employees
    assert not Employee.objects.filter(manager__status="left").exists()


def rows():
    return list(
        Employee.objects.order_by("pk").values_list("name", "job_title", "department__name", "hire_date")
    )


def test_the_same_seed_makes_the_same_organisation():
    seed(seed=3)
    first = rows()
    Department.objects.update(parent=None)
    Department.objects.all().delete()
    seed(seed=3)
    assert rows() == first
    Department.objects.update(parent=None)
    Department.objects.all().delete()
    seed(seed=4)
    assert rows() != first


def test_keys_go_on_behind_the_loaded_ones():
    seed()
    department = Department.objects.create(name="New")
    Employee.objects.create(name="Alice", department=department)


def test_search_finds_the_loaded():
    seed()
    name = Employee.objects.exclude(preferred_name="").first().name
    assert Employee.objects.filter(search.matching(name)).exists()


def test_departments_that_are_there_are_not_mixed_with_others_by_mistake():
    seed()
    with pytest.raises(CommandError, match="Use --append to add these"):
        seed()
    assert Employee.objects.count() == 300


def test_append_adds_beside_what_is_there():
    seed()
    seed(append=True)
    assert (Employee.objects.count(), Department.objects.count()) == (600, 40)
    assert set(Department.objects.filter(parent=None).values_list("name", flat=True)) == {
        "Meridian Group",
        "Meridian Group 2",
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"depth": 1}, [20]),
        ({"depth": 2}, [1, 19]),
        ({"employees": 50, "departments": 1, "largest": 50}, [1]),
        ({"employees": 50, "departments": 5, "largest": 50, "depth": 1}, [5]),
        ({"employees": 1, "departments": 1, "largest": 1}, [1]),
        ({"employees": 5, "departments": 20, "largest": 2, "depth": 3}, [1, 3, 16]),
    ],
)
def test_odd_shapes(options, expected):
    seed(**options)
    assert levels() == expected
    assert sizes()[-1] == options.get("largest", 60)


def test_departments_can_share_a_name_but_not_side_by_side():
    seed(departments=200, depth=4, same_names=20)
    assert Department.objects.filter(name="Team").count() == 20
    assert not Department.objects.values("parent", "name").annotate(n=Count("pk")).filter(n__gt=1).exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"largest": 301}, "The largest department cannot have 301 of 300 people. Lower --largest."),
        ({"largest": 10}, "20 departments of at most 10 people hold 200, not 300. Raise --departments"),
        ({"same_names": 21}, "departments have others below them, so no more than that can share a name"),
    ],
)
def test_shapes_that_cannot_be_are_refused(options, sentence):
    with pytest.raises(CommandError, match=sentence):
        seed(**options)
    assert not Department.objects.exists()


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5", "9" * 20])
def test_only_whole_numbers_are_taken(number):
    with pytest.raises(CommandError, match=r"cannot be used\. Use a whole number from 1 to 100,000,000\."):
        call_command("seed_organization", f"--employees={number}")


@pytest.mark.parametrize(("employees", "departments", "largest"), [(3_000_000, 50_000, 300_000), (7, 7, 1)])
def test_a_shape_adds_up_at_any_size(employees, departments, largest):
    shape = seeding.grow(employees, departments, largest, 6, 0, Random(1))
    assert (shape.people, len(shape.sizes), max(shape.sizes)) == (employees, departments, largest)
    assert len(set(zip(shape.names, shape.parents, strict=True))) == departments


def test_more_departments_can_share_a_name_than_would_have_others_below_them():
    shape = seeding.grow(10_000, 8_000, 100, 6, 2_000, Random(1))
    assert shape.names.count("Team") == 2_000
    assert len(set(zip(shape.names, shape.parents, strict=True))) == 8_000
    assert all(parent < place for place, parent in enumerate(shape.parents) if parent is not None)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the other engines keep their indexes")
def test_indexes_and_keys_are_as_before_a_large_load(monkeypatch):
    monkeypatch.setattr("organization.seeding.loading.MANY", 1)
    before = catalogue()
    seed()
    assert catalogue() == before


def catalogue():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'organization%' UNION ALL "
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid::regclass::text LIKE 'organization%' ORDER BY 1, 2"
        )
        return cursor.fetchall()


def test_the_log_says_what_was_seeded_and_keeps_no_detail():
    seed(employees=30, departments=3, largest=20)
    line = Operation.objects.get()
    assert line.rows == {"organization.Department": {"created": 3}, "organization.Employee": {"created": 30}}
    assert (line.kind, line.number) == ("load", 33)
    with pytest.raises(UndoError, match="not recorded row by row"):
        undo(line)


def test_the_history_of_a_loaded_person_says_where_they_came_from(panel):
    seed()
    person = Employee.objects.order_by("pk")[7]
    address = f"/admin/organization/employee/{person.pk}/history/"
    assert "one of 300 employees." in panel.get(address).content.decode()
    person.name = "Renamed"
    person.save()
    assert "one of 300 employees." in panel.get(address).content.decode()


def test_the_history_of_a_created_person_says_nothing_of_a_load(panel):
    seed()
    person = Employee.objects.create(name="Bo", department=Department.objects.first())
    page = panel.get(f"/admin/organization/employee/{person.pk}/history/")
    assert "Loaded on" not in page.content.decode()
