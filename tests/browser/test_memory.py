"""A browser that may keep nothing: what is on every page works, and a choice holds for the page."""

import pytest
from playwright.sync_api import expect

from organization.models import Department

DENIED = """Object.defineProperty(window, 'localStorage', {
    get() { throw new DOMException('denied', 'SecurityError'); }
})"""


@pytest.fixture
def denied(page, transactional_db):
    Department.objects.create(name="Sales")
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.add_init_script(DENIED)
    page.goto("/admin/organization/department/")
    yield page
    assert faults == []


def test_colours_change(denied):
    assert denied.locator("html").get_attribute("data-bs-theme") == "light"
    denied.locator("#bo-theme-button").click()
    denied.locator("#bo-theme-button").click()
    denied.locator("html[data-bs-theme=dark]").wait_for()


def test_the_menu_opens_and_times_get_the_zone(denied):
    button = denied.locator("#bo-menu-button")
    before = button.get_attribute("aria-expanded")
    button.press("Enter")
    assert button.get_attribute("aria-expanded") != before
    zone = denied.locator("body").get_attribute("data-zone-cookie")
    assert zone in {cookie["name"] for cookie in denied.context.cookies()}


def test_the_palette_opens_and_keys_of_one_sign_can_be_switched_off(denied):
    denied.keyboard.press("?")
    denied.get_by_label("Use single-key shortcuts").uncheck()
    denied.keyboard.press("Escape")
    denied.keyboard.press("/")
    expect(denied.locator("#bo-palette")).to_be_hidden()
    denied.keyboard.press("Control+k")
    denied.get_by_role("option", name="Home", exact=True).wait_for()


def test_a_page_after_an_error_follows_the_system(open_page, hr, settings):
    page = open_page("desktop", color_scheme="dark")
    page.add_init_script(DENIED)
    page.goto("/no-such-page/")
    page.locator("html[data-bs-theme=dark]").wait_for()
