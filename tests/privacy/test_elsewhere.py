"""What a purge would take out of what is said about others: shown to who approves it, who may leave a name there."""

import pytest
from django.core.management import CommandError, call_command

from backoffice.admin import purges
from backoffice.models import Operation, PurgeName
from backoffice.operations import operation
from backoffice.operations.undo import undo
from backoffice.privacy import requests
from backoffice.privacy.needles import Names
from backoffice.privacy.requests import PurgeError
from backoffice.saved_views import SavedView
from organization.models import Department, Employee
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


def short(request):
    return list(request.names.filter(number__gt=0).values_list("name", "number"))


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
    assert "Names that they had before, which go" in shown
    assert "Embezzlement Proven" in shown
    left = [*PurgeName.objects.values_list("pk", flat=True), "x", "²"]
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
    monkeypatch.setattr(purges, "NAMES", 1)
    page = f"{PURGES}{ask(alice).pk}/change/"
    first, second = PurgeName.objects.order_by("-number").values_list("pk", flat=True)
    shown = signed_in(client, bob).get(page).content.decode()
    assert ('name="next"' in shown, 'name="approve"' in shown) == (True, False)
    after = client.post(page, {"next": "1", "left": [first], "shown": [first]})["Location"]
    shown = client.get(after).content.decode()
    assert ("Embezzlement Proven" in shown, 'name="approve"' in shown) == (True, True)
    assert f'value="{first}" checked' in client.get(page).content.decode()
    client.post(after, {"approve": "1", "shown": [second]})
    desk.refresh_from_db()
    assert (desk.job_title, desk.notes) == ("Front Quimdesk Agent", "[removed], court in May; asks Quimdesk")


def test_what_is_not_left_goes(alice, bob, desk):
    request = ask(alice)
    assert short(request) == [("Front Quimdesk", 2)]
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    desk.refresh_from_db()
    assert (desk.job_title, desk.notes) == ("[removed] Agent", "[removed], court in May; asks [removed]")


def test_a_name_that_nobody_was_shown_brings_the_request_back(alice, bob, sales, desk):
    request = ask(alice)
    requests.approve(request, actor=bob)
    Department.objects.create(name="Friends of Quimdesk")
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
    assert short(request) == [("Birmingham", 2)]
    names = list(request.names.values_list("pk", flat=True))
    requests.leave(request, names, names, actor=bob)
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
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
    assert short(request) == [("Marbach", 2)]
    names = list(request.names.values_list("pk", flat=True))
    requests.leave(request, names, names, actor=bob)
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    view.refresh_from_db()
    assert (view.name, view.query) == (
        "Marbach office",
        {"location": ["Haus Marbach"], "q": ["[removed]"]},
    )


def test_in_the_command_names_are_listed_and_left(alice, bob, desk, capsys):
    call_command("purge_leavers", ask_as="alice")
    assert "  Front Quimdesk: 2\n  Embezzlement Proven: 0\n" in capsys.readouterr().out
    with pytest.raises(CommandError, match="does not name Front"):
        call_command("purge_leavers", approve_as="bob", leave=["Front"])
    call_command("purge_leavers", approve_as="bob", leave=["Embezzlement Proven"])
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
    assert short(requests.open_request(requests.named("organization.Employee"))) == [("Front Quimdesk", 2)]
    assert "A purge was asked for already" in text(client.post(PURGE))


def test_a_name_that_is_left_keeps_its_words_and_hides_no_other():
    names = Names(["Front Desk", "Ann Washington"], ["Ada"], left=[("front", "desk"), ("washington",)])
    clean = names.text.clean
    assert clean("Front Desk, Desk, Front; frontdesk") == "Front Desk, Desk, Front; frontdesk"
    assert clean("Washington; by Ann Washington") == "Washington; by [removed]"
    assert names.log.clean("Front Desk, Washington") == "[removed], [removed]"
