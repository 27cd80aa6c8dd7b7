"""A purge: asked for by one, approved by another, and nothing of the person is left."""

import datetime

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import ProtectedError, Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.cascades import CascadePlan
from backoffice.models import AccessEvent, FormerName, Import, LegalHold, Operation, PurgeRequest, PurgeRow
from backoffice.operations import operation, retention
from backoffice.operations.current import command
from backoffice.operations.undo import UndoError, undo
from backoffice.privacy import holds, requests
from backoffice.privacy.requests import PurgeError
from backoffice.privacy.subjects import Due, subject_of
from backoffice.saved_views import SavedView
from organization.models import Department, Employee, Grant
from tests.access.foreign.company import saved
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.date(2001, 1, 31)


def leaver(name, department, **values):
    kept = {"status": "left", "end_date": LONG_AGO, **values}
    return Employee.objects.create(name=name, department=department, **kept)


def subject():
    return subject_of(Employee)


def ask(alice, reason=""):
    return requests.ask(subject(), Employee.objects.all(), actor=alice, reason=reason)


def purge(alice, bob):
    request = ask(alice)
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    return request


def test_who_left_long_ago_goes_and_others_stay(alice, bob, sales):
    leaver("Zoe Quux", sales)
    leaver("Recent", sales, end_date=datetime.date.today())
    Employee.objects.create(name="Ada", department=sales)
    request = purge(alice, bob)
    assert sorted(Employee.objects.values_list("name", flat=True)) == ["Ada", "Recent"]
    assert (request.state, request.number, PurgeRow.objects.count()) == ("done", 1, 0)
    assert (request.asked_by, request.approved_by) == (alice, bob)


def test_a_role_that_their_account_holds_goes_with_it(alice, bob, sales, django_user_model, events):
    account = django_user_model.objects.create_user("zoe.quux")
    Grant.objects.create(user=account, role=Group.objects.get(name="Viewer"), department=sales)
    leaver("Zoe Quux", sales, user=account)
    assert purge(alice, bob).state == "done"
    assert not Grant.objects.exists()
    assert not Operation.objects.filter(search_text__contains="quux").exists()
    assert not django_user_model.objects.filter(pk=account.pk).exists()
    assert not Grant.history_model.objects.filter(Q(old_user=account.pk) | Q(new_user=account.pk)).exists()


def test_what_their_account_was_called_before_goes(alice, bob, sales, django_user_model):
    account = django_user_model.objects.create_user(
        "zquimbyton", "zq.first@example.com", first_name="Zed", last_name="Vornamexx"
    )
    Grant.objects.create(user=account, role=Group.objects.get(name="Viewer"), department=sales)
    leaver("Zoe Quux", sales, user=account)
    text = "Ask zquimbyton, Ms Vornamexx or zq.first@example.com, not Zed or Xy Left"
    ada = Employee.objects.create(name="Ada", department=sales, notes=text)
    account.last_name = "Left"
    account.save()
    django_user_model.objects.filter(pk=account.pk).update(username="left0815", first_name="", email="")
    assert FormerName.objects.filter(key=account.pk).count() == 4
    purge(alice, bob)
    ada.refresh_from_db()
    assert ada.notes == "Ask [removed], Ms [removed] or [removed], not Zed or Xy Left"
    assert not Operation.objects.filter(search_text__contains="zquimbyton").exists()
    assert not FormerName.objects.exists()


@pytest.mark.parametrize("as_a_set", [False, True])
def test_what_an_account_was_called_that_went_before_goes_with_its_person(
    alice, bob, sales, django_user_model, as_a_set
):
    account = django_user_model.objects.create_user("zquimbyton", first_name="Zed", last_name="Vornamexx")
    other = django_user_model.objects.create_user("bystanderly")
    zoe = leaver("Zoe Quux", sales, user=account)
    account.last_name = "Left"
    account.save()
    text = "Ask zquimbyton, Zed Left or Ms Vornamexx, not Zed or bystanderly"
    ada = Employee.objects.create(name="Ada", department=sales, notes=text)
    going = django_user_model.objects.filter(pk__in=[account.pk, other.pk])
    CascadePlan(going).apply() if as_a_set else going.delete()
    kept = FormerName.objects.order_by("name").values_list("model", "key", "name")
    label = "organization.Employee.user"
    assert list(kept) == [
        (f"{label}.last_name", zoe.pk, "Left"),
        (f"{label}.last_name", zoe.pk, "Vornamexx"),
        (f"{label}.first_name", zoe.pk, "Zed"),
        (f"{label}.username", zoe.pk, "zquimbyton"),
    ]
    purge(alice, bob)
    ada.refresh_from_db()
    assert ada.notes == "Ask [removed], [removed] or Ms [removed], not Zed or bystanderly"
    assert not FormerName.objects.exists()


def test_beside_their_account_no_name_is_left_whoever_else_bears_it(alice, bob, sales, django_user_model):
    account = django_user_model.objects.create_user("left0815")
    leaver("Zoe Quux", sales, user=account)
    ada = Employee.objects.create(name="Ada Lee", department=sales, notes="Ask Quorla Before or Ada Lee")
    held = {"model": "organization.Employee", "key": ada.pk, "reason": "Court"}
    hold = LegalHold.objects.create(**held, by=account, by_name="Quorla Before")
    request = PurgeRequest.objects.create(
        model="library.Author", before=LONG_AGO, asked_by=account, asked_name="Ada Lee"
    )
    brought = Import.objects.create(sheet="x", size=1, actor=account, actor_name="Ada Lee")
    kind = ContentType.objects.get_for_model(account)
    about = {"content_type": kind, "object_id": account.pk, "object_repr": "Ada Lee"}
    LogEntry.objects.create(user=alice, action_flag=CHANGE, **about)
    purge(alice, bob)
    for row in (ada, hold, request, brought):
        row.refresh_from_db()
    assert {hold.by_name, request.asked_name, brought.actor_name} == {"[removed]"}
    assert ada.notes == "Ask [removed] or Ada Lee"
    assert not LogEntry.objects.exists()


def test_an_address_with_a_name_in_it_becomes_empty_and_not_one_that_no_form_takes(panel, alice, bob, sales):
    Department.objects.filter(pk=sales.pk).update(email="quuxanna-team@example.com")
    leaver("Zoe Quuxanna", sales)
    purge(alice, bob)
    assert Department.objects.get(pk=sales.pk).email == ""
    url = f"/admin/organization/department/{sales.pk}/change/"
    assert saved(panel, url, location="Here").status_code == 302


def test_names_that_become_the_same_are_told_apart(alice, bob, sales):
    for name in ("Zoe Quux", "Ann Xyzzy"):
        leaver(name, sales)
        SavedView.objects.create(owner=bob, model="organization.employee", name=name, query="")
    assert purge(alice, bob).state == "done"
    kept = SavedView.objects.order_by("pk")
    assert [view.name for view in kept] == [f"[removed] {view.pk}" for view in kept]


def test_a_history_says_what_its_row_is_called_by_then(alice, bob, sales):
    leaver("Zoe Quuxington", sales)
    Department.objects.filter(pk=sales.pk).update(code="QUUXINGTON")
    purge(alice, bob)
    sales.refresh_from_db()
    assert sales.code == f"[removed] {sales.pk}" == Department.history_model.objects.latest("pk").new_code


def test_a_purge_is_one_operation_that_cannot_be_undone(alice, bob, sales):
    leaver("Zoe Quux", sales)
    line = purge(alice, bob).operation
    assert (line.kind, line.actor, line.number) == ("purge", bob, 1)
    assert line.rows == {"organization.Employee": {"deleted": 1}}
    with pytest.raises(UndoError):
        undo(line)


def test_what_was_done_to_nobody_else_loses_its_reason_in_however_many_steps(alice, bob, sales):
    zoe = leaver("Zoe Quux", sales)
    with operation("edit", reason="About a leaver") as it:
        Employee.objects.filter(pk=zoe.pk).update(job_title="Cook")
        Employee.objects.filter(pk=zoe.pk).update(location="Bonn")
    purge(alice, bob)
    assert Operation.objects.get(pk=it.operation.pk).reason == ""


def test_nobody_approves_what_they_asked_for(alice, sales):
    leaver("Zoe Quux", sales)
    request = ask(alice)
    with pytest.raises(PurgeError, match="somebody else has to approve"):
        requests.approve(request, actor=alice)
    with pytest.raises(PurgeError, match="not approved"):
        requests.run(request, actor=alice)
    assert Employee.objects.exists()


def test_nobody_asks_or_approves_without_the_permission(alice, sales, django_user_model):
    carl = django_user_model.objects.create_user("carl", is_staff=True)
    leaver("Zoe Quux", sales)
    with pytest.raises(PurgeError, match="may not purge"):
        ask(carl)
    with pytest.raises(PurgeError, match="may not approve"):
        requests.approve(ask(alice), actor=carl)


def test_nobody_purges_themselves(alice, bob, sales):
    leaver("Zoe Quux", sales)
    ben = leaver("Bob Lee", sales, user=bob)
    with pytest.raises(PurgeError, match="due to be purged yourself"):
        ask(bob)
    request = ask(alice)
    with pytest.raises(PurgeError, match="purged yourself"):
        requests.approve(request, actor=bob)
    assert Employee.objects.filter(pk=ben.pk).exists()


@pytest.mark.parametrize("change", ["rename", "hold", "return", "delete"])
def test_a_change_after_asking_brings_the_request_back(alice, bob, sales, change):
    zoe = leaver("Zoe Quux", sales)
    request = ask(alice)
    if change == "hold":
        LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="Court")
    elif change == "delete":
        zoe.delete()
    else:
        values = {"name": "Zoe Other"} if change == "rename" else {"status": "active", "end_date": None}
        Employee.objects.filter(pk=zoe.pk).update(**values)
    with pytest.raises(PurgeError, match="look again"):
        requests.approve(request, actor=bob)
    request.refresh_from_db()
    assert (request.state, request.rows.count()) == ("returned", 0)


def test_a_change_after_approval_brings_the_request_back(alice, bob, sales):
    zoe = leaver("Zoe Quux", sales)
    request = ask(alice)
    requests.approve(request, actor=bob)
    Employee.objects.filter(pk=zoe.pk).update(name="Zoe Other")
    with pytest.raises(PurgeError, match="look again"):
        requests.run(request, actor=bob)
    assert PurgeRequest.objects.get().state == "returned"
    assert Employee.objects.exists()


def test_who_leaves_after_asking_is_not_in_it(alice, bob, sales):
    leaver("Zoe Quux", sales)
    request = ask(alice)
    leaver("Late", sales)
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    assert Employee.objects.get().name == "Late"


def test_what_is_held_is_kept(alice, bob, sales):
    leaver("Zoe Quux", sales)
    kept = leaver("Kept", sales)
    LegalHold.objects.create(model="organization.Employee", key=kept.pk, reason="Court")
    assert list(Due(subject(), Employee.objects.all()).held) == [kept]
    purge(alice, bob)
    assert Employee.objects.get() == kept


def test_a_superuser_who_can_sign_in_is_kept(alice, sales, hr):
    leaver("Zoe Quux", sales, user=hr)
    with pytest.raises(PurgeError, match="Nobody is due"):
        ask(alice)


def test_relations_to_them_become_empty_now_and_in_the_history(alice, bob, sales):
    zoe = leaver("Zoe Quux", sales)
    ada = Employee.objects.create(name="Ada", department=sales, manager=zoe)
    Department.objects.update(head=zoe)
    line = purge(alice, bob).operation
    ada.refresh_from_db()
    sales.refresh_from_db()
    assert (ada.manager, sales.head) == (None, None)
    assert line.rows["organization.Department"] == {"updated": 1}
    pointing = [
        *Employee.history_model.objects.values_list("old_manager_id", "new_manager_id"),
        *Department.history_model.objects.values_list("old_head_id", "new_head_id"),
    ]
    assert zoe.pk not in [key for pair in pointing for key in pair]
    assert not Employee.history_model.objects.filter(row=zoe.pk).exists()


def test_an_operation_on_them_alone_says_nothing_more(alice, bob, sales):
    zoe = leaver("Zoe Quux", sales)
    with operation("edit", reason="A long illness", subject="Zoe Quux"):
        zoe.notes = "Ill"
        zoe.save()
    line = Operation.objects.first()
    purge(alice, bob)
    line.refresh_from_db()
    assert (line.subject, line.reason, bool(line.expired_at)) == ("", "", True)


def test_of_an_operation_on_others_too_their_name_goes_and_the_rest_can_be_undone(alice, bob, sales):
    leaver("Zoe Quux", sales)
    ada = Employee.objects.create(name="Ada", department=sales)
    with operation("title", reason="As zoe quux said", subject="Zoe Quux, Ada") as it:
        Employee.objects.update(job_title="Clerk")
    purge(alice, bob)
    line = Operation.objects.get(pk=it.operation.pk)
    assert (line.subject, line.reason) == ("[removed], Ada", "As [removed] said")
    assert undo(line).number == 1
    ada.refresh_from_db()
    assert ada.job_title == ""


def test_a_name_that_somebody_who_stays_bears_is_left_where_it_may_mean_them(alice, bob, sales):
    leaver("Ada Lee", sales)
    other = Employee.objects.create(name="Ada Lee", department=sales, notes="Ask Ada Lee")
    with operation("edit", reason="Ada Lee wants it"):
        other.location = "Berlin"
        other.save()
    line = Operation.objects.first()
    purge(alice, bob)
    other.refresh_from_db()
    line.refresh_from_db()
    assert (other.notes, line.reason, line.subject) == ("Ask Ada Lee", "Ada Lee wants it", "Ada Lee")


def test_a_word_that_is_a_name_by_chance_stays_in_what_hr_wrote_about_others(alice, bob, sales):
    leaver("Jane Porter", sales)
    ada = Employee.objects.create(name="Ada", department=sales, job_title="Porter")
    bo = Employee.objects.create(name="Bo", department=sales, notes="Replaces Jane Porter.")
    purge(alice, bob)
    ada.refresh_from_db()
    bo.refresh_from_db()
    assert (ada.job_title, bo.notes) == ("Porter", "Replaces [removed].")


def test_a_number_that_is_a_code_stays_one(alice, bob, sales):
    leaver("Zoe Quux", sales, employee_number="400100")
    Department.objects.filter(pk=sales.pk).update(code="400100")
    purge(alice, bob)
    sales.refresh_from_db()
    assert sales.code == "400100"


def test_nobody_is_signed_out_by_a_name_that_the_code_has_too(client, alice, bob, sales):
    client.force_login(bob)
    for name in ("Johannes Auth", "Anna Access", "Bo Seen"):
        leaver(name, sales)
    purge(alice, bob)
    assert client.get("/admin/").status_code == 200


def test_a_department_of_somebodys_name_where_people_are_keeps_it(alice, bob, sales):
    leaver("Ben Kitchen", sales)
    kitchen = Department.objects.create(name="Kitchen", location="Plant North")
    ada = Employee.objects.create(
        name="Ada", department=kitchen, job_title="Kitchen assistant", notes="For Ben Kitchen"
    )
    purge(alice, bob)
    ada.refresh_from_db()
    kitchen.refresh_from_db()
    assert (kitchen.name, ada.job_title, ada.notes) == ("Kitchen", "Kitchen assistant", "For [removed]")


def test_many_cost_as_many_statements_as_few(alice, bob, sales):
    def cost(number):
        people = (
            Employee(name=f"P {n}", department=sales, status="left", end_date=LONG_AGO) for n in range(number)
        )
        Employee.objects.bulk_create(people)
        with CaptureQueriesContext(connection) as captured:
            purge(alice, bob)
        return len(captured)

    cost(3)
    assert cost(1500) == cost(10)


def test_the_command_previews_asks_approves_and_runs(alice, bob, sales, capsys, monkeypatch, events):
    zoe = leaver("Zoe Quux", sales)
    call_command("purge_leavers", preview=True)
    assert f"{zoe.pk}  Zoe Quux" in capsys.readouterr().out
    call_command("purge_leavers", ask_as="alice", reason="Yearly")
    with pytest.raises(CommandError, match="somebody else"):
        call_command("purge_leavers", approve_as="alice")
    with pytest.raises(CommandError, match="not approved"):
        call_command("purge_leavers", run=True)
    with pytest.raises(CommandError, match="one person, whatever the names"):
        call_command("purge_leavers", approve_as="bob")
    monkeypatch.setattr("getpass.getuser", lambda: "second")
    call_command("purge_leavers", approve_as="bob")
    request = PurgeRequest.objects.get()
    assert request.approved_name == f"bob, {command()}"
    assert request.asked_name.startswith("alice, ")
    assert [line["source"] for line in events if line.get("what") == "purge_approved"] == [command()]
    call_command("purge_leavers", run=True)
    assert "Purged 1 person." in capsys.readouterr().out
    assert (Operation.objects.get(kind="purge").actor, Employee.objects.count()) == (bob, 0)


def test_the_job_of_every_night_carries_out_what_was_approved_and_nothing_else(alice, bob, sales, capsys):
    leaver("Zoe Quux", sales)
    call_command("purge_leavers", run_approved=True)
    request = ask(alice)
    call_command("purge_leavers", run_approved=True)
    assert capsys.readouterr().out == "No purge waits to be carried out.\n" * 2
    requests.approve(request, actor=bob)
    call_command("purge_leavers", run_approved=True)
    assert (Operation.objects.get(kind="purge").actor, Employee.objects.count()) == (bob, 0)


def test_the_command_refuses_whom_it_does_not_know(sales):
    with pytest.raises(CommandError, match="no user nobody"):
        call_command("purge_leavers", ask_as="nobody")
    with pytest.raises(CommandError, match="No purge was asked for"):
        call_command("purge_leavers", run=True)


def test_other_subjects_than_employees_are_purged_alike(alice, bob):
    gone = Author.objects.create(name="Retired Quux")
    kept = Author.objects.create(name="Retired Lee")
    pupil = Author.objects.create(name="Pupil", mentor=gone)
    Book.objects.create(title="By Lee", author=kept)
    request = requests.ask(subject_of(Author), Author.objects.all(), actor=alice)
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    pupil.refresh_from_db()
    assert (set(Author.objects.all()), pupil.mentor) == ({kept, pupil}, None)


def test_that_somebody_looked_stays_and_at_whom_goes(alice, bob, sales):
    events = AccessEvent.objects
    zoe, ada = leaver("Zoe Quux", sales), Employee.objects.create(name="Ada", department=sales)
    for person in (zoe, ada):
        events.create(actor=alice, what="page", model="organization.Employee", row=str(person.pk))
    searched = events.create(actor=alice, what="export", model="organization.Employee", filters="q=zoe o=1")
    purge(alice, bob)
    searched.refresh_from_db()
    assert searched.filters == "q=[removed] o=1"
    assert set(events.filter(what="page").values_list("row", flat=True)) == {"", str(ada.pk)}


def test_nobody_deletes_who_is_held_whichever_way(panel, sales, alice):
    ada = Employee.objects.create(name="Ada", department=sales)
    holds.place(ada, actor=alice, reason="Law suit")
    for row in (ada, sales):
        page = panel.get(reverse(f"admin:organization_{row._meta.model_name}_delete", args=[row.pk]))
        assert "1 employee is under legal hold. Lift it before you delete." in page.content.decode()
        assert not page.context["page"].is_allowed
    for delete in (ada.delete, Employee.objects.filter(pk=ada.pk).delete):
        with pytest.raises(ProtectedError, match=f"employee {ada.pk} must be kept"):
            delete()
    added = Operation.objects.get(kind="add", subject="Ada")
    said = panel.post(reverse("admin:backoffice_operation_undo", args=[added.pk]))
    assert "A legal hold says that it must be kept" in said.content.decode()
    assert Employee.objects.get() == ada


def test_nothing_of_who_is_held_expires(sales, alice):
    ada, bo = (Employee.objects.create(name=name, department=sales) for name in ("Ada", "Bo"))
    hold = holds.place(ada, actor=alice, reason="Law suit")
    retention.expire(timezone.now())
    kept = Employee.history_model.objects.values_list("row_id", flat=True)
    assert list(kept) == [ada.pk]
    holds.lift(hold, ada, actor=alice)
    retention.expire(timezone.now())
    assert not kept.all().exists()
    assert bo
