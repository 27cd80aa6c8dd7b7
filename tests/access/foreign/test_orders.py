"""What lists are sorted by: no name of the other company, which the order, a jump or a link to a page would tell."""

import base64
import re

import pytest

from backoffice import admin
from backoffice.admin.log.pages import OperationAdmin
from backoffice.admin.scoping import may_sort
from backoffice.operations import operation
from backoffice.saved_views import SavedView
from organization.admin.department import EmployeeInline
from organization.admin.employee import EmployeeAdmin
from organization.models import Department, Employee
from tests.access.foreign.company import DEPARTMENTS, FOREIGN, LOG, PEOPLE, page


@pytest.fixture
def people(tree):
    """Three below managers of the other company, by whose names they stand the other way round."""
    for number in range(3):
        manager = Employee.objects.get(name=f"{FOREIGN} {2 - number}")
        Employee.objects.filter(name=f"Own {number}").update(manager=manager, department=tree["mine"])


def told(response):
    """What the links to the neighbouring pages say of where these begin."""
    places = re.findall(r"(?:after|before)=([\w-]+)", page(response))
    return "".join(base64.urlsafe_b64decode(place + "==").decode() for place in places)


def paged(monkeypatch, kind, **more):
    for name, value in {"list_per_page": 1, "per_page": 1, **more}.items():
        monkeypatch.setattr(kind, name, value, raising=False)


@pytest.mark.parametrize("query", ["o=6", "o=-6", "o=6&from=1", "o=6&last=1"])
def test_a_list_is_not_sorted_by_names_that_it_hides(kim, people, monkeypatch, query):
    paged(monkeypatch, EmployeeAdmin)
    response = kim.get(f"{PEOPLE}?{query}")
    assert response.context["cl"].order.paths == ("pk",)
    assert "Own" not in told(response)
    assert FOREIGN not in told(response)
    assert response.context["cl"].get_ordering_field_columns() == {}


def test_nor_by_such_an_order_that_is_declared_or_said_by_a_method(kim, people, monkeypatch):
    boss = admin.display(ordering="manager__name")(lambda self, row: "")
    paged(monkeypatch, EmployeeAdmin, ordering=("manager__name", "name"))
    monkeypatch.setattr(EmployeeAdmin, "boss", boss, raising=False)
    monkeypatch.setattr(EmployeeAdmin, "list_display", ("name", "boss"))
    for query in ("", "?o=2"):
        response = kim.get(PEOPLE + query)
        assert FOREIGN not in told(response)
        assert "manager__name" not in response.context["cl"].order.paths
        assert response.context["cl"].sortable_by == ["name"]


def test_nor_is_a_list_inside_a_page(kim, tree, people, monkeypatch):
    paged(monkeypatch, EmployeeInline, fields=("name", "manager"))
    url = f"{DEPARTMENTS}{tree['mine'].pk}/change/?employee_set-o=manager"
    assert FOREIGN not in told(kim.get(url))
    assert "Own 0" in page(kim.get(f"{url}&employee_set-from=A"))


def test_the_log_is_not_sorted_by_a_reason_that_it_hides(kim, both, hr, monkeypatch):
    with operation("edit", actor=hr):
        Employee.objects.filter(name="Own 1").update(location="There")
    paged(monkeypatch, OperationAdmin)
    response = kim.get(f"{LOG}?o=-5")
    assert told(response)
    assert FOREIGN not in told(response)


def test_a_shared_view_in_such_an_order_is_offered_in_ones_own(kim, people):
    view = SavedView.objects.create(model="organization.employee", name="By manager", sort="manager")
    offered = re.search(rf'href="(\?view={view.pk}[^"]*)"', page(kim.get(PEOPLE)))[1]
    assert "o=" not in offered


@pytest.mark.parametrize(
    ("model", "path", "may"),
    [
        (Employee, "name", True),
        (Employee, "pk", True),
        (Employee, "department", True),
        (Employee, "department__name", True),
        (Employee, "department__parent__name", False),
        (Employee, "department__head", False),
        (Employee, "manager_id", False),
        (Department, "parent", False),
    ],
)
def test_one_may_sort_by_what_one_sees_of_every_row(user, hr, model, path, may):
    assert may_sort(user, model, path) is may
    assert may_sort(hr, model, path)
