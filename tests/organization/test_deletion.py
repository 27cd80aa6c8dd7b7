"""Deleting departments and the people in them."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.urls import reverse

from backoffice.models import Operation
from organization.models import Department, Employee
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db


def make_department(name, people=0, **fields):
    department = Department.objects.create(name=name, **fields)
    Employee.objects.bulk_create(Employee(name=f"{name} {n}", department=department) for n in range(people))
    return department


def look(panel, department, **query):
    return panel.get(reverse("admin:organization_department_delete", args=[department.pk]), query)


def confirm(panel, response, **typed):
    page = response.context["page"]
    fields = {**response.context["hidden"], "previewed": page.fingerprint, "typed": page.to_type, **typed}
    return panel.post(response.context["action_url"], fields, follow=True)


def text(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def finance():
    return make_department("Finance", people=21)


def test_the_button_says_how_many_people_go_with_the_department(panel, finance):
    assert "Delete Finance and 21 employees</button>" in text(look(panel, finance))


def test_department_and_people_go_and_the_rest_stays(panel, finance):
    make_department("Sales", people=2)
    assert "Deleted Finance and 21 employees." in text(confirm(panel, look(panel, finance)))
    assert list(Department.objects.values_list("name", flat=True)) == ["Sales"]
    assert Employee.objects.count() == 2


def test_departments_elsewhere_lose_their_head(panel, finance):
    head = finance.employee_set.first()
    Department.objects.filter(pk=finance.pk).update(head=head)  # its own head goes with it
    sales = make_department("Sales", head=head)
    response = look(panel, finance)
    assert "1 department loses its head." in text(response)
    confirm(panel, response)
    sales.refresh_from_db()
    assert sales.head is None


def test_people_elsewhere_lose_their_manager_and_those_who_go_are_not_counted(panel, finance):
    boss, *others = finance.employee_set.all()
    Employee.objects.filter(pk__in=[other.pk for other in others]).update(manager=boss)
    sales = make_department("Sales", people=3)
    sales.employee_set.update(manager=boss)
    response = look(panel, finance)
    assert "3 employees lose their manager." in text(response)
    confirm(panel, response)
    assert set(sales.employee_set.values_list("manager", flat=True)) == {None}


def test_a_department_with_sub_departments_stays_and_they_are_linked(panel, finance):
    payroll = make_department("Payroll", parent=finance)
    page = text(look(panel, finance))
    assert "<h1>Finance cannot be deleted</h1>" in page
    assert "1 department has Finance as its parent department." in page
    assert reverse("admin:organization_department_change", args=[payroll.pk]) in page
    assert "bo-danger" not in page


def test_a_whole_branch_can_be_deleted_at_once(panel, finance):
    payroll = make_department("Payroll", people=2, parent=finance)
    chosen = {"action": "delete", "_selected_action": [finance.pk, payroll.pk], "select_across": "0"}
    response = panel.post(reverse("admin:organization_department_changelist"), chosen, follow=True)
    assert "Delete 2 departments and 23 employees</button>" in text(response)
    confirm(panel, response)
    assert not Department.objects.exists()


def test_people_are_shown_by_department(panel, finance):
    sales = make_department("Sales", people=2)
    chosen = {"action": "delete", "_selected_action": [finance.pk, sales.pk], "select_across": "0"}
    response = panel.post(reverse("admin:organization_department_changelist"), chosen, follow=True)
    assert "Finance: 21 · Sales: 2" in text(response)


def test_somebody_who_joins_after_the_preview_stops_the_deletion_and_is_named(panel, finance):
    response = look(panel, finance)
    Employee.objects.create(name="Dana 李", department=finance)
    page = text(confirm(panel, response))
    assert "1 employee is new: Dana 李." in page
    assert "Delete Finance and 22 employees</button>" in page
    assert Employee.objects.count() == 22


def test_somebody_who_is_moved_in_after_the_preview_is_named_too(panel):
    sales = make_department("Sales", people=1)  # with a lower key than all of Finance
    finance = make_department("Finance", people=2)
    response = look(panel, finance)
    sales.employee_set.update(department=finance)
    assert "1 employee is new: Sales 0." in text(confirm(panel, response))
    assert Employee.objects.count() == 3


@pytest.mark.parametrize("people", [5, 5000])
def test_the_page_costs_the_same_number_of_queries_at_any_size(panel, people, django_assert_num_queries):
    finance = make_department("Finance", people=people)
    # session, user; the newest operations; department, key, name; sub-departments; number and keys of departments, of
    # people and number of granted roles; lost heads and managers; names of people
    estimates = 2 * (connection.vendor == "postgresql")  # of how many rows go, and of grants
    with django_assert_num_queries(17 + estimates):
        look(panel, finance)


@pytest.mark.parametrize("people", [5, 5000])
def test_deleting_costs_the_same_number_of_queries_at_any_size(panel, people, django_assert_num_queries):
    response = look(panel, make_department("Finance", people=people))
    fields = {"previewed": response.context["page"].fingerprint, "typed": response.context["page"].to_type}
    ContentType.objects.get_for_model(Department)  # remembered by the process
    # session, user, department; savepoint, operation; keys (to ask, to plan, to delete); table of keys with its index
    # and, on PostgreSQL, statistics; lock; number and keys of departments, of people and number of granted roles; lost
    # heads and managers; what others did since (again after deleting); sub-departments (again before deleting); name;
    # names for the log; record of heads, managers, granted roles; record and deletion of people, department; the table;
    # 2 numbers for the log, the operation; whether a head or the account of one changes; what they wrote within an hour
    # (behind a lock); release; message. On MySQL the table is made with its index, and foreign keys are put off and on
    # again, and looked for afterwards, twice
    more = {"postgresql": 2, "mysql": 4}.get(connection.vendor, 0)
    with django_assert_num_queries(43 + more):
        panel.post(response.context["action_url"], fields)
    assert not Employee.objects.exists()


def test_a_model_that_is_listened_to_is_deleted_one_by_one(panel, finance):
    heard = []
    pre_delete.connect(listener := lambda instance, **_: heard.append(instance.name), sender=Employee)
    try:
        confirm(panel, look(panel, finance))
    finally:
        pre_delete.disconnect(listener, sender=Employee)
    assert len(heard) == 21
    assert not Employee.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_somebody_who_joins_at_the_very_moment_stops_the_deletion(panel, finance, monkeypatch):
    """The foreign key is checked at COMMIT: what was inserted after the people were deleted makes it fail."""
    from backoffice.admin.deletion import mixin as deletion

    def delete_and_hire(self, request, queryset):
        gone = deletion.CascadePlan(queryset)
        gone.going[Employee].rows._raw_delete("default")
        Employee.objects.create(name="Dana", department=finance)
        gone.roots.rows._raw_delete("default")

    response = look(panel, finance)
    monkeypatch.setattr(deletion.DeletionMixin, "delete_queryset", delete_and_hire)
    page = text(confirm(panel, response))
    assert "Nothing was deleted: somebody changed what goes along at the same moment." in page
    assert Employee.objects.count() == 21
    assert Department.objects.exists()
    assert not connection.in_atomic_block
    with transaction.atomic():
        assert not connection.needs_rollback


def test_an_account_is_deleted_for_good_and_no_undo_is_offered(panel, finance, django_user_model):
    bo = django_user_model.objects.create_user("bo")
    Employee.objects.filter(name="Finance 3").update(user=bo)
    page = panel.get(reverse("admin:auth_user_delete", args=[bo.pk]))
    assert "This cannot be taken back." in text(page)
    fields = {**page.context["hidden"], "previewed": page.context["page"].fingerprint}
    show_who_it_is(panel)
    done = panel.post(reverse("admin:auth_user_delete", args=[bo.pk]), fields, follow=True)
    assert [str(message) for message in done.context["messages"]] == [
        "Deleted bo. 1 employee lost its account."
    ]
    line = Operation.objects.first()
    assert line.kind == "delete"
    assert line.rows == {"organization.Employee": {"updated": 1}, "auth.User": {"deleted": 1}}
    undo = reverse("admin:backoffice_operation_undo", args=[line.pk])
    assert undo not in text(panel.get(reverse("admin:backoffice_operation_changelist")))
    assert "What was done here was not recorded row by row: it cannot be undone." in text(panel.get(undo))
