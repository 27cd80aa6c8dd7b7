"""Single sign-on, with a provider that is made up here."""

import time
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User

from backoffice.access.single_sign_on import SocialAdapter
from backoffice.models import Operation
from tests.access.sign_in.conftest import PASSWORD, SECRET, text

PROVIDER = "https://id.example.com"
LOGIN, CALLBACK = "/account/sso/sso/", "/account/sso/sso/callback/"


class Answer:
    status_code, content = 200, b""
    headers = {"content-type": "application/json"}

    def __init__(self, data):
        self.data = data

    def json(self):
        return self.data

    def raise_for_status(self):
        pass


class Provider:
    """What the panel asks the provider behind the scenes."""

    def __init__(self):
        self.claims = {"sub": "17", "email": "Clerk@example.com", "email_verified": True}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def get(self, url, **kwargs):
        if url.endswith("/.well-known/openid-configuration"):
            ends = {
                name: f"{PROVIDER}/{name}" for name in ("token_endpoint", "userinfo_endpoint", "jwks_uri")
            }
            return Answer({"issuer": PROVIDER, "authorization_endpoint": f"{PROVIDER}/authorize", **ends})
        return Answer(self.claims)

    def request(self, method, url, **kwargs):
        token = {"iss": PROVIDER, "aud": "panel", "exp": time.time() + 60, "iat": time.time(), **self.claims}
        return Answer({"access_token": "a", "id_token": jwt.encode(token, "k" * 32, "HS256")})


@pytest.fixture
def provider(settings, monkeypatch, clerk):
    app = {"provider_id": "sso", "name": "Acme", "client_id": "panel", "secret": "s"}
    own = {"server_url": PROVIDER, "oauth_pkce_enabled": True}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [{**app, "settings": own}]}}
    settings.OIDC_URL, settings.OIDC_NAME = PROVIDER, "Acme"
    provider = Provider()
    monkeypatch.setattr(SocialAdapter, "get_requests_session", lambda self: provider)
    return provider


def come(client, **query):
    """From the button on the sign-in page to the provider and back."""
    start = client.get(LOGIN, {"process": "login", "next": "/admin/", **query})
    asked = parse_qs(urlsplit(start["Location"]).query)
    assert start["Location"].startswith(f"{PROVIDER}/authorize?")
    return client.get(CALLBACK, {"code": "c", "state": asked["state"][0]}, follow=True)


def link_of(page):
    """Where "Sign in with Acme again" of the page leads to."""
    return unescape(
        text(page).partition("Sign in with Acme again</a>")[0].rpartition('href="')[2].rstrip('">')
    )


def who(client):
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).username if key else None


def test_the_sign_in_page_offers_it(client, provider):
    page = text(client.get("/account/login/?next=/admin/library/book/"))
    assert "Sign in with Acme" in page
    assert "next=%2Fadmin%2Flibrary%2Fbook%2F" in page


def test_the_provider_is_asked_with_a_proof_that_only_this_browser_can_redeem(client, provider):
    asked = parse_qs(urlsplit(client.get(LOGIN)["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]


def test_a_link_does_not_say_what_the_provider_is_asked(client, provider):
    evil = {"redirect_uri": "https://evil.example", "client_id": "x", "state": "abc", "prompt": "none"}
    for way in (client.get, client.post):
        start = way(f"{LOGIN}?{urlencode({'auth_params': urlencode(evil), 'scope': 'files'})}")
        asked = parse_qs(urlsplit(start["Location"]).query)
        assert (asked["redirect_uri"], asked["client_id"]) == ([f"http://testserver{CALLBACK}"], ["panel"])
        assert asked["state"] != ["abc"]
        assert "files" not in asked["scope"][0]
        assert "prompt" not in asked


@pytest.mark.parametrize("asked", ["openid-configuration", "token_endpoint", "userinfo_endpoint"])
def test_a_provider_that_does_not_answer_leads_back_to_other_ways(client, provider, monkeypatch, asked):
    """Before the way there, or behind the scenes on the way back."""
    start = client.get(LOGIN, {"process": "login"})
    state = parse_qs(urlsplit(start["Location"]).query)["state"][0]

    def refuse(answer):
        def ask(*args, **kwargs):
            if args[-1].endswith(asked):
                raise requests.ConnectionError("nobody listens")
            return answer(*args, **kwargs)

        return ask

    for way in ("get", "request"):
        monkeypatch.setattr(provider, way, refuse(getattr(provider, way)))
    back = client.get(CALLBACK, {"code": "c", "state": state}, follow=True)
    assert back.redirect_chain == [("/account/login/", 302)]
    assert "Acme cannot be reached now. Sign in with your user name and password" in text(back)
    expected = "/account/login/" if asked == "openid-configuration" else f"{PROVIDER}/authorize"
    assert client.post(LOGIN)["Location"].startswith(expected)


@pytest.mark.parametrize(
    ("error", "path", "said"),
    [
        ("server_error", "/account/login/", "Acme cannot be reached now"),
        ("temporarily_unavailable", "/account/login/", "Acme cannot be reached now"),
        ("access_denied", "/account/sso/cancelled/", "Not signed in"),
        ("login_required", "/account/login/", "signed nobody in who has an account here"),
    ],
)
def test_what_the_provider_answers_instead_is_told(client, provider, error, path, said):
    start = client.get(LOGIN, {"process": "login"})
    state = parse_qs(urlsplit(start["Location"]).query)["state"][0]
    back = client.get(CALLBACK, {"error": error, "state": state}, follow=True)
    assert (back.redirect_chain, said in text(back)) == ([(path, 302)], True)


def test_a_provider_that_does_not_say_where_to_go_is_no_error_of_ours(client, provider, monkeypatch):
    monkeypatch.setattr(provider, "get", lambda *args, **kwargs: Answer({}))
    assert client.post(LOGIN)["Location"] == "/account/login/"


def test_a_provider_that_gives_no_token_is_no_lack_of_an_account(client, provider, monkeypatch, caplog):
    answer = Answer({"error": "server_error", "error_description": "'anna@example.com' is not assigned"})
    monkeypatch.setattr(provider, "request", lambda *args, **kwargs: answer)
    assert "Acme cannot be reached now" in text(come(client))
    assert "OAuth2Error" in caplog.text
    assert "anna" not in caplog.text


TOKEN = {"access_token": "a"}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("token_endpoint", {**TOKEN, "expires_in": "soon"}),
        ("token_endpoint", {**TOKEN, "expires_in": [60]}),
        ("token_endpoint", {**TOKEN, "expires_in": 1e300}),
        ("token_endpoint", {**TOKEN, "expires_in": 10**15}),
        ("token_endpoint", {**TOKEN, "id_token": 17}),
        ("token_endpoint", {**TOKEN, "id_token": "a.b.c"}),
        ("token_endpoint", {"access_token": None}),
        ("token_endpoint", {"access_token": {}, "refresh_token": []}),
        ("token_endpoint", ["access_token"]),
        ("token_endpoint", "access_token"),
        ("token_endpoint", None),
        ("userinfo_endpoint", None),
        ("userinfo_endpoint", []),
        ("userinfo_endpoint", "nobody"),
        ("openid-configuration", None),
        ("openid-configuration", []),
        (
            "openid-configuration",
            {"token_endpoint": 1, "userinfo_endpoint": [], "authorization_endpoint": {}},
        ),
    ],
)
def test_a_provider_that_answers_nonsense_is_no_error_of_ours(client, provider, monkeypatch, asked, answer):
    start = client.get(LOGIN, {"process": "login"})
    state = parse_qs(urlsplit(start["Location"]).query)["state"][0]

    def instead(ask):
        return lambda *args, **kwargs: (
            Answer(answer) if str(args[-1]).endswith(asked) else ask(*args, **kwargs)
        )

    provider.claims["sub"] = "not linked"
    del provider.claims["email"]
    for way in ("get", "request"):
        monkeypatch.setattr(provider, way, instead(getattr(provider, way)))
    back = client.get(CALLBACK, {"code": "c", "state": state}, follow=True)
    assert (back.status_code, back.redirect_chain) == (200, [("/account/login/", 302)])
    assert client.get("/admin/").status_code == 302
    assert client.post(LOGIN).status_code == 302


def test_the_active_account_with_the_verified_address_comes_in(client, provider):
    assert come(client).redirect_chain[-1][0] == "/admin/"
    assert who(client) == "clerk"
    assert User.objects.get(username="clerk").check_password(PASSWORD)


@pytest.mark.parametrize("verified", [False, None, "true", "false"])
def test_an_address_that_is_not_verified_is_nobodys(client, provider, verified):
    provider.claims["email_verified"] = verified
    assert "signed nobody in who has an account here" in text(come(client))
    assert who(client) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "1" * 192},
        {"sub": ""},
        {"sub": None},
        {"sub": "1\0"},
        {"name": {"family": "Clerk"}},
        {"groups": ["a\0"]},
        {"zoneinfo": "\ud800"},
    ],
)
def test_what_a_provider_says_and_cannot_be_stored_signs_nobody_in(client, provider, events, claims):
    provider.claims |= claims
    assert "signed nobody in who has an account here" in text(come(client))
    assert [event["event"] for event in events] == ["authn_login_fail"]
    assert not SocialAccount.objects.exists()


def test_as_long_a_number_of_somebody_there_as_can_be_stored_is_one(client, provider):
    provider.claims["sub"] = "1" * 191
    come(client)
    assert who(client) == "clerk"


def test_a_deactivated_account_stays_out(client, provider, clerk):
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    come(client)
    assert who(client) is None


def test_a_linked_account_stays_out_once_it_is_deactivated(client, provider, clerk):
    come(client)
    client.post("/admin/logout/")
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    come(client)
    assert who(client) is None


def test_an_address_of_two_accounts_is_nobodys(client, provider):
    User.objects.create_user("other", "clerk@example.com")
    come(client)
    assert who(client) is None


@pytest.mark.parametrize("address", ["m\u0131ss@example.com", "mi\u017fs@example.com"])
def test_an_address_that_a_database_takes_for_the_same_is_somebody_elses(client, provider, settings, address):
    User.objects.create_user("miss", "miss@example.com")
    provider.claims["email"] = address
    come(client)
    assert who(client) is None
    settings.OIDC_CREATE_USERS = True
    come(client)
    assert User.objects.get(email=address).username == who(client) != "miss"


def test_an_address_that_was_given_to_somebody_else_there_does_not_inherit(client, provider):
    come(client)
    client.post("/admin/logout/")
    provider.claims["sub"] = "18"
    come(client)
    assert who(client) is None


def test_nobody_new_comes_in(client, provider):
    provider.claims["email"] = "new@example.com"
    come(client)
    assert who(client) is None
    assert not User.objects.filter(email="new@example.com").exists()


def test_somebody_new_gets_an_account_without_rights_where_that_is_set(client, provider, settings):
    settings.OIDC_CREATE_USERS = True
    provider.claims |= {"email": "new@example.com", "preferred_username": "new"}
    come(client)
    user = User.objects.get(email="new@example.com")
    assert who(client) == "new"
    written = Operation.objects.filter(details__noted__0__1=user.pk)
    assert set(written.values_list("kind", "actor", "source")) == {("add", None, settings.OIDC_NAME)}
    assert (user.is_superuser, user.get_all_permissions(), user.has_usable_password()) == (
        False,
        set(),
        False,
    )


def test_nobody_links_an_account_of_their_choice_to_theirs(client, provider, hr):
    client.force_login(hr)
    come(client, process="connect")
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("address", ["clerk@example.com", "new@example.com"])
def test_who_is_signed_in_stays_it_where_the_provider_knows_somebody_else(
    client, provider, hr, settings, address
):
    settings.OIDC_CREATE_USERS = True
    provider.claims["email"] = address
    client.force_login(hr)
    assert "Acme signed in somebody else than you. To come in as them, sign out here" in text(come(client))
    assert who(client) == "hr"
    assert not SocialAccount.objects.exists()


def test_a_second_factor_is_asked_for_here_unless_it_is_left_to_the_provider(client, provider, settings):
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    assert come(client).redirect_chain[-1][0] == "/account/factors/"
    settings.OIDC_SECOND_FACTOR = True
    assert client.get("/admin/").status_code == 200


def test_leaving_it_to_the_provider_is_no_way_for_a_password(client, provider, settings):
    settings.REQUIRE_SECOND_FACTOR, settings.OIDC_SECOND_FACTOR = "everybody", True
    client.post("/account/login/", {"login": "clerk", "password": PASSWORD})
    assert client.get("/admin/")["Location"] == "/account/factors/"


def test_an_answer_that_nobody_asked_for_signs_nobody_in(client, provider):
    client.get(CALLBACK, {"code": "c", "state": "forged"})
    assert who(client) is None


def test_without_a_provider_there_is_no_such_way(client, db):
    assert client.get(LOGIN).status_code == 404
    assert "Sign in with Acme" not in text(client.get("/account/login/"))


def test_somebody_without_a_password_is_asked_again_by_the_provider_and_finds_what_they_posted(
    client, provider, clerk, settings
):
    clerk.set_unusable_password()
    clerk.is_superuser = True
    clerk.save()
    come(client)
    settings.FRESH_SECONDS = 0
    path = "/admin/auth/user/add/"
    asked = client.post(path, {"first_name": "Zoe"})["Location"]
    assert asked == "/account/reauthenticate/sso/?next=%2Faccount%2Fgo-on%2F"
    link = link_of(client.get(asked))  # a redirect to another host would be stopped: it comes of a form
    to = parse_qs(urlsplit(client.get(link)["Location"]).query)
    assert (to["prompt"], to["max_age"]) == (["login"], ["0"])
    settings.FRESH_SECONDS = 900
    provider.claims["auth_time"] = int(time.time())
    page = client.get(CALLBACK, {"code": "c", "state": to["state"][0]}, follow=True)
    assert page.redirect_chain[-1][0] == "/account/go-on/"
    assert f'action="{path}"' in text(page)
    assert "Location" not in client.post(path, {"first_name": "Zoe"}).headers


def test_there_is_no_page_to_change_a_password_that_one_does_not_have(client, provider, clerk):
    clerk.set_unusable_password()
    clerk.save()
    come(client)
    assert client.get("/account/password/change/").status_code == 404


@pytest.mark.parametrize(("ago", "asked"), [(5, False), (3600, True), (None, True)])
def test_what_counts_is_when_the_provider_saw_who_it_is(client, provider, clerk, ago, asked):
    User.objects.filter(pk=clerk.pk).update(is_superuser=True)
    provider.claims |= {"auth_time": int(time.time()) - ago} if ago else {}
    come(client)
    page = client.post("/admin/auth/user/add/", {"first_name": "Zoe"})
    assert ("Location" in page.headers) is asked


def test_a_provider_that_does_not_say_when_is_not_believed_and_one_is_told_so(client, provider, clerk):
    come(client)
    to = client.get(link_of(client.get("/account/reauthenticate/?next=/admin/")))["Location"]
    state = parse_qs(urlsplit(to).query)["state"][0]
    page = client.get(CALLBACK, {"code": "c", "state": state}, follow=True)
    assert "Acme does not say when you signed in there: show here who you are." in text(page)


def test_whoever_comes_by_single_sign_on_alone_gets_no_password_by_mail(client, clerk, sent):
    clerk.set_unusable_password()
    clerk.save()
    client.post("/account/password/reset/", {"email": clerk.email})
    assert sent == []


@pytest.mark.parametrize(("ago", "seconds", "may"), [(None, 900, True), (None, 0, False), (3600, 900, False)])
def test_who_can_show_it_nowhere_else_sets_up_a_first_factor(
    client, provider, clerk, settings, ago, seconds, may
):
    """Right after coming in, where the provider does not say when it saw them; else they would be locked out."""
    clerk.set_unusable_password()
    clerk.save()
    provider.claims |= {"auth_time": int(time.time()) - ago} if ago else {}
    come(client)
    settings.FRESH_SECONDS = seconds
    assert (client.get("/account/factors/app/add/").status_code == 200) is may
    TOTP.activate(clerk, SECRET)
    assert client.get("/account/factors/keys/add/").status_code == 302
