"""Whoever becomes the head of a department, or the account of such a head, has a role: it is given as any role is."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.models import Operation
from organization.models import Department, Employee, Grant
from tests.backoffice.deletion.deletion_pages import confirmation
from tests.backoffice.imports.conftest import seen
from tests.organization.people import press
from tests.organization.test_pages import department_post, inline_post
from tests.sessions import show_who_it_is

AGAIN = "/account/reauthenticate/"
PEOPLE, DEPARTMENTS = "/admin/organization/employee/", "/admin/organization/department/"


@pytest.fixture
def sales(db):
    return Department.objects.create(name="Sales", code="s")


@pytest.fixture
def ada(sales, django_user_model):
    user = django_user_model.objects.create_user("ada")
    return Employee.objects.create(name="Ada", employee_number="1", department=sales, user=user)


@pytest.fixture
def bo(sales):
    return Employee.objects.create(name="Bo", employee_number="2", department=sales)


def change(panel, department, **values):
    data = {**department_post(department), **inline_post([]), **values}
    return panel.post(f"{DEPARTMENTS}{department.pk}/change/", data)


def person(row, **values):
    fixed = {"name": row.name, "department": row.department_id, "employee_number": row.employee_number}
    return {
        **fixed,
        "status": "active",
        "employment_type": row.employment_type or "",
        "fte": row.fte or "",
        **values,
    }


def head_of(department):
    return Department.objects.get(pk=department.pk).head


def is_asked(response):
    return response.status_code == 302 and response["Location"].startswith(AGAIN)


def test_a_form_asks_and_nothing_typed_is_lost(panel, sales, ada, events):
    assert is_asked(change(panel, sales, name="Sales and more", head=ada.pk))
    assert head_of(sales) is None
    page = panel.get("/account/go-on/")
    assert "changed successfully" not in page.content.decode()
    [sent] = page.context["kept"]
    kept = dict(sent.fields)
    assert (kept["name"], kept["head"]) == ("Sales and more", str(ada.pk))
    assert not [each for each in events if each["event"].startswith("authz_change")]
    show_who_it_is(panel).post(sent.url, kept)
    assert head_of(sales) == ada


def test_what_gives_no_right_asks_nothing(panel, sales, ada, bo):
    assert not is_asked(change(panel, sales, head=bo.pk))
    assert head_of(sales) == bo
    Department.objects.update(head=ada)
    assert not is_asked(change(panel, sales, head="", name="Renamed"))
    assert head_of(sales) is None


def test_a_new_department_asks(panel, ada):
    data = {"name": "New", "head": ada.pk, **inline_post([])}
    assert is_asked(panel.post(f"{DEPARTMENTS}add/", data))
    assert not Department.objects.filter(name="New").exists()


@pytest.mark.parametrize("heads", [True, False])
def test_the_account_of_a_head_asks(panel, sales, bo, django_user_model, heads):
    Department.objects.update(head=bo if heads else None)
    user = django_user_model.objects.create_user("bo")
    url = f"{PEOPLE}{bo.pk}/change/"
    assert is_asked(panel.post(url, person(bo, user=user.pk))) is heads
    assert (Employee.objects.get(pk=bo.pk).user is None) is heads


def test_a_bulk_action_asks(panel, sales, ada):
    posted = {"action": "set_fields", "_selected_action": [sales.pk], "index": "0"}
    page = panel.post(DEPARTMENTS, posted, follow=True)
    answers = {"set_head": "on", "head": ada.pk}
    page = press(panel, page, "preview", **answers)
    assert is_asked(press(panel, page, "apply", **answers))
    assert head_of(sales) is None


def test_an_import_asks(panel, sales, ada, tmp_path, settings):
    settings.IMPORT_FOLDER = tmp_path
    file = SimpleUploadedFile("s.csv", b"code,name,head_employee_number\ns,Sales,1\n")
    page = panel.post(f"{DEPARTMENTS}import/", {"file": file})["Location"]
    panel.post(page, {"stage": "preview"})
    apply = {**seen(page), "stage": "apply"}
    assert is_asked(panel.post(page, apply))
    assert head_of(sales) is None
    show_who_it_is(panel).post(page, apply)
    assert head_of(sales) == ada


@pytest.mark.parametrize(("most", "asks"), [(2, False), (1, True)])
def test_rows_that_go_too_many_ways_to_be_followed_are_asked_about(
    panel, sales, tmp_path, settings, monkeypatch, most, asks
):
    monkeypatch.setattr("backoffice.access.conferred.MANY", most)
    settings.IMPORT_FOLDER = tmp_path
    for code in "abx":
        Department.objects.create(name=code, code=code)
    file = SimpleUploadedFile("s.csv", b"code,parent_code\na,s\nb,x\n")
    page = panel.post(f"{DEPARTMENTS}import/", {"file": file})["Location"]
    panel.post(page, {"stage": "preview"})
    assert is_asked(panel.post(page, {**seen(page), "stage": "apply"})) is asks
    assert Department.objects.filter(parent=sales).exists() is not asks


def test_an_undo_asks(panel, sales, ada):
    Department.objects.filter(pk=sales.pk).update(head=ada)
    Department.objects.filter(pk=sales.pk).update(head=None)
    url = reverse("admin:backoffice_operation_undo", args=[Operation.objects.latest("pk").pk])
    assert panel.get(url).status_code == 200
    assert is_asked(panel.post(url))
    assert head_of(sales) is None
    show_who_it_is(panel).post(url)
    assert head_of(sales) == ada


@pytest.mark.django_db(transaction=True)
def test_each_change_leaves_a_line_without_names(sales, ada, events):
    Department.objects.filter(pk=sales.pk).update(head=ada)
    Department.objects.filter(pk=sales.pk).update(location="Berlin")
    [said] = [one for one in events if one.get("what") == "organization.department.head"]
    assert said["event"] == "authz_change"
    assert (said["row"], said["keys"]) == (sales.pk, {"old": None, "new": ada.pk})
    assert "Ada" not in str(said)


@pytest.fixture
def held(sales, django_user_model):
    """Somebody holds a role for Sales."""
    user = django_user_model.objects.create_user("eve")
    return Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=sales)


@pytest.mark.django_db(transaction=True)
def test_what_is_put_below_a_department_that_somebody_holds_a_role_for_gives_them_more(
    panel, sales, held, events
):
    below = Department.objects.create(name="Retail", parent=sales)
    moved = Department.objects.create(name="Operations", code="o")
    assert is_asked(change(panel, moved, parent=below.pk))
    show_who_it_is(panel)
    assert not is_asked(change(panel, moved, parent=below.pk))
    [told] = [each for each in events if each["event"].startswith("authz_change")]
    assert (told["what"], told["row"]) == ("organization.department.parent", moved.pk)
    assert told["keys"] == {"old": None, "new": below.pk}


def test_what_moves_up_with_a_deletion_gives_nobody_more(panel, sales, held):
    gone = Department.objects.create(name="Retail", parent=sales)
    below = Department.objects.create(name="Shop", parent=gone)
    url = f"{DEPARTMENTS}{gone.pk}/delete/"
    chosen = {"organization-department-parent": "up"}
    page = panel.get(url, chosen)
    assert not is_asked(panel.post(page.wsgi_request.get_full_path(), {**confirmation(page), **chosen}))
    assert Department.objects.get(pk=below.pk).parent == sales


@pytest.mark.parametrize("where", ["beside", "up", "top"])
def test_what_gives_nobody_more_is_not_asked_about(panel, sales, held, where):
    below = Department.objects.create(name="Retail", parent=sales)
    moved = Department.objects.create(name="Operations", code="o", parent=below)
    other = Department.objects.create(name="Beside", parent=sales)
    assert not is_asked(change(panel, moved, parent={"beside": other.pk, "up": sales.pk, "top": ""}[where]))
