"""What the sign-in writes down when it refuses: one security event, without what was typed."""

import base64
import json

import pytest
from allauth.mfa.models import Authenticator

from backoffice.access.adapters import AccountAdapter
from tests.access.sign_in.conftest import PASSWORD, sign_in
from tests.sessions import show_who_it_is

FACTORS = "/account/factors/"
SIGNED = base64.b64encode(
    b'{"type":"webauthn.get","challenge":"YQ==","origin":"https://testserver"}'
).decode()
KEY = {
    "id": "a2V5",
    "rawId": "a2V5",
    "type": "public-key",
    "response": {"clientDataJSON": SIGNED, "authenticatorData": "A" * 50, "signature": "AA"},
}
BY_CODE, BY_KEY = {"code": "000000"}, {"credential": json.dumps(KEY)}


@pytest.fixture
def key(hr, monkeypatch):
    """A key of `hr` that nobody holds."""
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda user: [])
    Authenticator.objects.create(user=hr, type="webauthn", data={"name": "Mine", "credential": {}})


def locks(events):
    return [line["event"] for line in events if line["event"].startswith("authn_login_lock")]


def test_a_closed_account_that_comes_by_a_passkey_is_a_failure(rf, hr, events):
    request = rf.post("/account/factors/keys/sign-in/")
    assert AccountAdapter(request).respond_user_inactive(request, hr)["Location"] == "/account/inactive/"
    assert (events[-1]["event"], events[-1]["reason"]) == (f"authn_login_fail:{hr.pk}", "closed")


@pytest.mark.parametrize("answer", [BY_CODE, BY_KEY])
def test_the_lock_of_the_second_factor_is_an_event(client, hr, second_factor, key, events, answer):
    sign_in(client)
    for _ in range(5):
        client.post(f"{FACTORS}authenticate/", {"code": "000000"})
    assert locks(events) == []
    client.post(f"{FACTORS}authenticate/", answer)
    assert locks(events) == [f"authn_login_lock:{hr.pk}"]


@pytest.mark.parametrize(
    ("page", "answer"),
    [
        ("reauthenticate/", {"password": "wrong"}),
        ("factors/reauthenticate/", BY_CODE),
        ("factors/keys/reauthenticate/", BY_KEY),
    ],
)
def test_the_lock_of_showing_again_who_one_is_is_an_event(
    panel, hr, second_factor, key, events, page, answer
):
    wrong = {"password": "wrong"} if "password" in answer else BY_CODE
    for _ in range(5):
        panel.post("/account/reauthenticate/" if "password" in answer else f"{FACTORS}reauthenticate/", wrong)
    assert locks(events) == []
    panel.post(f"/account/{page}", answer)
    assert locks(events) == [f"authn_login_lock:{hr.pk}"]


def test_the_lock_of_setting_up_an_app_is_an_event(panel, hr, events):
    show_who_it_is(panel).get(f"{FACTORS}app/add/")
    for _ in range(6):
        panel.post(f"{FACTORS}app/add/", {"code": "000000"})
    assert locks(events) == [f"authn_login_lock:{hr.pk}"]


def test_a_wrong_old_password_is_an_event(panel, hr, events):
    new = "quite another sentence"
    typed = {"password1": new, "password2": new}
    panel.post("/account/password/change/", {**typed, "oldpassword": "wrong"})
    assert [line["event"] for line in events] == [f"authn_password_change_fail:{hr.pk}"]
    panel.post("/account/password/change/", {**typed, "oldpassword": PASSWORD})
    assert events[1]["event"] == f"authn_password_change:{hr.pk}"
    assert "wrong" not in json.dumps(events)


def test_too_many_attempts_at_a_page_are_an_event(panel, hr, events):
    for _ in range(6):
        panel.post("/account/password/change/", {"oldpassword": "wrong"})
    assert events[-1]["event"] == f"excess_rate_limit_exceeded:{hr.pk}"


def test_wrong_old_passwords_count_as_those_by_which_one_shows_who_one_is(panel, hr, events):
    def change(old, again):
        typed = {"oldpassword": old, "password1": "quite another sentence", "password2": again}
        return panel.post("/account/password/change/", typed).content.decode()

    for _ in range(4):
        panel.post("/account/reauthenticate/", {"password": "wrong"})
    for old in (PASSWORD, PASSWORD, "wrong"):
        assert "Too many failed login attempts" not in change(old, "another")
    assert "Too many failed login attempts" in change(PASSWORD, "quite another sentence")
    assert panel.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 200
    assert locks(events) == [f"authn_login_lock:{hr.pk}"] * 2


def test_a_wrong_key_is_an_event(client, hr, second_factor, key, events):
    client.post(f"{FACTORS}keys/login/", BY_KEY)
    assert [(line["event"], line["factor"]) for line in events] == [("authn_login_fail", "webauthn")]
    for odd in ('{"id": 1}', "[" * 9_000, "null"):
        assert client.post(f"{FACTORS}keys/login/", {"credential": odd}).status_code == 302
    sign_in(client)
    client.post(f"{FACTORS}authenticate/", BY_KEY)
    assert (events[-1]["event"], events[-1]["factor"]) == (f"authn_login_fail:{hr.pk}", "webauthn")


def test_to_show_again_by_password_who_one_is_is_an_event_and_a_sign_in_is_no_such(client, hr, events):
    sign_in(client)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert [(line["event"], line.get("again")) for line in events] == [
        (f"authn_login_success:{hr.pk}", None),
        (f"authn_login_success:{hr.pk}", True),
    ]
