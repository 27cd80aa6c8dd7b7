"""Every address of the URL configuration: looking changes nothing, and a form from elsewhere is refused."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client

from backoffice.models import AccessEvent, PurgeRequest
from organization.models import Department, Employee, Grant
from tests.deploy import smoke
from tests.library.models import Author, Book, Chapter, Loan

OF_ITSELF = {
    "backoffice.AccessEvent",
    "sessions.Session",
    "contenttypes.ContentType",
}  # a log of reads; who is there


@pytest.fixture
def addresses(panel):
    """Every address, each of a row that is there."""
    Group.objects.create(name="Somebody")
    department = Department.objects.create(name="Sales", code="S")
    Employee.objects.create(name="Ada", department=department)
    book = Book.objects.create(title="One", author=Author.objects.create(name="Bo"))
    Chapter.objects.create(book=book, title="First")
    Loan.objects.create(book=book, borrower="Cy")
    Chapter.objects.create(book=book, title="Gone").delete()
    AccessEvent.objects.create(what="page", model="library.Book", row="1")
    PurgeRequest.objects.create(model="organization.Employee", before="2001-01-31")
    Grant.objects.create(user=User.objects.first(), role=Group.objects.get(name="Viewer"))
    return [path for path, _expected in smoke.addresses()]


def stored():
    """Every row of every table, but for what is of itself."""
    models = [
        model for model in apps.get_models(include_auto_created=True) if model._meta.label not in OF_ITSELF
    ]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


def test_looking_changes_nothing(panel, addresses):
    before = stored()
    statuses = {panel.get(path).status_code for path in addresses}
    after = stored()
    assert {label: after[label] for label in after if after[label] != before[label]} == {}
    assert statuses <= {200, 301, 302, 401, 403, 404, 405}
    assert len(addresses) > 60


def test_a_form_from_elsewhere_is_refused_everywhere(hr, addresses):
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(hr)
    before = stored()
    statuses = {path: forger.post(path, {"post": "yes", "confirm": "1"}).status_code for path in addresses}
    assert {path: status for path, status in statuses.items() if status != 403} == {}
    assert stored() == before
