"""Nothing that was typed is lost by leaving the page."""

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from backoffice.models import Operation
from backoffice.saved_views import SavedView
from organization.models import Department, Employee


@pytest.fixture
def form(desktop, transactional_db):
    finance = Department.objects.create(name="Finance")
    desktop.asked = []
    desktop.asks = lambda dialog: (desktop.asked.append(dialog.type), dialog.dismiss())
    desktop.on("dialog", desktop.asks)
    desktop.goto(f"/admin/organization/department/{finance.pk}/change/")
    desktop.wait_for_load_state("load")
    return desktop


def is_asked(form, link):
    """Whoever follows the link is asked, and stays."""
    with form.expect_event("dialog"):
        link.click(no_wait_after=True)


def test_a_form_says_what_it_is_for_a_panel_that_keeps_it(form):
    """Also where nothing was typed: a deletion, say."""
    form.goto(form.url.replace("/change/", "/delete/"))
    with form.expect_request(lambda request: request.method == "POST") as sent:
        form.locator("main form [type=submit].bo-danger").last.click()
    assert "bo-heading=Delete" in sent.value.post_data
    form.wait_for_url("**/department/")
    assert not Department.objects.exists()


def test_a_form_with_something_typed_is_left_only_after_a_question(form, django_user_model):
    form.get_by_label("Code:", exact=True).press_sequentially("FIN")
    is_asked(form, form.get_by_role("link", name="Home").first)
    assert (form.asked, "/change/" in form.url) == (["beforeunload"], True)
    address = form.url
    with form.expect_request(lambda request: (request.url, request.method) == (address, "POST")) as sent:
        form.get_by_role("button", name="Save", exact=True).click()
    assert "bo-label=Code&bo-value=FIN&" in f"{sent.value.post_data}&"  # for a panel that keeps it
    form.wait_for_url("**/department/")
    assert form.asked == ["beforeunload"]
    assert Department.objects.get().code == "FIN"
    form.goto("/account/password/change/")  # as any other page
    form.locator("[name=oldpassword]").press_sequentially("a")
    is_asked(form, form.get_by_role("link", name="Cancel"))
    assert form.asked == ["beforeunload"] * 2
    django_user_model.objects.update(is_superuser=True)
    form.locator("[name=oldpassword]").fill("")
    form.goto("/admin/auth/group/add/")  # with two lists
    form.wait_for_load_state("load")
    form.wait_for_timeout(100)
    form.locator("#id_permissions_from").select_option(index=[0])
    form.get_by_role("button", name="Choose selected").click()
    is_asked(form, form.get_by_role("link", name="Home").first)
    form.locator("#id_permissions_to").select_option(index=[0])
    form.get_by_role("button", name="Remove selected").click()
    form.get_by_role("link", name="Home").first.click()
    form.wait_for_url("**/admin/")
    assert form.asked == ["beforeunload"] * 3


@pytest.fixture
def person(form):
    """Ada, whose manager is Bo; the form of her is open."""
    finance = Department.objects.get()
    boss = Employee.objects.create(name="Bo", department=finance)
    ada = Employee.objects.create(name="Ada", department=finance, hire_date="2020-01-01", manager=boss)
    form.goto(f"/admin/organization/employee/{ada.pk}/change/")
    form.wait_for_load_state("load")
    return ada


def choose(form, field, name):
    form.locator(f"#id_{field} + .select2").click()
    form.locator(".select2-search__field").fill(name)
    form.locator(".select2-results__option").get_by_text(name).click()


def test_who_comes_back_to_a_form_sees_what_it_says_by_now(form, person):
    """And not what the browser remembers of it, which would be saved over what others did."""
    form.get_by_role("link", name="History", exact=True).click()
    form.wait_for_url("**/history/")
    dee = Employee.objects.create(name="Dee", department=person.department)
    Employee.objects.filter(pk=person.pk).update(status="on_leave", hire_date="2021-02-03", manager=dee)
    form.go_back()
    form.wait_for_load_state("load")
    form.wait_for_timeout(300)
    form.get_by_label("Job title:", exact=True).fill("Clerk")
    form.get_by_role("button", name="Save", exact=True).click()
    form.wait_for_url("**/employee/")
    person.refresh_from_db()
    assert (person.status, str(person.hire_date), person.manager_id) == ("on_leave", "2021-02-03", dee.pk)
    assert (person.job_title, form.asked) == ("Clerk", [])


@pytest.mark.parametrize("is_saved", [False, True], ids=["left", "saved and undone"])
def test_what_was_typed_in_a_visit_before_is_not_saved_in_the_next(form, person, is_saved):
    """Also where the page says the same as then."""
    Employee.objects.create(name="Dee", department=person.department)
    choose(form, "manager", "Dee")
    form.locator("[name=status]").select_option("on_leave")
    form.get_by_label("Job title:", exact=True).fill("Mistaken")
    form.remove_listener("dialog", form.asks)
    form.on("dialog", lambda dialog: dialog.accept())
    if is_saved:
        form.get_by_role("button", name="Save", exact=True).click()
        form.wait_for_url("**/employee/")
        values = {"status": "active", "job_title": "", "manager": Employee.objects.get(name="Bo")}
        Employee.objects.filter(pk=person.pk).update(**values)
    else:
        form.get_by_role("link", name="History", exact=True).click()
        form.wait_for_url("**/history/")
    form.go_back()
    form.wait_for_load_state("load")
    form.wait_for_timeout(300)
    form.get_by_label("Location:", exact=True).fill("Lyon")
    form.get_by_role("button", name="Save", exact=True).click()
    form.wait_for_url("**/employee/")
    person.refresh_from_db()
    found = person.status, person.job_title, person.manager.name, person.location
    assert found == ("active", "", "Bo", "Lyon")


def test_a_form_that_was_only_looked_at_is_left_at_once(form):
    form.get_by_label("Code:", exact=True).click()
    form.get_by_role("link", name="Home").first.click()
    form.wait_for_url("**/admin/")
    assert form.asked == []


def test_what_was_taken_back_is_not_asked_about(form):
    form.get_by_label("Code:", exact=True).press_sequentially("F")
    form.keyboard.press("Backspace")
    form.get_by_role("link", name="Home").first.click()
    form.wait_for_url("**/admin/")
    assert form.asked == []


def test_what_is_typed_before_the_page_is_whole_is_typed(form):
    """Nobody waits for the last script of a slow network."""
    waiting = []
    form.route(
        "**/*.js*",
        lambda route: waiting.append(route) if "select2" in route.request.url else route.continue_(),
    )
    form.goto("/admin/organization/employee/add/", wait_until="commit")
    form.get_by_label("Job title:", exact=True).press_sequentially("Clerk")
    while waiting:
        waiting.pop().continue_()
    form.wait_for_load_state("load")
    form.wait_for_timeout(300)
    is_asked(form, form.get_by_role("link", name="Home").first)
    assert (form.asked, "/add/" in form.url) == (["beforeunload"], True)


def test_what_is_sent_before_the_page_is_whole_is_kept(form):
    address, waiting = form.url, []
    form.route(re.compile(r"/(?!memory|theme|leaving)\w+\.js"), lambda route: waiting.append(route))
    form.goto(address, wait_until="commit")
    form.get_by_label("Code:", exact=True).fill("FIN")
    with form.expect_request("**/on-its-way/**"):
        form.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
    form.wait_for_url("**/department/", wait_until="commit")
    assert (form.asked, Department.objects.get().code) == ([], "FIN")


def test_what_one_account_typed_is_not_sent_by_another(form, django_user_model, live_server):
    form.get_by_label("Code:", exact=True).fill("FIN")
    client, context = Client(), form.context
    client.force_login(django_user_model.objects.create_user("clerk", is_staff=True))
    context.clear_cookies()
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    context.new_page().goto("/admin/")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("signed in with another account now")
    expect(form.get_by_label("Code:", exact=True)).to_have_value("FIN")
    told = "{ key: 'backoffice.session-end', newValue: '0 another' }"  # by another tab
    tell = f"window.dispatchEvent(new StorageEvent('storage', {told}))"
    form.evaluate(tell)
    said = form.get_by_role("region", name="Your session")
    said.get_by_role("button", name="Close").click()
    with form.expect_response("**/account/session/"):
        form.evaluate(tell.replace("0 another", "0 once more"))
    form.wait_for_timeout(100)
    expect(said).to_be_hidden()


def test_what_comes_back_with_errors_is_typed_before_the_page_is_whole(form):
    form.get_by_label("Name:", exact=True).fill("")
    waiting = []
    form.route("**/select2*.js*", lambda route: waiting.append(route))
    form.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
    form.locator(".bo-errors").wait_for()
    is_asked(form, form.get_by_role("link", name="Home").first)
    while waiting:
        waiting.pop().continue_()


def test_a_form_that_is_sent_without_a_network_stays(form):
    form.get_by_label("Code:", exact=True).press_sequentially("FIN")
    form.context.set_offline(True)
    form.get_by_role("button", name="Save", exact=True).click()
    form.get_by_role("alert").get_by_text("The panel cannot be reached, so nothing was sent.").wait_for()
    assert form.get_by_label("Code:", exact=True).input_value() == "FIN"
    form.context.set_offline(False)
    form.get_by_role("alert").wait_for(state="detached")
    form.get_by_role("button", name="Save", exact=True).click()
    form.wait_for_url("**/department/")
    assert (form.asked, Department.objects.get().code) == ([], "FIN")


def test_a_form_that_is_sent_to_a_panel_that_is_down_stays(form):
    """The browser knows of no fault of its network."""
    form.get_by_label("Code:", exact=True).press_sequentially("FIN")
    fault, full = {"status": 502, "body": "Bad gateway"}, {"status": 507}
    unsent = "The panel cannot be reached, so nothing was sent."
    down = []
    form.route("**/*", lambda route: down[0](route) if down else route.continue_())
    answers = {
        (lambda route: route.abort()): unsent,
        (lambda route: route.fulfill(**fault)): unsent,
        (lambda route: route.fulfill(**full)): "so much of what you sent before is kept",
    }
    for answer, said in answers.items():
        down.append(answer)
        form.get_by_role("button", name="Save", exact=True).dblclick()
        form.get_by_role("alert").get_by_text(said).wait_for()
        down.clear()
    form.get_by_role("button", name="Save", exact=True).dblclick()
    form.wait_for_url("**/department/")
    assert (form.asked, Department.objects.get().code) == ([], "FIN")
    assert Operation.objects.filter(kind="edit").count() == 1


@pytest.mark.parametrize("status", [None, 502], ids=["cut", "refused by a proxy"])
def test_what_is_lost_on_its_way_is_kept(form, person, status):
    """As it was typed, also where a row was looked up."""
    Employee.objects.create(name="Dee", department=person.department)
    choose(form, "manager", "Dee")
    form.get_by_label("Job title:", exact=True).fill("Clerk")
    form.locator("[name=hire_date]").fill("2024-04-03")
    address = form.url
    lost = (lambda route: route.fulfill(status=status, body="")) if status else (lambda route: route.abort())
    down = [lost]
    form.route(address, lambda route: down.pop()(route) if down else route.continue_())
    with form.expect_request(lambda request: (request.url, request.method) == (address, "POST")):
        form.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
    form.wait_for_timeout(500)
    form.goto(address)  # another time: what is sent then is another thing
    form.get_by_label("Notes:", exact=True).fill("Nothing else")
    expect(form.get_by_role("link", name="Go on with it")).to_be_in_viewport()
    form.get_by_role("button", name="Save", exact=True).click()
    form.wait_for_url("**/employee/")
    form.get_by_role("link", name="Go on with it").click()
    expect(form.get_by_role("heading", name="Ada", exact=True)).to_be_visible()
    expect(form.locator(".bo-typed")).to_have_text(["Dee (Finance)", "Clerk", "April 3, 2024"])
    Employee.objects.filter(pk=person.pk).update(notes="")  # as it was when that was typed
    form.get_by_role("button", name="Save", exact=True).click()
    form.wait_for_url("**/employee/")
    person.refresh_from_db()
    assert (person.job_title, person.manager.name, form.asked) == ("Clerk", "Dee", [])
    expect(form.get_by_role("link", name="Go on with it")).to_have_count(0)


def test_who_stops_what_was_sent_is_told_that_it_may_have_been_done(form):
    form.get_by_label("Code:", exact=True).press_sequentially("FIN")
    stops = [{"status": 204}]  # as if it was stopped, once
    address = form.url
    form.route(address, lambda route: route.fulfill(**stops.pop()) if stops else route.continue_())
    save = form.get_by_role("button", name="Save", exact=True)
    with form.expect_response(address):
        save.click()
    form.keyboard.press("Escape")
    save.click()
    form.get_by_role("alert").get_by_text("it may have been done").wait_for()
    save.click()
    form.wait_for_url("**/department/")
    assert (form.asked, Department.objects.get().code) == ([], "FIN")


def test_what_another_page_still_waits_for_is_sent_again_only_after_a_word(form):
    address, other = form.url, form.context.new_page()
    form.get_by_label("Code:", exact=True).fill("FIN")
    form.route(address, lambda route: None if route.request.method == "POST" else route.continue_())
    with form.expect_request(lambda request: (request.url, request.method) == (address, "POST")):
        form.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
    other.goto("/account/go-on/")
    save = other.get_by_role("button", name="Save", exact=True)
    save.click()
    expect(other.get_by_role("alert")).to_contain_text("it may have been done")
    save.click()
    other.wait_for_url("**/department/")
    assert Department.objects.get().code == "FIN"
    stays = {"status": 204}
    other.goto(address)
    other.get_by_label("Code:", exact=True).fill("F")
    other.route(address, lambda route: route.fulfill(**stays))
    with other.expect_response(address):
        other.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
    other.goto("/account/go-on/")
    other.get_by_role("button", name="Keep it no longer").click()
    other.wait_for_url("**/admin/")


def test_what_is_typed_while_a_form_is_on_its_way_is_kept(form):
    form.get_by_label("Code:", exact=True).fill("FIN")
    typed = "() => { document.querySelector('[name=location]').value = 'Lyon' }"
    form.evaluate(f"window.addEventListener('beforeunload', {typed})")  # what is sent was put together
    form.get_by_role("button", name="Save and continue editing").click()
    form.get_by_text("was changed successfully").wait_for()
    expect(form.get_by_label("Location:", exact=True)).to_have_value("")
    link = form.get_by_role("link", name="Go on with it")
    for _ in range(20):  # it comes beside the page
        if not link.count():
            form.goto("/admin/")
    link.click()
    form.get_by_role("button", name="Save and continue editing").click()
    form.get_by_text("was changed successfully").wait_for()
    assert list(Department.objects.values_list("code", "location")) == [("FIN", "Lyon")]


def test_what_is_typed_while_a_row_is_being_added_is_shown_and_adds_no_other(form):
    form.goto("/admin/organization/department/add/")
    form.wait_for_load_state("load")
    form.get_by_label("Name:", exact=True).fill("Audit")
    late = """() => {
      document.querySelector("[name=parent]").append(new Option("Finance", "1", false, true));
      document.querySelector("[name=headcount_planned]").value = 4711;
      document.querySelector("[name=description]").value = "Typed late";
      document.querySelector("[name=employee_set-0-name]").value = "Leiter:Nord";
    }"""
    form.get_by_role("button", name="Add employee").click()
    form.evaluate(f"window.addEventListener('beforeunload', {late})")  # what is sent was put together
    form.get_by_role("button", name="Save", exact=True).click()
    form.get_by_text("was added successfully").wait_for()
    link = form.get_by_role("link", name="Go on with it")
    for _ in range(20):  # it comes beside the page
        if not link.count():
            form.goto("/admin/")
    link.click()
    told = ["Finance", "4,711", "Typed late", "Leiter:Nord"]
    expect(form.locator("main dd")).to_have_text(told)  # and not what was sent
    expect(form.locator("main").get_by_role("button")).to_have_text("Keep it no longer")


def test_a_panel_that_answers_without_a_network_is_sent_to(form):
    """It runs on the same computer."""
    form.evaluate("Object.defineProperty(navigator, 'onLine', { value: false })")
    form.get_by_label("Code:", exact=True).press_sequentially("FIN")
    form.get_by_role("button", name="Save and continue editing").click()
    form.get_by_text("was changed successfully").wait_for()
    assert (form.asked, Department.objects.get().code) == ([], "FIN")


def test_what_a_bulk_action_carries_from_page_to_page_is_left_only_after_a_question(form):
    form.goto("/admin/organization/department/")
    form.locator(".action-select").first.check()
    form.locator("select[name=action]").select_option("set_fields")
    form.get_by_role("button", name="Continue", exact=True).click()
    form.locator("[name=location]").fill("Far away")
    expect(form.get_by_label("Location", exact=True)).to_be_checked()  # by what is typed
    for button in ("Show what will happen", "Choose other values"):
        form.get_by_role("button", name=button).click()
        form.wait_for_load_state("load")
        form.wait_for_timeout(100)
        is_asked(form, form.get_by_role("link", name="Home").first)
    assert (form.asked, "/bulk/" in form.url) == (["beforeunload"] * 2, True)


def test_what_is_kept_on_a_page_that_refuses_it_is_left_only_after_a_question(form, settings):
    form.get_by_label("Code:", exact=True).press_sequentially("FIN")
    settings.MAINTENANCE = True
    form.get_by_role("button", name="Save", exact=True).click()
    form.get_by_role("button", name="Send it again").wait_for()
    form.wait_for_timeout(100)
    is_asked(form, form.get_by_role("link", name="Go to the start page"))
    assert form.asked == ["beforeunload"]
    settings.MAINTENANCE = False
    form.get_by_role("button", name="Send it again").click()
    form.wait_for_url("**/department/")
    assert (form.asked, Department.objects.get().code) == (["beforeunload"], "FIN")


def test_what_is_typed_in_one_form_is_not_lost_with_another(form, django_user_model):
    user = django_user_model.objects.get()
    SavedView.objects.create(name="Mine", model=Department._meta.label_lower, owner=user)
    form.goto("/admin/organization/department/views/")
    form.wait_for_load_state("load")
    form.wait_for_timeout(100)
    form.get_by_label("Name", exact=True).press_sequentially("New")
    is_asked(form, form.get_by_role("button", name="Delete the view “Mine”"))
    assert (form.asked, form.get_by_label("Name", exact=True).input_value()) == (["beforeunload"], "New")
    form.get_by_label("Name", exact=True).fill("")
    form.get_by_role("button", name="Delete the view “Mine”").click()
    form.get_by_role("button", name="Delete the view", exact=True).click()
    form.get_by_text("Mine", exact=True).wait_for(state="detached")
    assert form.asked == ["beforeunload"]


def test_filters_that_were_chosen_are_asked_about_until_they_are_applied_which_sorting_does(form):
    form.goto("/admin/organization/department/")
    form.wait_for_load_state("load")
    form.wait_for_timeout(100)
    form.locator("#searchbar").fill("Fin")
    form.get_by_text("Filters", exact=True).click()
    form.locator("input[name=location]").first.fill("Lyon")
    is_asked(form, form.get_by_role("link", name="Home").first)
    form.keyboard.press("Escape")
    form.locator("#result_list thead a").first.click()
    form.wait_for_url(re.compile(r"q=Fin&.*location=Lyon&.*o="))
    form.wait_for_load_state("load")
    form.wait_for_timeout(100)
    form.locator("#searchbar").fill("Sales")
    form.get_by_role("link", name="Home").first.click()
    form.wait_for_url("**/admin/")
    assert form.asked == ["beforeunload"]


def test_what_is_chosen_before_the_script_of_the_delete_page_came_stays_chosen(
    open_page, hr, transactional_db
):
    sales = Department.objects.create(name="Sales")
    Employee.objects.create(name="Ada", department=sales)
    page, held = open_page("desktop", user=hr), []
    page.route(re.compile(r"/deletion[^/]*\.js"), lambda route: held.append(route))
    page.goto(f"/admin/organization/department/{sales.pk}/delete/", wait_until="commit")
    page.locator("[name=organization-employee-department][value=move]").click()
    held.pop().continue_()
    expect(page.locator(".bo-choice-target .select2-selection")).to_be_visible()
    expect(page.locator(".bo-choices [role=status]")).not_to_be_empty()
    expect(page.locator(".bo-danger")).to_be_disabled()
