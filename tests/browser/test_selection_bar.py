"""The bar over a list: how many rows are selected, all that match, clear; by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREENS
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/library/book/"


@pytest.fixture
def page(open_page, hr):
    author = Author.objects.create(name="Ana")
    Book.objects.bulk_create(Book(title=f"Book {n:03}", author=author) for n in range(1234))
    page = open_page("desktop", user=hr)
    page.goto(LIST)
    return page


def boxes(page):
    return page.locator("input.action-select")


def count(page):
    return page.locator(".bo-selection-count").inner_text()


def test_nothing_is_shown_while_nothing_is_selected(page):
    expect(page.locator(".bo-selection")).to_be_hidden()
    table = page.locator("#result_list").bounding_box()
    boxes(page).first.click()
    assert count(page) == "1 selected"
    assert page.locator("#result_list").bounding_box() == table  # no row moves under the pointer
    boxes(page).first.click()
    expect(page.locator(".bo-selection")).to_be_hidden()


def test_who_comes_back_finds_no_other_rows_ticked_and_no_filter_that_is_not_on(page):
    boxes(page).nth(1).click()
    page.locator("[name=q]").fill("Typed")
    page.goto("/admin/")
    Book.objects.create(title="Book", author=Author.objects.get())
    page.go_back()
    page.wait_for_load_state("load")
    expect(page.locator(".bo-selection")).to_be_hidden()
    assert not any(box.is_checked() for box in boxes(page).all()[:5])
    assert page.locator("[name=q]").input_value() == ""


@pytest.mark.parametrize(("screen", "keys"), [("desktop", "Shift+Tab"), ("phone", "Tab")])
def test_the_row_that_has_the_focus_is_not_under_the_bar(page, screen, keys):
    page.emulate_media(reduced_motion="reduce")  # nothing glides
    page.set_viewport_size(SCREENS[screen])
    boxes(page).nth(25).click()
    for _row in range(20):
        page.keyboard.press(keys)
    page.wait_for_timeout(100)
    focused = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    bar = page.locator(".bo-selection").bounding_box()
    assert 0 <= focused["top"] < focused["bottom"] <= SCREENS[screen]["height"]
    assert focused["top"] >= bar["y"] + bar["height"] or focused["bottom"] <= bar["y"]


def test_shift_takes_the_rows_between(page):
    boxes(page).nth(1).click()
    boxes(page).nth(4).click(modifiers=["Shift"])
    assert count(page) == "4 selected"


def test_ticks_are_taken_along_when_the_list_is_sorted_and_what_is_lost_is_said(page):
    page.goto(f"{LIST}?q=Book 00")
    boxes(page).nth(1).click()
    boxes(page).nth(4).click()
    page.locator("#result_list thead").get_by_role("link", name="Title").click()
    page.wait_for_url("**o=*")
    assert count(page) == "2 selected"
    page.goto(LIST)
    expect(page.locator(".bo-selection")).to_be_hidden()
    boxes(page).nth(1).click()
    boxes(page).nth(4).click()
    page.get_by_role("link", name="Last").click()
    said = page.get_by_text("Not on this page, no longer selected: 2")
    said.wait_for()
    expect(page.locator(".bo-selection")).to_be_hidden()
    page.locator("#action-toggle").click()
    page.get_by_role("button", name="Select all 1,234 that match").click()
    page.get_by_role("link", name="First").click()
    said.wait_for(state="hidden")
    assert count(page) == "All 1,234 that match are selected"
    Book.objects.update(published_on="2020-02-01")
    page.locator(".bo-filter-panel > summary").click()
    page.locator("[name=published_on__from]").fill("2020-01-01")
    page.locator("#result_list thead").get_by_role("link", name="Title").click()
    page.wait_for_url("**published_on__from=2020-01-01**")
    expect(page.locator(".bo-selection")).to_be_hidden()  # nobody selected all of another list


def test_all_that_match_are_offered_once_the_page_is_selected(page):
    page.locator("#action-toggle").press("Space")
    assert count(page) == "50 selected"
    page.get_by_role("button", name="Select all 1,234 that match").press("Enter")
    assert count(page) == "All 1,234 that match are selected"
    boxes(page).nth(3).click()
    assert count(page) == "49 selected"
    assert page.locator("[name=select_across]").input_value() == "0"


def test_clear_takes_the_selection_back(page):
    page.locator("#action-toggle").click()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator(".bo-selection")).to_be_hidden()
    expect(boxes(page).first).not_to_be_checked()


def test_the_selection_reaches_the_page_of_the_action(page):
    page.locator("#action-toggle").click()
    page.get_by_role("button", name="Select all 1,234 that match").click()
    page.get_by_role("button", name="Continue", exact=True).click()  # what to do is not chosen yet
    assert page.evaluate("document.activeElement.name") == "action"
    assert count(page) == "All 1,234 that match are selected"
    page.locator("select[name=action]").select_option("withdraw")
    page.get_by_role("button", name="Continue", exact=True).click()
    assert page.locator(".bo-subject").inner_text() == "1,234 books are selected."


def test_without_scripts_the_menu_posts_all_that_match(page, open_page, hr):
    plain = open_page("desktop", user=hr, java_script_enabled=False)
    plain.goto(f"{LIST}?q=book")
    plain.get_by_label("All 1,234 that match").check()
    plain.get_by_role("button", name="Continue", exact=True).click()
    expect(plain.get_by_label("All 1,234 that match")).to_be_checked()
    plain.locator("select[name=action]").select_option("withdraw")
    plain.get_by_role("button", name="Continue", exact=True).click()
    assert plain.locator(".bo-subject").inner_text() == "1,234 books are selected."
