"""Signing in as a person does, in Chromium."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from tests.access.sign_in.conftest import PASSWORD, code
from tests.library.models import Author


@pytest.fixture(autouse=True)
def demanding(settings, hr):
    cache.clear()
    settings.REQUIRE_SECOND_FACTOR = "on"


def sign_in(page):
    page.goto("/admin/")
    page.get_by_label("Username").fill("hr")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page):
    page.goto("/admin/")
    page.locator("#user-tools summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/account/login/"))


def test_an_app_is_set_up_at_the_first_sign_in_and_asked_for_at_the_next(open_page):
    page = open_page("phone")
    sign_in(page)
    page.get_by_role("link", name="Set up an app").click()
    secret = page.locator(".bo-secret").inner_text()
    page.get_by_label("Authenticator code").fill(code(secret=secret))
    page.get_by_role("button", name="Use this app").click()
    expect(page.locator(".bo-codes li")).to_have_count(10)
    sign_out(page)
    sign_in(page)
    page.get_by_label("Code").fill(code(ahead=1, secret=secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


def test_what_is_typed_stays_while_there_is_no_network(open_page):
    page = open_page("phone")
    page.goto("/admin/")
    page.get_by_label("Username").fill("hr")
    page.get_by_label("Password").fill(PASSWORD)
    page.context.set_offline(True)
    button = page.get_by_role("button", name="Sign in", exact=True)
    button.click()
    page.get_by_role("alert").get_by_text("The panel cannot be reached").wait_for()
    assert page.get_by_label("Username").input_value() == "hr"
    page.context.set_offline(False)
    button.click()
    page.get_by_role("link", name="Set up an app").wait_for()


def test_a_passkey_signs_in_without_a_password(open_page):
    page = open_page("desktop")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    able = dict.fromkeys(
        ("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation"), True
    )
    device = {"protocol": "ctap2", "transport": "internal", **able}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    sign_in(page)
    page.get_by_role("link", name="Add a key").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add the key").click()
    expect(page).to_have_url(re.compile("/account/factors/codes/"))
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    sign_out(page)
    sign_in(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


def test_a_session_that_ends_takes_nothing_along_that_is_typed(open_page, hr, settings):
    settings.REQUIRE_SECOND_FACTOR = "off"
    settings.SESSION_IDLE_SECONDS = 4
    page = open_page("desktop", user=hr)
    page.goto("/admin/library/author/add/")
    notice = page.get_by_role("region", name="Your session")
    expect(notice).to_contain_text("You will be signed out in 10 seconds")
    page.get_by_label("Name:").fill("Ada")
    expect(page.get_by_label("Name:")).to_be_focused()
    expect(notice).to_contain_text("You are signed out.")
    settings.SESSION_IDLE_SECONDS = 1800
    with page.context.expect_page() as opened:
        notice.get_by_role("link", name="Sign in again").click()
    sign_in(opened.value)
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Home")
    expect(notice).to_be_hidden()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Ada")
    assert Author.objects.get().name == "Ada"


def test_a_form_that_is_open_outlives_a_new_sign_in_and_so_do_choices(open_page, hr, settings):
    settings.REQUIRE_SECOND_FACTOR = "off"
    page = open_page("desktop", user=hr)
    page.goto("/admin/library/author/add/")
    page.get_by_label("Name:").fill("Bea")
    other = page.context.new_page()
    other.goto("/admin/")
    other.locator("#bo-theme-button").click()  # light
    other.locator("#bo-theme-button").click()
    other.locator("html[data-bs-theme=dark]").wait_for()
    token = page.locator("main [name=csrfmiddlewaretoken]").first
    before = token.input_value()
    sign_out(other)
    sign_in(other)
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    expect(token).not_to_have_value(before)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Bea")
