"""What a purge would take out of what is said about others: shown to who approves it, who may leave a name there."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from backoffice.admin.subjects import purges
from backoffice.models import Operation, PurgeName
from backoffice.operations import operation
from backoffice.operations.undo import undo
from backoffice.privacy import requests
from backoffice.privacy.needles import Names
from backoffice.privacy.requests import PurgeError
from backoffice.saved_views import SavedView
from organization.models import Department, Employee, Grant
from tests.organization.people import said, text
from tests.privacy.test_pages import PURGE, PURGES, signed_in
from tests.privacy.test_purge import ask, leaver

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(sales):
    """A leaver who is called as a title and a department are, and was called something else once."""
    desk = leaver("Embezzlement Proven", sales)
    with operation("change"):
        desk.name = "Front Quimdesk"
        desk.save()
    Department.objects.create(name="Front Quimdesk")
    titled = {
        "job_title": "Front Quimdesk Agent",
        "notes": "Embezzlement proven, court in May; asks Quimdesk",
    }
    return Employee.objects.create(name="Ada Lee", department=sales, **titled)


NAMES = [("Front Quimdesk", 2), ("Embezzlement proven", 1), ("Quimdesk", 1)]


def said_elsewhere(request):
    return list(request.names.order_by("-number", "pk").values_list("name", "number"))


def run_with_all_left(request, actor):
    names = list(request.names.values_list("pk", flat=True))
    requests.leave(request, names, names, actor=actor)
    requests.approve(request, actor=actor)
    requests.run(request, actor=actor)


def test_who_approves_sees_what_would_go_and_leaves_what_means_something_else(client, alice, bob, desk):
    request = ask(alice)
    page = f"{PURGES}{request.pk}/change/"
    assert (
        'name="left"' not in signed_in(client, alice).get(page).content.decode()
    )  # who asked does not approve
    shown = text(signed_in(client, bob).get(page))
    assert "Front Quimdesk" in shown
    assert "Name “Front Quimdesk”: 1 department" in shown
    assert "Job title “Front Quimdesk Agent”: 1 employee" in shown
    assert "Notes “Embezzlement proven, court in May; asks Quimdesk”: 1 employee" in shown
    left = [*PurgeName.objects.values_list("pk", flat=True), "x", "²", "9" * 19]
    assert said(client.post(page, {"approve": "1", "left": left, "shown": left})) == ["Purged 1 person."]
    desk.refresh_from_db()
    assert (desk.job_title, desk.notes) == (
        "Front Quimdesk Agent",
        "Embezzlement proven, court in May; asks Quimdesk",
    )
    assert Department.objects.filter(name="Front Quimdesk").exists()
    assert not Operation.objects.filter(subject__contains="Quimdesk").exists()
    assert not PurgeName.objects.exists()


def test_many_are_looked_through_page_by_page_and_the_ticks_are_kept(client, alice, bob, desk, monkeypatch):
    monkeypatch.setattr(purges, "NAMES", 2)
    page = f"{PURGES}{ask(alice).pk}/change/"
    first, second, third = PurgeName.objects.order_by("-number", "pk").values_list("pk", flat=True)
    shown = signed_in(client, bob).get(page).content.decode()
    assert ('name="next"' in shown, 'name="approve"' in shown) == (True, False)
    after = client.post(page, {"next": "1", "left": [first], "shown": [first, second]})["Location"]
    shown = client.get(after).content.decode()
    assert (f'value="{third}"' in shown, 'name="approve"' in shown) == (True, True)
    assert f'value="{first}" checked' in client.get(page).content.decode()
    kept = client.post(after, {"keep": "1", "left": [third], "shown": [third]})["Location"]
    shown = client.get(kept).content.decode()
    assert f'value="{third}" checked' in shown
    form = shown.partition('id="names"')[2]
    assert re.search('<button type="submit" name="([a-z]+)"', form)[1] == "keep"  # what Enter does
    client.post(kept, {"approve": "1", "shown": [third]})
    desk.refresh_from_db()
    assert (desk.job_title, desk.notes) == ("Front Quimdesk Agent", "[removed], court in May; asks [removed]")


def test_what_is_not_left_goes(alice, bob, desk):
    request = ask(alice)
    assert said_elsewhere(request) == NAMES
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    desk.refresh_from_db()
    assert (desk.job_title, desk.notes) == ("[removed] Agent", "[removed], court in May; asks [removed]")


def test_a_name_that_nobody_was_shown_brings_the_request_back(alice, bob, sales, desk):
    request = ask(alice)
    requests.approve(request, actor=bob)
    Department.objects.create(name="Front Lawn")
    with pytest.raises(PurgeError, match="that nobody was shown"):
        requests.run(request, actor=bob)
    request.refresh_from_db()
    assert (request.state, request.names.count(), Employee.objects.count()) == ("returned", 0, 2)


def test_what_an_undo_can_bring_back_is_shown_and_left_as_what_is_there(alice, bob, sales):
    leaver("Ann Birmingham", sales)
    Department.objects.create(name="Birmingham").delete()
    with operation("edit") as moved:
        sales.location = "Haus Birmingham"
        sales.save()
    undo(moved.operation)
    request = ask(alice)
    assert said_elsewhere(request) == [("Birmingham", 2)]
    run_with_all_left(request, bob)
    undo(Operation.objects.get(kind="undo"))
    sales.refresh_from_db()
    assert sales.location == "Haus Birmingham"
    undo(Operation.objects.filter(kind="delete").first())
    assert Department.objects.filter(name="Birmingham").exists()


def test_a_view_keeps_the_name_and_the_place_that_are_left(alice, bob, sales):
    leaver("Rolf Marbach", sales)
    Employee.objects.create(name="Ada", department=sales, location="Haus Marbach")
    query = {"location": ["Haus Marbach"], "q": ["rolf marbach"]}
    view = SavedView.objects.create(model="organization.employee", name="Marbach office", query=query)
    request = ask(alice)
    assert said_elsewhere(request) == [("Marbach", 2)]
    run_with_all_left(request, bob)
    view.refresh_from_db()
    assert (view.name, view.query) == (
        "Marbach office",
        {"location": ["Haus Marbach"], "q": ["[removed]"]},
    )


def test_in_the_command_names_are_listed_and_left(alice, bob, desk, capsys, monkeypatch):
    call_command("purge_leavers", ask_as="alice")
    monkeypatch.setattr("getpass.getuser", lambda: "second")
    assert "  Front Quimdesk: 2\n  Embezzlement proven: 1\n  Quimdesk: 1\n" in capsys.readouterr().out
    with pytest.raises(CommandError, match="does not name Front"):
        call_command("purge_leavers", approve_as="bob", leave=["Front"])
    call_command("purge_leavers", approve_as="bob", leave=["Embezzlement proven"])
    call_command("purge_leavers", run=True)
    desk.refresh_from_db()
    assert (desk.job_title, desk.notes) == (
        "[removed] Agent",
        "Embezzlement proven, court in May; asks [removed]",
    )


def test_of_many_a_worker_looks_through_what_others_are_called(client, alice, desk, settings):
    settings.BACKGROUND_ROWS = 0
    assert signed_in(client, alice).post(PURGE)["Location"].startswith("/admin/background/")
    parameters = {"model": "organization.Employee", "reason": "Yearly"}
    assert requests.ask_job(alice, parameters) == "Asked for. Somebody else has to approve it now."
    assert said_elsewhere(requests.open_request(requests.named("organization.Employee"))) == NAMES
    assert "A purge was asked for already" in text(client.post(PURGE))


def test_a_text_that_was_written_is_told_around_the_name(alice, sales):
    leaver("Zoe Quuxington", sales)
    ada = Employee.objects.create(
        name="Ada", department=sales, notes=f"{'x ' * 99}asks Quuxington {'y ' * 99}"
    )
    [[model, column, told, number, key]] = ask(alice).names.get().places
    assert (model, column, number, key) == ("organization.Employee", "notes", 1, str(ada.pk))
    assert told.startswith("…x x")
    assert " asks Quuxington y " in told
    assert len(told) < 90


def test_who_may_not_purge_all_of_them_withdraws_nothing(alice, sales, django_user_model):
    leaver("Zoe Quux", sales)
    request = ask(alice)
    other = django_user_model.objects.create_user("other", is_staff=True)
    where = Department.objects.create(name="Elsewhere")
    for role, department in (("Auditor", None), ("HR administrator", where)):
        Grant.objects.create(user=other, role=Group.objects.get(name=role), department=department)
    with pytest.raises(PurgeError, match="somebody else has to withdraw it"):
        requests.withdraw(request, actor=other)
    requests.withdraw(request, actor=alice)


def test_a_name_that_is_left_stays_and_hides_no_other():
    names = Names(["Front Desk", "Ann Washington"], ["Ada"], left=[("front", "desk"), ("washington",)])
    clean = names.text.clean
    assert clean("Front Desk, Front; frontdesk") == "Front Desk, [removed]; frontdesk"
    assert clean("Washington; by Ann Washington") == "Washington; by [removed]"
    assert names.log.clean("Front Desk, Washington") == "[removed], [removed]"
