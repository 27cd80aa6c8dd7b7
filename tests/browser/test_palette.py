"""The command palette and the sheet of keys, by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from organization.models import Department, Employee
from tests.browser.conftest import SCREENS


@pytest.fixture
def alice(transactional_db):
    return Employee.objects.create(name="Alice Holmgren", department=Department.objects.create(name="Sales"))


def test_a_person_is_reached_from_any_page_by_typing(page, alice):
    page.goto("/admin/organization/department/")
    page.keyboard.press("Control+k")
    page.keyboard.type("holm")
    page.get_by_role("option", name="Alice Holmgren").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/employee/{alice.pk}/change/"))
    page.keyboard.press("Control+k")
    page.keyboard.type("employees")
    page.keyboard.press("Enter")  # at once: before the list answers these words
    page.wait_for_url(re.compile("/organization/employee/$"))


def test_arrows_go_through_the_offers_and_escape_leads_back(desktop, alice):
    kept = []
    desktop.goto("/admin/organization/department/")
    desktop.route("**/palette/*", lambda route: kept.append(route))
    desktop.get_by_role("button", name="Go to…").click()
    desktop.locator("#bo-palette [role=status]").get_by_text("Working on it").wait_for()
    kept.pop().continue_()
    desktop.get_by_role("option", name="Home", exact=True).wait_for()
    assert desktop.locator("#bo-palette [role=status]").inner_text() == ""
    desktop.keyboard.press("ArrowDown")
    chosen = desktop.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    assert desktop.locator("#bo-palette-words").get_attribute(
        "aria-activedescendant"
    ) == chosen.get_attribute("id")
    desktop.keyboard.press("Escape")
    assert desktop.evaluate("document.activeElement.id") == "bo-palette-button"


def test_keys_of_one_sign_open_it_and_explain_until_they_are_switched_off(desktop, alice):
    desktop.goto("/admin/organization/employee/")
    desktop.keyboard.press("/")
    assert desktop.evaluate("document.activeElement.id") == "bo-palette-words"
    desktop.keyboard.type("dark")
    desktop.keyboard.press("Enter")
    desktop.locator("html[data-bs-theme=dark]").wait_for()
    expect(desktop.locator("#bo-palette")).to_be_hidden()
    assert desktop.evaluate(
        """getComputedStyle(document.getElementById('bo-palette-words'), '::placeholder').color
           === getComputedStyle(document.querySelector('.bo-palette .bo-quiet')).color"""
    )
    desktop.set_viewport_size({"width": 844, "height": 390})
    desktop.get_by_role("checkbox", name="Select Alice Holmgren").focus()
    desktop.keyboard.press("?")
    assert desktop.locator("#bo-keys").evaluate("sheet => sheet.scrollTop") == 0
    desktop.get_by_label("Use single-key shortcuts").uncheck()
    desktop.keyboard.press("Escape")
    desktop.keyboard.press("?")
    expect(desktop.locator("#bo-keys")).to_be_hidden()


def switched_off(page):
    page.goto("/admin/organization/employee/")
    page.context.add_cookies([{"name": "bo-single-keys", "value": "off", "url": page.url}])
    page.reload()
    page.keyboard.press("?")
    expect(page.locator("#bo-keys")).to_be_hidden()


def test_the_account_s_menu_opens_the_sheet_of_keys_where_they_are_switched_on_again(page, alice):
    switched_off(page)
    page.locator("#user-tools summary").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use single-key shortcuts").check()
    page.get_by_role("button", name="Close", exact=True).click()
    assert page.evaluate("document.activeElement.matches('#user-tools > summary')")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#bo-palette")).to_be_visible()


def test_the_palette_opens_the_sheet_of_keys(page, alice):
    switched_off(page)
    page.get_by_role("button", name="Go to…").click()
    page.keyboard.type("shortc")
    page.get_by_role("option", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.locator("#bo-palette")).to_be_hidden()
    page.get_by_label("Use single-key shortcuts").check()


def test_without_a_script_nothing_is_offered_that_needs_one(open_page, hr, alice):
    page = open_page("desktop", user=hr, java_script_enabled=False)
    page.goto(f"/admin/organization/employee/{alice.pk}/change/")
    page.locator("#user-tools summary").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    for pressed in ("Keyboard shortcuts", "Menu", "Colors: as the system"):
        expect(page.get_by_role("button", name=pressed)).to_be_hidden()
    expect(page.get_by_role("link", name="Add another department")).to_be_hidden()
    expect(page.get_by_label("Department")).to_be_visible()
    expect(page.get_by_label("Manager")).to_be_hidden()  # she has none, and none can be looked up
    expect(page.locator("#id_department + noscript")).to_be_visible()
    assert page.locator("#id_department + noscript").text_content() == "Choosing here needs JavaScript."
    page.set_viewport_size(SCREENS["phone"])
    page.locator("noscript a").click()
    expect(page.locator("#nav-sidebar").get_by_role("link", name="Home")).to_be_in_viewport()
