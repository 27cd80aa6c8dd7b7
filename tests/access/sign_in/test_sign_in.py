"""The one way in."""

import re
import time
from types import SimpleNamespace

import pytest
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

from backoffice.models import Operation
from tests.access.sign_in.conftest import PASSWORD, sign_in, text


def test_a_stranger_is_led_to_the_one_way_in_and_back(client, hr):
    assert client.get("/admin/library/book/", follow=True).redirect_chain == [
        ("/admin/login/?next=/admin/library/book/", 302),
        ("/account/login/?next=%2Fadmin%2Flibrary%2Fbook%2F", 302),
    ]
    assert sign_in(client, next="/admin/library/book/")["Location"] == "/admin/library/book/"
    assert client.get("/admin/library/book/").status_code == 200


def test_the_admins_own_login_signs_nobody_in(client, hr):
    client.post("/admin/login/", {"username": "hr", "password": PASSWORD, "next": "/admin/"})
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    "next_url", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site(client, hr, next_url):
    assert sign_in(client, next=next_url)["Location"] == "/admin/"
    assert client.get("/admin/login/", {"next": next_url})["Location"] == "/admin/"


@pytest.mark.parametrize("name", ["account_signup", "account_email", "socialaccount_connections"])
def test_there_is_no_sign_up_and_no_address_or_account_that_one_links_oneself(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(client, hr):
    hr.is_active = True
    wrong, unknown = sign_in(client, password="wrong"), sign_in(client, "nobody", "wrong")
    said = [re.findall(r'role="alert".*?<li>(.*?)</li>', text(page)) for page in (wrong, unknown)]
    assert said[0] == said[1]
    assert len(said[0]) == 1


def test_the_session_has_a_new_key_after_signing_in(client, hr):
    client.get("/account/login/")
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client)
    assert client.session.session_key != session.session_key


def test_signing_out_is_a_post_and_ends_the_session_on_the_server(client, hr):
    sign_in(client)
    key = client.session.session_key
    assert client.get("/admin/logout/").status_code == 405
    assert client.post("/admin/logout/")["Location"] == "/account/login/"
    client.cookies["sessionid"] = key
    assert client.get("/admin/").status_code == 302


def test_somebody_who_may_not_come_in_is_told_so(client, django_user_model):
    django_user_model.objects.create_user("guest", password=PASSWORD)
    sign_in(client, "guest")
    assert client.get("/admin/", follow=True).status_code == 403


def test_after_five_wrong_passwords_the_right_one_is_refused_from_there_and_from_nowhere_else(client, hr):
    for _ in range(5):
        sign_in(client, password="wrong")
    assert "Too many failed login attempts" in text(sign_in(Client()))
    assert sign_in(Client(REMOTE_ADDR="192.0.2.99"))["Location"] == "/admin/"


def test_after_many_from_all_addresses_the_account_is_open_where_it_was_before_alone(client, hr, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login_failed_anywhere": "4/h/key"}
    sign_in(client)
    client.post("/admin/logout/")
    for n in range(4):
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{n}"), password="wrong")
    elsewhere = Client(REMOTE_ADDR="192.0.2.99")
    elsewhere.cookies["familiar"] = client.cookies["familiar"].value[:-1] + "!"
    for _ in range(6):  # where nothing is tried, nothing is counted
        assert "Too many failed login attempts" in text(sign_in(elsewhere))
    assert sign_in(client)["Location"] == "/admin/"
    client.post("/admin/logout/")
    for _ in range(5):
        sign_in(client, password="wrong")
    assert "Too many failed login attempts" in text(sign_in(client))
    call_command("unlock", "hr")
    for browser in (client, elsewhere):
        assert sign_in(browser)["Location"] == "/admin/"


def test_a_browser_is_no_familiar_one_of_others(client, hr, clerk, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login_failed_anywhere": "1/h/key"}
    sign_in(client, "clerk")
    client.post("/admin/logout/")
    sign_in(client, password="wrong")
    assert "Too many failed login attempts" in text(sign_in(client))


def test_the_limit_of_an_account_is_the_same_under_another_name_of_the_site(client, hr):
    for _ in range(5):
        sign_in(client, password="wrong")
    page = client.post("/account/login/", {"login": "hr", "password": PASSWORD}, HTTP_HOST="localhost")
    assert "Too many failed login attempts" in text(page)


def test_after_twenty_failures_an_address_is_refused_for_every_name(client, hr):
    for n in range(20):
        sign_in(client, f"nobody{n}", "wrong")
    assert "Too many failed login attempts" in text(sign_in(client))
    assert sign_in(Client(REMOTE_ADDR="192.0.2.1"))["Location"] == "/admin/"


def test_an_address_that_a_client_makes_up_opens_no_further_attempts(client, hr, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(20):
        forwarded = f"198.51.100.{n}, 192.0.2.1"  # the proxy adds the last one
        client.post("/account/login/", {"login": f"n{n}", "password": "x"}, HTTP_X_FORWARDED_FOR=forwarded)
    page = client.post(
        "/account/login/",
        {"login": "hr", "password": PASSWORD},
        HTTP_X_FORWARDED_FOR="203.0.113.1, 192.0.2.1",
    )
    assert "Too many failed login attempts" in text(page)


def test_a_reset_is_answered_alike_for_known_and_unknown_addresses(client, clerk):
    known = client.post("/account/password/reset/", {"email": "clerk@example.com"}, follow=True)
    unknown = client.post("/account/password/reset/", {"email": "nobody@example.com"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    known_page, unknown_page = (re.sub(r'nonce="[^"]*"', "", text(page)) for page in (known, unknown))
    assert known_page == unknown_page


def test_a_new_password_by_mail_is_no_sign_in(client, clerk, sent):
    client.post("/account/password/reset/", {"email": "clerk@example.com"})
    (message,) = sent
    assert message.subject == "HR back office: Password Reset Email"
    link = re.search(r"https?://testserver(/account/password/reset/key/\S+)", message.body)[1]
    page = client.get(link, follow=True)
    new = {"password1": "quite another sentence", "password2": "quite another sentence"}
    client.post(page.redirect_chain[-1][0], new)
    assert client.get("/admin/").status_code == 302
    assert (Operation.objects.first().actor, Operation.objects.first().source) == (clerk, "")
    assert sign_in(client, "clerk", "quite another sentence")["Location"] == "/admin/"


def test_a_changed_password_is_told_by_mail_and_ends_the_other_sessions(client, clerk, sent, events):
    other = Client()
    sign_in(client, "clerk"), sign_in(other, "clerk")
    events.clear()
    new = "quite another sentence"
    page = client.post(
        "/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert page.status_code == 302
    [ended] = [line for line in events if line["event"].startswith("session_expired")]
    assert (ended["account"], ended["reason"], ended["number"]) == (clerk.pk, "password", 1)
    assert (Operation.objects.first().actor, Operation.objects.first().source) == (clerk, "")
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    assert [(message.to, message.subject) for message in sent] == [
        (["clerk@example.com"], "HR back office: Password Changed")
    ]


def test_one_sees_and_ends_ones_other_sessions(client, clerk, events):
    other = Client(headers={"user-agent": "Lynx"})
    sign_in(client, "clerk"), sign_in(other, "clerk")
    assert "Lynx" in text(client.get("/account/sessions/"))
    events.clear()
    client.post("/account/sessions/")
    assert [(line["event"], line["account"], line["reason"], line["number"]) for line in events] == [
        (f"session_expired:{clerk.pk}", clerk.pk, "ended", 1)
    ]
    assert other.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("asked", [{"REMOTE_ADDR": ""}, {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}])
def test_one_comes_in_through_a_socket_and_past_a_proxy(hr, settings, asked):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert sign_in(Client(**asked))["Location"] == "/admin/"


@pytest.mark.parametrize(("held", "status"), [(5, 302), (30, 429)])
def test_who_signs_in_waits_for_others_of_the_same_address(client, hr, monkeypatch, held, status):
    """The lock on what is counted for the address is another's for so many seconds."""
    add, passed = cache.add, [0.0]

    def sleep(seconds):
        passed[0] += seconds

    def taken(key, *args, **kwargs):
        return not (key.endswith(":lock") and passed[0] < held) and add(key, *args, **kwargs)

    monkeypatch.setattr(type(cache._connections[cache._alias]), "add", staticmethod(taken))
    monkeypatch.setattr(
        ratelimit, "time", SimpleNamespace(monotonic=lambda: passed[0], sleep=sleep, time=time.time)
    )
    assert sign_in(client).status_code == status
