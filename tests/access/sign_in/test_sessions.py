"""How long one stays signed in, and that nothing is lost when it ends."""

import re

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.access import sessions
from tests.access.sign_in.conftest import sign_in, text

MINUTE, HOUR = 60, 60 * 60
ADD = "/admin/auth/group/add/"


@pytest.fixture
def clock(monkeypatch):
    """Time goes when it is told to: `clock(60)`."""
    now = [1_800_000_000.0]

    def passes(seconds):
        now[0] += seconds

    monkeypatch.setattr("backoffice.access.sessions.time.time", lambda: now[0])
    return passes


@pytest.fixture
def signed_in(client, hr, clock):
    sign_in(client)
    return client


def is_in(client):
    return client.get("/admin/jsi18n/").status_code == 200  # the cheapest page


def test_thirty_minutes_without_a_request_end_it(signed_in, clock):
    clock(29 * MINUTE)
    assert is_in(signed_in)
    clock(29 * MINUTE)
    assert is_in(signed_in)
    clock(30 * MINUTE)
    assert not is_in(signed_in)


def test_twelve_hours_end_it_whatever_one_does(signed_in, clock):
    for _ in range(35):
        clock(20 * MINUTE)
        assert is_in(signed_in)
    clock(20 * MINUTE)
    assert not is_in(signed_in)


def test_a_session_without_a_beginning_is_over(panel):
    session = panel.session
    del session[sessions.BEGAN]
    session.save()
    assert not is_in(panel)


def test_a_page_that_asks_by_itself_keeps_nobody_in(signed_in, clock):
    clock(20 * MINUTE)
    assert signed_in.get("/account/session/").json()["left"] == 10 * MINUTE
    clock(10 * MINUTE - 1)
    assert (
        signed_in.get("/admin/", headers={"X-Asked-By": "script"}).status_code == 200
    )  # a job's page looks on
    clock(1)
    assert signed_in.get("/account/session/").json() == {"left": 0}


def test_a_click_on_stay_goes_on(signed_in, clock):
    clock(29 * MINUTE)
    assert signed_in.post("/account/session/").json()["left"] == 30 * MINUTE


def test_a_page_knows_when_its_session_ends(signed_in, clock):
    for _ in range(47):
        clock(15 * MINUTE)
        is_in(signed_in)
    assert 'data-left="900"' in text(signed_in.get("/admin/"))


def test_requests_in_a_row_write_the_session_once(signed_in, clock):
    def writes():
        with CaptureQueriesContext(connection) as queries:
            signed_in.get("/admin/")
        return sum('UPDATE "django_session"' in query["sql"].replace("`", '"') for query in queries)

    assert writes() == 0
    clock(MINUTE)
    assert [writes(), writes()] == [1, 0]


def send(client, **typed):
    return client.post(ADD, {"name": "Ada", **typed})


def test_what_was_sent_to_a_session_that_is_over_is_kept_and_offered(signed_in, clock):
    clock(HOUR)
    page = send(signed_in)
    assert page["Location"] == "/account/login/?next=%2Faccount%2Fgo-on%2F"
    assert "nothing that you sent is lost" in text(signed_in.get(page["Location"]))
    back = sign_in(signed_in, next="/account/go-on/")
    assert back["Location"] == "/account/go-on/"
    page = signed_in.get("/account/go-on/")
    assert '<input type="hidden" name="name" value="Ada">' in text(page)
    assert f'action="{ADD}"' in text(page)
    assert not Group.objects.filter(name="Ada").exists()
    send(signed_in)
    assert Group.objects.filter(name="Ada").exists()
    assert signed_in.get("/account/go-on/").status_code == 302  # it is not offered twice


@pytest.fixture
def cleared(signed_in):
    """The page of a form is open, and its session is nowhere any more."""
    assert signed_in.get(ADD).cookies["whose"]["httponly"]
    Session.objects.all().delete()
    return signed_in


def test_what_was_sent_is_kept_where_the_session_is_nowhere_any_more(cleared):
    page = send(cleared)
    assert page["Location"] == "/account/login/?next=%2Faccount%2Fgo-on%2F"
    assert "nothing that you sent is lost" in text(cleared.get(page["Location"]))
    sign_in(cleared)
    assert '<input type="hidden" name="name" value="Ada">' in text(cleared.get("/account/go-on/"))


def test_it_is_offered_to_whoever_was_shown_the_form_alone(cleared, clerk):
    send(cleared)
    sign_in(cleared, "clerk")
    assert cleared.get("/account/go-on/")["Location"] == "/admin/"


@pytest.mark.parametrize("cookie", ["csrftoken", "whose"])
def test_what_bears_the_mark_of_nobody_is_not_kept(cleared, cookie):
    cleared.cookies[cookie] = "1:" + "a" * 30
    assert send(cleared)["Location"] == "/admin/login/?next=/admin/auth/group/add/"
    assert "kept" not in cleared.cookies


def test_a_password_is_not_kept_and_typed_again(signed_in, clock):
    clock(HOUR)
    change = "/account/password/change/"
    page = signed_in.post(change, {"oldpassword": "a", "password1": "b", "password2": "b"})
    assert page["Location"] == "/account/login/?next=%2Faccount%2Fpassword%2Fchange%2F"
    assert "a password is not kept" in text(signed_in.get(page["Location"]))
    assert sign_in(signed_in, next=change)["Location"] == change
    assert signed_in.get("/account/go-on/")["Location"] == "/admin/"


def test_a_file_is_asked_for_again(signed_in, clock):
    clock(HOUR)
    page = send(signed_in, file=SimpleUploadedFile("people.csv", b"name"))
    assert "choose the file again" in text(signed_in.get(page["Location"]))
    sign_in(signed_in)
    page = text(signed_in.get("/account/go-on/"))
    assert "Choose people.csv again" in page
    assert '<input type="file" id="kept-1-1" name="file" required>' in page
    assert '<input type="hidden" name="name" value="Ada">' in page


def test_what_each_tab_sent_is_kept(cleared):
    for name in ("Ada", "Bea", "Bea"):  # the last by a second click
        send(cleared, name=name)
    cleared.post("/admin/auth/user/add/", {"username": "cleo"})
    sign_in(cleared)
    kept = [sent.fields for sent in cleared.get("/account/go-on/").context["kept"]]
    assert kept == [[("username", "cleo")], [("name", "Bea")], [("name", "Ada")]]
    answer = cleared.post(ADD, {"name": "Bea"}, follow=True)
    assert '<a href="/account/go-on/">Go on with it</a>' in text(answer)
    kept = [sent.fields for sent in cleared.get("/account/go-on/").context["kept"]]
    assert kept == [[("username", "cleo")], [("name", "Ada")]]
    assert "Go on with it" not in text(cleared.get("/account/go-on/"))
    assert "Go on with it" in text(cleared.get(ADD))
    send(cleared, name="Dora")  # something else, on the same page
    kept = [sent.fields for sent in cleared.get("/account/go-on/").context["kept"]]
    assert kept == [[("username", "cleo")], [("name", "Ada")]]


def test_what_many_tabs_sent_is_kept_and_for_what_there_is_no_room_stays_in_its_page(cleared, monkeypatch):
    monkeypatch.setattr("backoffice.access.kept.MOST", 7)
    for number in range(7):
        assert on_its_way(cleared, name=f"Group {number}").status_code == 302  # it is kept when it comes
        send(cleared, name=f"Group {number}")
    assert on_its_way(cleared, name="Group 7").status_code == 507
    page = send(cleared, name="Group 7")
    assert (page.status_code, '<input type="hidden" name="name" value="Group 7">' in text(page)) == (
        507,
        True,
    )
    sign_in(cleared)
    assert on_its_way(cleared, name="Group 7").status_code == 507
    assert on_its_way(cleared, name="Group 6").status_code == 204  # it is kept already
    assert [name for _url, name in kept_names(cleared)] == [f"Group {number}" for number in range(6, -1, -1)]


def test_very_much_is_kept_of_a_single_form_alone(signed_in, monkeypatch):
    monkeypatch.setattr("backoffice.access.kept.LARGEST", 20)
    statuses = [on_its_way(signed_in, form=form, name=form * 30).status_code for form in ("a", "a", "b")]
    assert statuses == [204, 204, 507]
    for form in ("b", "c", "b"):  # of what was typed late its page is gone: the last stays, beside the others
        assert (
            on_its_way(signed_in, to=f"{ADD}&late=1", form=f"{form}-late", name=form * 15).status_code == 204
        )
    assert [sent.form for sent in signed_in.get("/account/go-on/").context["kept"]] == ["b-late", "a"]


def test_what_was_typed_late_is_said_in_its_words_and_whole(signed_in):
    typed = [(f"Label {number}", "A" * 300) for number in range(12)]
    about = {
        "bo-heading": "Add group",
        "bo-label": [label for label, _value in typed],
        "bo-value": ["A" * 300] * 12,
    }
    on_its_way(signed_in, to=f"{ADD}&late=1", form="a-late", **about)
    [sent] = signed_in.get("/account/go-on/").context["kept"]
    assert sent.typed == typed


def on_its_way(client, to=ADD, form="a", **typed):
    return client.post(f"/account/on-its-way/?to={to}&form={form}", {"name": "Ada", **typed})


def kept_names(client):
    kept = client.get("/account/go-on/").context["kept"]
    return [(sent.url, dict(sent.fields)["name"]) for sent in kept]


def test_what_is_about_to_be_sent_is_kept_until_it_has_come(signed_in):
    assert on_its_way(signed_in, name="Bo").status_code == 204
    on_its_way(signed_in)  # from the same form
    page = signed_in.get("/account/go-on/")
    assert [(sent.url, sent.fields) for sent in page.context["kept"]] == [(ADD, [("name", "Ada")])]
    assert "No answer came to what you sent" in text(page)
    on_its_way(signed_in, form="b", name="Bo")  # from the same address, opened anew
    assert kept_names(signed_in) == [(ADD, "Bo"), (ADD, "Ada")]
    assert "bo-here" in text(signed_in.get(ADD))
    assert "bo-here" not in text(signed_in.get("/admin/"))
    send(signed_in, name="Bea", **{"bo-form": "b"})  # as the browser says it
    send(signed_in, name="Cleo")  # sent without a word typed
    assert kept_names(signed_in) == [(ADD, "Ada")]
    assert "Go on with it" in text(signed_in.get("/admin/"))
    assert "Go on with it" not in text(signed_in.post(ADD, {"name": "Ada"}, follow=True))
    # The key stays, with nothing behind it: another tab may keep something while this answer is on its way.
    assert Session.objects.get(pk=signed_in.cookies["kept"].value).get_decoded() == {"backoffice.sent": []}


def test_what_another_tab_keeps_meanwhile_is_kept(signed_in, monkeypatch):
    on_its_way(signed_in)
    with monkeypatch.context() as patch:
        saved = "django.contrib.admin.ModelAdmin.log_addition"
        patch.setattr(saved, lambda *args: patch.undo() or on_its_way(signed_in, form="b", name="Bo"))
        send(signed_in)
    assert kept_names(signed_in) == [(ADD, "Bo")]


def test_what_failed_is_kept(signed_in, monkeypatch):
    on_its_way(signed_in)
    with monkeypatch.context() as patch:
        patch.setattr("django.contrib.admin.ModelAdmin.save_model", lambda *args: 1 / 0)
        signed_in.raise_request_exception = False
        assert send(signed_in).status_code == 500
    assert "Go on with it" in text(signed_in.get("/admin/"))


def test_what_is_kept_can_be_left(signed_in):
    on_its_way(signed_in)
    page = text(signed_in.get("/account/go-on/"))
    assert 'formaction="/account/on-its-way/?to=%2Fadmin%2Fauth%2Fgroup%2Fadd%2F"' in page
    on_its_way(signed_in, form="b", name="Bo")
    assert on_its_way(signed_in, form="")["Location"] == "/account/go-on/"
    assert kept_names(signed_in) == [(ADD, "Bo")]
    on_its_way(signed_in, form="", name="Bo")
    assert signed_in.get("/account/go-on/")["Location"] == "/admin/"


def test_what_is_kept_of_a_selection_leads_to_its_list(signed_in):
    on_its_way(signed_in, to="/admin/organization/employee/bulk/delete/")
    [sent] = signed_in.get("/account/go-on/").context["kept"]
    assert (sent.url, sent.look) == (
        "/admin/organization/employee/bulk/delete/",
        "/admin/organization/employee/",
    )


def test_days_and_numbers_of_what_is_kept_are_in_the_format_of_the_person(signed_in):
    typed = {"hire_date": "2024-04-03", "fte": "0.50", "end_date": "2024-04-99", "status": "on_leave"}
    on_its_way(signed_in, to="/admin/organization/employee/add/", **typed)
    [sent] = signed_in.get("/account/go-on/", headers={"Accept-Language": "de"}).context["kept"]
    said = ["Ada", "3. April 2024", "0,5", "2024-04-99", "Beurlaubt"]
    assert [value for _label, value in sent.typed] == said


def test_what_the_panel_itself_keeps_says_what_it_is(cleared):
    send(cleared, **{"bo-heading": "Delete Friends?", "bo-button": "Delete it"})
    sign_in(cleared)
    [sent] = cleared.get("/account/go-on/").context["kept"]
    assert (sent.heading, sent.button) == ("Delete Friends?", "Delete it")
    assert not any(name.startswith("bo-") for name, _value in sent.fields)


ABOUT = {"bo-heading": "Add <group>", "bo-button": "Save", "bo-label": "Name", "bo-value": "A" * 300}


def test_what_is_kept_says_what_it_is_about(signed_in):
    on_its_way(signed_in, **ABOUT)
    page = text(signed_in.get("/account/go-on/"))
    assert "<h2>Add &lt;group&gt;</h2>" in page
    assert f'<dt>Name</dt><dd class="bo-typed">{"A" * 199}…</dd>' in page
    assert '<button type="submit" class="bo-primary">Save</button>' in page
    assert 'name="bo-' not in page
    on_its_way(signed_in, form="of the page that offers it")
    assert "<h2>Add &lt;group&gt;</h2>" in text(signed_in.get("/account/go-on/"))  # lost once more


@pytest.mark.parametrize("is_told", [False, True], ids=["of the model", "of the page that was sent from"])
def test_what_is_kept_without_its_page_says_what_it_is_about(signed_in, clock, is_told):
    group = Group.objects.create(name="Friends")
    path = f"/admin/auth/group/{group.pk}/change/"
    if is_told:
        on_its_way(signed_in, to=path, **ABOUT)
    clock(HOUR)
    signed_in.post(path, {"name": "Ada", "permissions": "1", "bo-form": "a"})
    sign_in(signed_in)
    [sent] = signed_in.get("/account/go-on/").context["kept"]
    if is_told:
        assert (sent.heading, sent.button, sent.typed) == ("Add <group>", "Save", [("Name", "A" * 199 + "…")])
    else:
        assert (sent.heading, sent.button, sent.typed) == ("Group: Friends", "", [("Name", "Ada")])


def test_what_one_account_typed_is_not_sent_by_another(hr, clerk):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(hr)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(strict.get(ADD)))[1]
    strict.force_login(clerk)
    del strict.cookies["csrftoken"]  # as signing in gives another one
    strict.get("/admin/")
    page = strict.post(
        ADD, {"name": "Ada", "csrfmiddlewaretoken": token}, headers={"Origin": "http://testserver"}
    )
    assert "is not sent as <strong>clerk</strong>" in text(page)
    assert '<dt>Name</dt><dd class="bo-typed">Ada</dd>' in text(page)
    assert "Send it again" not in text(page)
    assert "Go on with it" not in text(strict.get("/admin/"))
    strict.force_login(hr)
    assert kept_names(strict) == [(ADD, "Ada")]


def test_nothing_is_kept_for_another_site_or_for_nobody(signed_in, clock):
    assert on_its_way(signed_in, to="//elsewhere.example/").status_code == 400
    clock(HOUR)
    for _ in range(2):  # at the end of the session, and after it
        assert on_its_way(signed_in)["Location"].startswith("/account/login/?next=/account/on-its-way/")
    assert "kept" not in signed_in.cookies


def test_nobody_else_sees_what_was_kept_and_its_owner_does_after_them(signed_in, clock, clerk):
    clock(HOUR)
    send(signed_in)
    cookie = signed_in.cookies["kept"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * HOUR)
    sign_in(signed_in, "clerk")
    assert signed_in.get("/account/go-on/")["Location"] == "/admin/"
    send(signed_in)
    signed_in.post("/account/logout/")
    sign_in(signed_in)
    assert "Go on with it" in text(signed_in.get(ADD))
    signed_in.post("/account/logout/")
    clock(12 * HOUR + MINUTE)
    sign_in(signed_in)
    assert "Go on with it" not in text(signed_in.get(ADD))


def test_what_a_foreign_page_sends_is_not_kept(hr, clock):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(hr)
    clock(HOUR)
    assert send(strict).status_code == 403
    assert "kept" not in strict.cookies


def test_somebody_who_is_deactivated_is_out_at_once_and_that_session_for_good(
    signed_in, hr, django_user_model
):
    for is_active in (False, True):
        django_user_model.objects.filter(pk=hr.pk).update(is_active=is_active)
        assert not is_in(signed_in)


def test_the_sessions_of_somebody_who_is_deactivated_in_the_panel_are_gone(signed_in, hr):
    key = signed_in.session.session_key
    hr.is_active = False
    hr.save()
    assert not signed_in.session.exists(key)


def test_a_session_of_accounts_closed_as_a_set_does_not_come_back_with_them(signed_in, hr, django_user_model):
    key, accounts = signed_in.session.session_key, django_user_model.objects.filter(pk=hr.pk)
    accounts.update(is_active=False)
    assert not signed_in.session.exists(key)
    accounts.update(is_active=True)  # and nothing was asked for in between
    assert not is_in(signed_in)


def test_a_session_goes_on_where_other_facts_of_accounts_change(signed_in, hr, django_user_model):
    django_user_model.objects.update(first_name="Nora", is_active=True)
    assert is_in(signed_in)


def test_rights_that_are_taken_are_gone_at_once(signed_in, hr, django_user_model):
    django_user_model.objects.filter(pk=hr.pk).update(is_superuser=False, is_staff=True)
    assert signed_in.get("/admin/library/book/").status_code == 403
