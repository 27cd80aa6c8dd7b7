"""What is on its way says so until the answer is there; a form is sent once."""

import json

import pytest

from organization.models import Department, Employee
from tests.browser.conftest import SCREENS

BUSY = "[...document.querySelectorAll('[aria-busy=true], #bo-busy progress')]"
# Playwright waits for the answer, so the page itself notes down what it shows until then.
PRESS_TWICE_AND_LOOK = f"""what => {{
    const save = document.querySelector(what), seen = [];
    const look = () => sessionStorage.seen = JSON.stringify(seen.push(
        [{BUSY}.length, document.getElementById('bo-busy').innerText.trim()]) && seen);
    for (const when of [300, 1500]) setTimeout(look, when);
    setTimeout(() => save.click(), 0);
    setTimeout(() => save.click(), 100);
}}"""


@pytest.fixture
def form(desktop, transactional_db):
    """A department's form; what it sends waits."""
    finance = Department.objects.create(name="Finance")
    desktop.sent = []
    desktop.route(
        "**/change/",
        lambda route: desktop.sent.append(route) if route.request.method == "POST" else route.continue_(),
    )
    desktop.goto(f"/admin/organization/department/{finance.pk}/change/")
    desktop.wait_for_load_state("load")
    return desktop


def test_a_form_says_after_a_second_that_it_is_on_its_way_and_is_sent_once(form):
    form.get_by_label("Name:", exact=True).fill("Accounts")
    form.evaluate(PRESS_TWICE_AND_LOOK, "[name=_save]")
    form.wait_for_timeout(1800)
    assert len(form.sent) == 1
    form.sent.pop().continue_()
    form.wait_for_url("**/department/")
    assert json.loads(form.evaluate("sessionStorage.seen")) == [[1, ""], [2, "Working on it …"]]
    assert (form.evaluate(f"{BUSY}.length"), Department.objects.get().name) == (0, "Accounts")


def test_a_search_says_so_too_and_so_does_a_link_to_a_file_until_that_begins(form):
    form.goto("/admin/organization/department/chart/")
    form.route("**/chart/?q=*", lambda route: form.sent.append(route))
    form.evaluate(PRESS_TWICE_AND_LOOK, "main [role=search] button")
    form.wait_for_timeout(1800)
    form.sent.pop().continue_()
    form.wait_for_url("**/chart/?q=*")
    assert json.loads(form.evaluate("sessionStorage.seen")) == [[0, ""], [1, "Working on it …"]]
    form.route("**/chart/drawing/*", lambda route: form.sent.append(route))
    with form.expect_download():
        form.evaluate(PRESS_TWICE_AND_LOOK, "#chart-drawing")
        form.wait_for_timeout(1800)
        form.sent.pop().continue_()
    assert json.loads(form.evaluate("sessionStorage.seen")) == [[0, ""], [1, "Working on it …"]]
    form.locator("#bo-busy progress").wait_for(state="detached")
    form.unroute("**/chart/drawing/*")
    with form.expect_download():
        form.locator("#chart-drawing").click()
    form.wait_for_timeout(1100)
    assert form.evaluate(f"{BUSY}.length") == 0


def test_rows_that_are_looked_up_say_so_too(form):
    form.route("**/autocomplete/?*", lambda route: form.sent.append(route))
    form.locator("#id_parent + .select2-container .select2-selection").click()
    form.locator("#bo-busy progress").wait_for()
    form.sent.pop().continue_()
    form.locator("#bo-busy progress").wait_for(state="detached")


def test_filters_that_wait_for_what_looks_rows_up_say_so_and_move_nothing_then(form):
    form.set_viewport_size(SCREENS["phone"])
    form.route("**/select2*.js*", lambda route: form.sent.append(route))
    form.goto("/admin/organization/employee/")
    form.locator(".bo-filter-panel > summary").click()
    form.locator("#bo-busy progress").wait_for()
    tick = form.get_by_label("Has reports")
    before = tick.bounding_box()
    while form.sent:
        form.sent.pop().continue_()
    form.locator("#bo-busy progress").wait_for(state="detached")
    form.get_by_role("searchbox", name="Manager", exact=True).wait_for()
    assert tick.bounding_box() == before


def test_who_comes_back_finds_no_busy_form(form):
    form.evaluate(f"""() => {{
        addEventListener('submit', event => event.preventDefault());
        document.querySelector('[name=_save]').click();
        sessionStorage.before = {BUSY}.length;
        dispatchEvent(new PageTransitionEvent('pageshow', {{persisted: true}}));
    }}""")
    assert (form.evaluate("sessionStorage.before"), form.evaluate(f"{BUSY}.length")) == ("1", 0)


def test_who_is_asked_and_stays_finds_no_busy_form(form):
    form.once("dialog", lambda dialog: dialog.dismiss())
    form.get_by_label("Code:", exact=True).press_sequentially("FIN")
    form.locator("#user-tools summary").click()
    form.get_by_role("button", name="Log out").click(no_wait_after=True)
    form.wait_for_timeout(1300)
    assert (form.evaluate(f"{BUSY}.length"), "/change/" in form.url) == (0, True)


def test_a_form_that_is_answered_with_a_file_can_be_sent_again(page, transactional_db):
    ada = Employee.objects.create(name="Ada", department=Department.objects.create(name="Finance"))
    page.goto("/admin/organization/employee/")
    page.get_by_label("Select Ada").check()
    page.locator("select[name=action]").select_option("export")
    page.get_by_role("button", name="Continue").click()
    button = page.locator("main form[data-file] button[type=submit]")
    for _time in range(2):
        with page.expect_download():
            button.click()
    assert page.evaluate(f"{BUSY}.length") == 0
    assert Employee.objects.get() == ada
