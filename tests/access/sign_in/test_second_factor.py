"""What is asked for beside the password."""

import json
import re
import smtplib

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver

from backoffice.access import adapters
from backoffice.access.sealing import seal, unseal
from backoffice.models import Operation
from tests.access.sign_in.conftest import SECRET, code, recovery_code, sign_in, text

FACTORS = "/account/factors/"
OWN = ("mfa_", "usersessions", "account_reauth", "account_change", "backoffice_")  # names of URLs


def logged():
    """What the log says that was done to second factors."""
    lines = Operation.objects.order_by("pk").values_list("details__noted", flat=True)
    facts = [facts for noted in lines for _label, _key, _action, facts in noted]
    return [(deed, fact[1]) for each in facts for deed, fact in each.items() if "second factors" in fact]


def test_whoever_can_change_data_sets_one_up_before_anything_else(client, hr, demanding):
    sign_in(client)
    page = client.get("/admin/library/book/", follow=True)
    assert page.redirect_chain == [(FACTORS, 302)]
    assert "Set up a second factor to go on" in text(page)


def test_every_page_of_the_panel_asks_for_it(panel, demanding):
    patterns = site.get_urls()
    plain = [
        f"/admin/{pattern.pattern}" for pattern in patterns if re.fullmatch(r"[\w/-]*", str(pattern.pattern))
    ]
    for path in {*plain, "/admin/library/book/add/", "/admin/auth/user/1/password/", "/admin/nowhere/"}:
        if path not in ("/admin/login/", "/admin/logout/"):
            assert panel.get(path).headers.get("Location") == FACTORS, path
            assert panel.post(path).headers.get("Location") == FACTORS, path


def test_whoever_only_looks_needs_none(client, clerk, demanding):
    clerk.user_permissions.add(Permission.objects.get(codename="view_book"))
    sign_in(client, "clerk")
    assert client.get("/admin/library/book/").status_code == 200
    clerk.user_permissions.add(Permission.objects.get(codename="change_book"))
    assert client.get("/admin/library/book/")["Location"] == FACTORS


def test_everybody_needs_one_where_that_is_set(client, clerk, settings):
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    sign_in(client, "clerk")
    assert client.get("/admin/")["Location"] == FACTORS


def test_an_app_is_set_up_in_two_steps_and_the_codes_are_shown(client, hr, demanding):
    sign_in(client)
    secret = re.search(r'bo-secret">(\w+)<', text(client.get(f"{FACTORS}app/add/")))[1]
    page = client.post(f"{FACTORS}app/add/", {"code": code(secret=secret)}, follow=True)
    assert page.redirect_chain == [(f"{FACTORS}codes/", 302)]
    assert len(re.findall(r"<code>\d{8}</code>", text(page))) == 10
    assert {line.actor for line in Operation.objects.all()[:2]} == {hr}
    assert logged() == [("added", ["TOTP Authenticator"]), ("added", ["Recovery codes"])]
    assert client.get("/admin/").status_code == 200


def test_the_password_alone_signs_nobody_in_who_has_one(client, hr, second_factor):
    assert sign_in(client)["Location"] == f"{FACTORS}authenticate/"
    assert client.get("/admin/").status_code == 302


def test_a_code_signs_in_once(hr, second_factor):
    now = code()
    for expected in (302, 200):
        client = Client()
        sign_in(client)
        assert client.post(f"{FACTORS}authenticate/", {"code": now}).status_code == expected


def test_a_code_is_not_good_again_within_the_tolerance_of_clocks(client, hr, second_factor, monkeypatch):
    sign_in(client)
    early = code(ahead=1)
    assert client.post(f"{FACTORS}authenticate/", {"code": early}).status_code == 302
    other = Client()
    sign_in(other)
    monkeypatch.setattr(TOTP, "_mark_code_used", lambda *args: True)  # allauth forgets it after one period
    assert "Incorrect code" in text(other.post(f"{FACTORS}authenticate/", {"code": early}))


def test_the_code_that_set_an_app_up_does_not_sign_in(client, hr):
    sign_in(client)
    secret = re.search(r'bo-secret">(\w+)<', text(client.get(f"{FACTORS}app/add/")))[1]
    used = code(secret=secret)
    client.post(f"{FACTORS}app/add/", {"code": used})
    other = Client()
    sign_in(other)
    assert "Incorrect code" in text(other.post(f"{FACTORS}authenticate/", {"code": used}))


def test_a_recovery_code_signs_in_once(hr, second_factor):
    once = recovery_code(hr)
    for expected in (302, 200):
        client = Client()
        sign_in(client)
        assert client.post(f"{FACTORS}authenticate/", {"code": once}).status_code == expected


def test_after_five_wrong_codes_the_right_one_is_refused(client, hr, second_factor):
    sign_in(client)
    for _ in range(5):
        client.post(f"{FACTORS}authenticate/", {"code": "000000"})
    page = client.post(f"{FACTORS}authenticate/", {"code": code()})
    assert "Too many failed login attempts" in text(page)


def test_the_last_one_stays_where_it_is_demanded(client, hr, second_factor, demanding):
    sign_in(client)
    client.post(f"{FACTORS}authenticate/", {"code": code()})
    assert "this is the only one" in text(client.post(f"{FACTORS}app/remove/"))
    assert Authenticator.objects.filter(user=hr, type="totp").exists()


def test_the_last_one_stays_where_it_is_a_key_as_well(client, hr, demanding):
    RecoveryCodes.activate(hr)
    key = Authenticator.objects.create(user=hr, type="webauthn", data={"name": "Mine", "credential": {}})
    sign_in(client)
    client.post(f"{FACTORS}authenticate/", {"code": recovery_code(hr)})
    remove = f"{FACTORS}keys/{key.pk}/remove/"
    assert "this is the only one" in text(client.post(remove, follow=True))
    assert Authenticator.objects.filter(pk=key.pk).exists()
    other = Authenticator.objects.create(user=hr, type="webauthn", data={"name": "Other", "credential": {}})
    client.post(remove)
    assert list(Authenticator.objects.filter(user=hr, type="webauthn")) == [other]


def test_sessions_that_began_without_it_end_when_it_is_set_up(client, hr, django_capture_on_commit_callbacks):
    other = Client()
    sign_in(other), sign_in(client)
    secret = re.search(r'bo-secret">(\w+)<', text(client.get(f"{FACTORS}app/add/")))[1]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{FACTORS}app/add/", {"code": code(secret=secret)})
    assert other.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_neither_secret_nor_codes_stand_in_the_database(client, hr, second_factor):
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in stored
    assert stored.count('"sealed:') == 2


def test_a_secret_that_is_not_confirmed_yet_is_sealed_in_the_session(client, hr):
    sign_in(client)
    secret = re.search(r'bo-secret">(\w+)<', text(client.get(f"{FACTORS}app/add/")))[1]
    assert secret not in str(Session.objects.get().get_decoded())


def test_a_new_key_opens_what_the_old_one_sealed(settings):
    old, new = "the old key of forty characters or more!", "the new key of forty characters or more!"
    settings.MFA_ENCRYPTION_KEYS = [old]
    sealed = seal("secret")
    settings.MFA_ENCRYPTION_KEYS = [new, old]
    assert unseal(sealed) == "secret"
    settings.MFA_ENCRYPTION_KEYS = [new]
    with pytest.raises(ImproperlyConfigured, match="Put the key that it was sealed with behind the new one"):
        unseal(sealed)


def test_what_is_not_sealed_counts_for_nothing():
    with pytest.raises(ImproperlyConfigured, match="was not sealed by this site"):
        unseal(SECRET)


def test_resealing_makes_the_old_key_needless(client, hr, second_factor, settings, capsys):
    new = "the new key of forty characters or more!"
    settings.MFA_ENCRYPTION_KEYS = [new, *settings.MFA_ENCRYPTION_KEYS]
    call_command("reseal_second_factors")
    settings.MFA_ENCRYPTION_KEYS = [new]
    assert capsys.readouterr().out == "Encrypted 2 second factors with the first MFA_ENCRYPTION_KEY.\n"
    sign_in(client)
    assert client.post(f"{FACTORS}authenticate/", {"code": code()}).status_code == 302


def test_a_command_takes_a_lost_factor_away_and_ends_the_sessions(
    client, hr, second_factor, demanding, capsys
):
    sign_in(client)
    client.post(f"{FACTORS}authenticate/", {"code": code()})
    call_command("reset_second_factor", "hr")
    said = "Removed the second factors of hr (1). A new one is set up at the next sign-in.\n"
    assert capsys.readouterr().out == said
    assert {deed for deed, _fact in logged()[-2:]} == {"removed"}
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    sign_in(client)
    assert client.get("/admin/")["Location"] == FACTORS


def test_who_need_not_have_a_factor_is_asked_for_none_after_the_command(hr, second_factor, capsys):
    call_command("reset_second_factor", "hr")
    assert "They are asked for none" in capsys.readouterr().out


def test_a_command_lets_somebody_try_again_who_failed_too_often(client, hr, second_factor, capsys):
    for _ in range(5):
        sign_in(client, password="wrong")
    call_command("unlock", "hr")
    assert capsys.readouterr().out == "hr can try again.\n"
    assert sign_in(client)["Location"] == f"{FACTORS}authenticate/"


def test_a_command_for_nobody_says_so(db):
    with pytest.raises(CommandError, match="There is no user “nobody”"):
        call_command("unlock", "nobody")


def test_all_pages_of_factors_want_somebody_who_is_signed_in(client, db):
    for name in get_resolver().reverse_dict:
        if isinstance(name, str) and name.startswith(OWN):
            path = "/" + get_resolver().reverse_dict.getlist(name)[0][0][0][0].replace("%(pk)s", "1")
            assert client.get(path).status_code in (302, 200), path
            if client.get(path).status_code == 200:
                # A challenge, and that no session is there.
                assert name in ("mfa_login_webauthn", "backoffice_session")


@pytest.mark.parametrize(
    "refusal",
    [
        smtplib.SMTPRecipientsRefused({"ursula@example.com": (550, b"no <ursula@example.com> here")}),
        smtplib.SMTPDataError(550, b"no <ursula@example.com> here"),
    ],
)
def test_a_mail_that_is_refused_is_in_the_log_without_its_address(monkeypatch, caplog, refusal):
    def refuse(message):
        raise refusal

    monkeypatch.setattr(EmailMessage, "send", refuse)
    adapters._send(EmailMessage("Hello", to=["ursula@example.com"]))
    assert [record.getMessage() for record in caplog.records] == [
        "A mail could not be sent: refused with 550"
    ]


def test_a_new_factor_is_told_by_mail(client, clerk, sent, django_capture_on_commit_callbacks):
    sign_in(client, "clerk")
    secret = re.search(r'bo-secret">(\w+)<', text(client.get(f"{FACTORS}app/add/")))[1]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{FACTORS}app/add/", {"code": code(secret=secret)})
    assert {message.subject for message in sent} >= {"HR back office: Authenticator App Activated"}
    assert {address for message in sent for address in message.to} == {"clerk@example.com"}
    assert all("Hello from HR back office!" in message.body for message in sent)
    assert all("using HR back office!\ntestserver" in message.body for message in sent)
