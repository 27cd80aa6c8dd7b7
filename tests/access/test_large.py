"""Whatever a page expected: who writes much, or takes a role, has shown a moment ago who they are."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from backoffice.models import Operation
from organization.models import Department, Employee, Grant

AGAIN = "/account/reauthenticate/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(settings):
    """More than two rows are many; `panel` signed in long ago."""
    settings.FRESH_ROWS = 2


@pytest.fixture
def team(db):
    """A manager and her three reports."""
    place = Department.objects.create(name="Place")
    ada = Employee.objects.create(name="Ada", department=place)
    Employee.objects.bulk_create(
        Employee(name=f"Report {n}", department=place, manager=ada) for n in range(3)
    )
    return ada


def delete(panel, row):
    path = reverse(f"admin:organization_{row._meta.model_name}_delete", args=[row.pk])
    context = panel.get(path).context
    page = context["page"]
    return panel.post(path, {**context["hidden"], "previewed": page.fingerprint, "typed": page.to_type})


def test_it_asks_who_leaves_many_without_a_manager(panel, team, few):
    assert delete(panel, team)["Location"].startswith(AGAIN)
    assert Employee.objects.filter(manager=team).count() == 3


def test_it_asks_who_brings_back_one_to_whom_many_reported(panel, team, few):
    key = team.pk
    team.delete()
    operation = Operation.objects.first()
    url = reverse("admin:backoffice_operation_undo", args=[operation.pk])
    asked = panel.post(f"{url}?row=organization.Employee:{key}")
    assert asked["Location"].startswith(AGAIN)
    assert not Employee.objects.filter(pk=key).exists()


def test_it_asks_who_takes_a_role_along_with_a_department(panel):
    place = Department.objects.create(name="Place")
    user = User.objects.create_user("ann")
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=place)
    assert delete(panel, place)["Location"].startswith(AGAIN)
    assert Grant.objects.exists()
    assert Department.objects.exists()


def test_it_asks_who_takes_the_rows_of_an_operation_or_the_log_along_as_a_file(panel, team, few):
    operation = Operation.objects.get(rows__has_key="organization.Employee", number=3)
    rows = reverse("admin:backoffice_operation_rows", args=[operation.pk]) + "?model=organization.Employee"
    log = reverse("admin:backoffice_operation_file")
    for path in (rows, log):
        assert panel.get(path)["Location"].startswith(AGAIN), path
