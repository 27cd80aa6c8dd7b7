"""The pages: who may open them, what they say, and that two people are needed."""

import pytest
from django.contrib.auth.models import Permission
from django.http import HttpResponseRedirect
from django.utils.text import capfirst

from backoffice.access import fresh
from backoffice.models import AccessEvent, LegalHold, Operation, PurgeName, PurgeRequest
from backoffice.privacy import erase, holds, requests
from backoffice.search import fold
from organization.models import Employee
from tests.growth import queries
from tests.organization.people import said, text
from tests.privacy.conftest import privacy_officer
from tests.privacy.test_purge import LONG_AGO, ask, leaver

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/organization/employee/"
PURGE, PURGES = f"{PEOPLE}purge/", "/admin/backoffice/purgerequest/"


@pytest.fixture
def zoe(sales):
    return leaver("Zoe Quux", sales, employee_number="Z-1")


def signed_in(client, user):
    client.force_login(user)
    return client


def viewer(django_user_model, *codes):
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_employee", *codes]))
    return user


def test_the_page_names_who_would_go_and_what_is_emptied(panel, zoe, sales):
    Employee.objects.create(name="Ada", department=sales, manager=zoe)
    page = text(panel.get(PURGE))
    assert "Everything about 1 employee would be removed for ever. They left before" in page
    assert "Becomes empty: the manager of 1 employee." in page
    assert "Zoe Quux" in page


def test_who_sees_people_alone_is_told_no_department(client, django_user_model, zoe):
    page = text(signed_in(client, viewer(django_user_model, "purge")).get(PURGE))
    assert ("Zoe Quux" in page, "(outside of what you see)" in page, "Sales" in page) == (True, True, False)


def test_of_many_the_accounts_of_the_first_are_named(panel, zoe, sales, monkeypatch, django_user_model):
    monkeypatch.setattr("backoffice.admin.counting.bounded_count.__defaults__", (1,))
    monkeypatch.setattr("backoffice.admin.subjects.purge_page.LIMIT", 1)
    Employee.objects.filter(pk=zoe.pk).update(user=django_user_model.objects.create_user("first"))
    leaver("Yan Quux", sales, user=django_user_model.objects.create_user("second"))
    page = text(panel.get(PURGE))
    assert "Of the first 1: Accounts that go along: first." in page
    assert "second" not in page


def test_the_page_says_who_is_held_and_why(panel, zoe):
    LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="Court", by_name="Ann")
    page = text(panel.get(PURGE))
    assert "Under legal hold: 1" in page
    assert "Zoe Quux: Court (Ann" in page
    assert "Nobody is due" in page


def test_a_panel_that_may_not_touch_the_log_approves_and_leaves_the_rest_to_the_night(
    client, alice, bob, zoe, monkeypatch
):
    monkeypatch.setattr("backoffice.admin.subjects.purges.may_keep_house", lambda: False)
    monkeypatch.setattr(requests, "may_keep_house", lambda: False)
    page = f"{PURGES}{ask(alice).pk}/change/"
    assert "the job of every night carries it out" in text(signed_in(client, bob).get(page))
    assert said(client.post(page, {"approve": "1"})) == ["Approved. The job of every night carries it out."]
    assert 'name="approve"' not in client.get(page).content.decode()
    again = client.post(page, {"approve": "1"})
    assert "Only the job of every night may remove what was logged" in text(again)
    assert (PurgeRequest.objects.get().state, Employee.objects.count()) == ("approved", 1)


def test_the_people_can_be_searched(panel, zoe, sales):
    leaver("Ada Lee", sales)
    page = text(panel.get(PURGE, {"q": "quux"}))
    assert ("Zoe Quux" in page, "Ada Lee" in page) == (True, False)


def test_one_asks_in_the_panel_another_approves_and_a_report_says_what_went(client, alice, bob, zoe):
    asked = signed_in(client, alice).post(PURGE, {"reason": "Yearly"})
    page = text(client.get(asked["Location"]))
    assert "You asked for it: somebody else has to approve it." in page
    refused = client.post(asked["Location"], {"approve": "1"})
    assert "somebody else has to approve" in text(refused)
    done = signed_in(client, bob).post(asked["Location"], {"approve": "1"})
    assert said(done) == ["Purged 1 person."]
    assert "Employees1" in text(client.get(asked["Location"]))
    assert not Employee.objects.exists()


def test_a_report_is_in_the_language_of_the_page_and_tells_rows_from_their_history(panel):
    fixed = [
        "operations about them",
        "relations of others",
        "history",
        "history of others",
        "accounts",
        "sessions",
    ]
    words = [*fixed, *dict(erase._others)]
    texts = [
        f"texts of {label}"
        for label in ("gone.Model", "organization.Employee", "organization.EmployeeHistory")
    ]
    purge = PurgeRequest.objects.create(
        model="organization.Employee",
        before="2020-01-01",
        report=dict.fromkeys([*words, *texts, "organization.Employee"], 1),
    )
    page = panel.get(f"{PURGES}{purge.pk}/change/", headers={"Accept-Language": "de"})
    told = [place for place, _number in page.context["page"].report]
    assert [place for place in told if place.startswith(("Texte", "Personen"))] == [
        "Personen",
        "Texte: gone.Model",
        "Texte: Personen",
        "Texte: Personen (Verlauf)",
    ]
    assert not [place for place in words if capfirst(place) in told]
    assert told == sorted(told, key=fold)


def test_a_large_purge_is_carried_out_by_the_worker(client, alice, bob, zoe, settings):
    settings.BACKGROUND_ROWS = 0
    request = ask(alice)
    response = signed_in(client, bob).post(f"{PURGES}{request.pk}/change/", {"approve": "1"})
    assert response["Location"].startswith("/admin/background/")
    request.refresh_from_db()
    assert (request.state, Employee.objects.count()) == ("approved", 1)
    assert requests.run_job(bob, {"request": request.pk}) == "Purged 1 person."
    assert not Employee.objects.exists()


def test_a_request_can_be_withdrawn(client, alice, zoe):
    request = ask(alice)
    signed_in(client, alice).post(f"{PURGES}{request.pk}/change/", {"withdraw": "1"})
    request.refresh_from_db()
    assert (request.state, request.rows.count(), Employee.objects.count()) == ("withdrawn", 0, 1)


def test_a_second_request_waits_for_the_first(client, alice, bob, zoe):
    ask(alice)
    page = signed_in(client, bob).post(PURGE)
    assert "must be approved or withdrawn first" in text(page)
    assert PurgeRequest.objects.count() == 1


def test_a_hold_without_a_reason_is_asked_for_again(panel, zoe):
    page = panel.post(f"{PEOPLE}{zoe.pk}/hold/", {"reason": " "}).content.decode()
    assert "<title>Error: " in page
    assert '<a href="#hold-reason">Why it must be kept</a>: Say why' in page


def test_opening_pages_changes_nothing(panel, zoe, alice):
    request = ask(alice)
    for page in (
        PURGE,
        f"{PEOPLE}{zoe.pk}/hold/",
        f"{PEOPLE}{zoe.pk}/held/",
        f"{PURGES}{request.pk}/change/",
        PURGES,
    ):
        assert panel.get(page).status_code == 200, page
    request.refresh_from_db()
    assert (request.state, LegalHold.objects.count()) == ("asked", 0)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_comes_to_the_pages_without_the_permission(client, django_user_model, alice, zoe, method):
    request = ask(alice)
    signed_in(client, viewer(django_user_model))
    pages = [
        PURGE,
        f"{PEOPLE}{zoe.pk}/hold/",
        f"{PEOPLE}{zoe.pk}/held/",
        f"{PURGES}{request.pk}/change/",
        PURGES,
    ]
    assert [getattr(client, method)(page).status_code for page in pages] == [403] * 5
    links = text(client.get(f"{PEOPLE}{zoe.pk}/change/")) + text(client.get(PEOPLE))
    assert not any(link in links for link in ("Legal hold", "Everything held", "Leavers to purge"))


def test_who_sees_nobody_is_not_told_who_is_due(client, django_user_model, alice, zoe):
    page = f"{PURGES}{ask(alice).pk}/change/"
    signed_in(client, privacy_officer(django_user_model, "pam", ["view_purgerequest"]))
    assert [ask_for(PURGE).status_code for ask_for in (client.get, client.post)] == [403, 403]
    assert "Zoe" not in text(client.get(page))


def test_who_is_due_and_held_is_named_without_why_to_who_reads_no_holds(client, django_user_model, zoe):
    LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="Court", by_name="Ann")
    page = text(signed_in(client, viewer(django_user_model, "view_purgerequest")).get(PURGE))
    assert ("Zoe Quux" in page, "Court" in page, "Ann" in page) == (True, False, False)


def test_whoever_did_not_sign_in_just_now_is_asked_again_first(client, alice, hr, zoe, monkeypatch):
    request = ask(alice)
    monkeypatch.setattr(fresh, "is_fresh", lambda request: False)
    monkeypatch.setattr(fresh, "ask_again", lambda request: HttpResponseRedirect("/again/"))
    LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="Court")
    row = f"{PEOPLE}{zoe.pk}/"
    pages = (PURGE, f"{PURGES}{request.pk}/change/", f"{row}held/", f"{row}hold/")
    answers = [signed_in(client, hr).post(page, {"deed": "lift"})["Location"] for page in pages]
    assert answers == ["/again/"] * 4
    assert (PurgeRequest.objects.get().state, Employee.objects.count()) == ("asked", 1)
    assert LegalHold.objects.exists()


@pytest.fixture
def auditor(client, django_user_model):
    codes = ["view_purgerequest", "view_legalhold"]
    return signed_in(client, viewer(django_user_model, *codes))


def test_an_auditor_reads_who_is_due_and_what_was_asked_for_and_decides_nothing(auditor, alice, zoe):
    pages = [PURGE, f"{PURGES}{ask(alice).pk}/change/"]
    for page in pages:
        shown = auditor.get(page).content.decode()
        assert "Zoe Quux" in shown
        assert '<form method="post">' not in shown
        assert auditor.post(page, {"approve": "1"}).status_code == 403
    assert PurgeRequest.objects.get().state == "asked"


def test_an_auditor_reads_why_somebody_is_held_and_holds_nobody(auditor, zoe):
    page = f"{PEOPLE}{zoe.pk}/hold/"
    assert "It is not under legal hold" in text(auditor.get(page))
    assert page in auditor.get(f"{PEOPLE}{zoe.pk}/change/").content.decode()
    assert auditor.post(page, {"reason": "Court"}).status_code == 403
    LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="Court")
    shown = auditor.get(page).content.decode()
    assert "Court" in shown
    assert "Lift the legal hold" not in shown


def test_of_whom_a_page_tells_what_is_sensitive_that_is_noted_down(panel, alice, sales, zoe):
    """The hold of somebody, the reasons of holds, who is in a purge, and the notes that it cites."""
    ada = Employee.objects.create(name="Ada", department=sales, notes="Burnout; Zoe Quux covers")
    kept = leaver("Kept", sales)
    LegalHold.objects.create(model="organization.Employee", key=kept.pk, reason="Court")
    request = f"{PURGES}{ask(alice).pk}/change/"
    for page, rows in ((f"{PEOPLE}{kept.pk}/hold/", [kept]), (PURGE, [kept]), (request, [zoe, ada])):
        known = set(AccessEvent.objects.values_list("pk", flat=True))
        panel.get(page)
        noted = AccessEvent.objects.exclude(pk__in=known).values_list("what", "model", "row")
        assert set(noted) == {("page", "organization.Employee", str(row.pk)) for row in rows}


def test_a_page_of_nobody_is_not_there(panel):
    assert [panel.get(f"{PEOPLE}999/{page}/").status_code for page in ("hold", "held")] == [404, 404]
    assert panel.get(f"{PURGES}999/change/").status_code == 302


def test_a_person_is_put_under_legal_hold_with_a_reason_and_released(panel, zoe):
    page = f"{PEOPLE}{zoe.pk}/hold/"
    assert "Say why" in text(panel.post(page, {"reason": " "}))
    panel.post(page, {"reason": "Court"})
    assert LegalHold.objects.get().reason == "Court"
    assert logged() == ("hold", "hr", "Court", "Zoe Quux", {"backoffice.LegalHold": {"created": 1}})
    line = Operation.objects.first().pk
    assert "legal hold" in text(panel.get(f"/admin/backoffice/operation/{line}/change/"))
    assert "Under legal hold since" in text(panel.get(f"{PEOPLE}{zoe.pk}/change/"))
    panel.post(page, {"deed": "lift", "reason": "Settled"})
    assert not LegalHold.objects.exists()
    assert logged() == ("lift_hold", "hr", "Settled", "Zoe Quux", {"backoffice.LegalHold": {"deleted": 1}})
    found = (
        panel.get(f"/admin/backoffice/operation/?row=organization.Employee:{zoe.pk}")
        .context["cl"]
        .result_list
    )
    assert [line.kind for line in found][:2] == ["lift_hold", "hold"]
    found = (
        panel.get(f"/admin/backoffice/operation/?row=organization.Employee:{zoe.pk + 1}")
        .context["cl"]
        .result_list
    )
    assert list(found) == []


@pytest.mark.parametrize(
    ("deed", "words"),
    [("place", "is under legal hold already: nothing"), ("lift", "is not under legal hold: nothing")],
)
def test_who_asks_twice_for_a_legal_hold_or_for_its_end_has_asked_once(panel, zoe, deed, words):
    if deed == "lift":
        LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="Court")
    page = f"{PEOPLE}{zoe.pk}/hold/"
    assert f'name="deed" value="{deed}"' in panel.get(page).content.decode()
    panel.post(page, {"deed": deed, "reason": "Court"})
    assert words in text(panel.post(page, {"deed": deed, "reason": "Court"}, follow=True))
    assert LegalHold.objects.exists() == (deed == "place")
    assert Operation.objects.filter(kind__in=holds.KINDS).count() == 1


@pytest.mark.parametrize(
    ("codes", "is_told"), [([], False), (["view_legalhold"], True), (["hold"], True)], ids=str
)
def test_why_and_by_whom_somebody_is_held_is_for_who_reads_holds(
    client, django_user_model, zoe, codes, is_told
):
    LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="Court", by_name="Ann")
    page = text(signed_in(client, viewer(django_user_model, *codes)).get(f"{PEOPLE}{zoe.pk}/change/"))
    assert "Under legal hold since" in page
    assert ("(Ann): Court" in page) == is_told


def logged():
    return Operation.objects.values_list("kind", "actor__username", "reason", "subject", "rows").first()


def test_every_page_costs_the_same_for_many(panel, sales, alice):
    def company(number):
        PurgeRequest.objects.all().delete()
        LegalHold.objects.all().delete()
        Employee.objects.all().delete()
        values = {"department": sales, "status": "left", "end_date": LONG_AGO}
        rows = Employee.objects.bulk_create(Employee(name=f"Person {n}", **values) for n in range(number))
        Employee.objects.bulk_create(
            Employee(name=f"R {n}", department=sales, manager=rows[n]) for n in range(number)
        )
        LegalHold.objects.create(model="organization.Employee", key=rows[0].pk, reason="Court")
        request = ask(alice)
        for times in (0, 3):
            named = {
                "words": ["quux"],
                "number": times,
                "places": [["library.Author", "name", "Quux", times]],
            }
            PurgeName.objects.bulk_create(
                PurgeName(request=request, name=f"Quux {n}", **named) for n in range(number)
            )
        pages = (PURGE, f"{PURGE}?q=person", PURGES, f"{PURGES}{request.pk}/change/")
        people = (f"{PEOPLE}{rows[1].pk}/{page}/" for page in ("hold", "held", "change"))
        return {page: len(queries(panel, url)[0]) for page, url in enumerate([*pages, *people])}

    company(2)  # so that there are deleted ones each time
    assert company(4) == company(200)
