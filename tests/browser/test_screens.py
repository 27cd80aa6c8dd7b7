"""The shell and the forms as people meet them, on a laptop and on a phone."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from backoffice.models import Operation
from organization.models import Department, Employee
from tests.browser.conftest import SCREENS

PAGES = [
    "/admin/",
    "/admin/organization/",
    "/admin/organization/department/",
    "/admin/organization/employee/",
    "/admin/organization/employee/add/",
    "/admin/organization/department/{finance}/change/",
    "/admin/organization/employee/{alice}/change/",
    "/admin/organization/employee/{alice}/history/",
    "/admin/organization/department/{finance}/delete/",
    "/admin/auth/user/",
    "/admin/auth/user/{hr}/change/",
    "/admin/auth/user/{hr}/password/",
    "/admin/password_change/",
]


@pytest.fixture
def finance(transactional_db):
    return Department.objects.create(name="Finance", code="FIN")


@pytest.fixture
def alice(finance):
    return Employee.objects.create(name="Alice Holmgren", department=finance, job_title="Accountant")


@pytest.fixture
def paths(finance, alice, hr):
    return [path.format(finance=finance.pk, alice=alice.pk, hr=hr.pk) for path in PAGES]


def test_no_page_asks_another_host_or_complains_in_the_console(page, paths, live_server):
    hosts, complaints = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.extend([said.text] if said.type == "error" else []))
    statuses = {path: page.goto(path).status for path in paths}
    assert set(statuses.values()) == {200}, statuses
    assert (hosts - {""}, complaints) == ({urlsplit(live_server.url).netloc}, [])


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_follow_the_system_until_somebody_chooses(open_page, hr, system):
    page = open_page("desktop", user=hr, color_scheme=system)
    page.goto("/admin/")
    assert page.locator("html").get_attribute("data-bs-theme") == system
    page.get_by_role("button", name="Colors: as the system").click()
    page.get_by_role("button", name="Colors: light").click()
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(page):
    page.goto("/admin/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_menu_of_a_phone_opens_takes_the_focus_and_closes_with_escape(phone):
    phone.goto("/admin/")
    link = phone.get_by_role("link", name="Employees", exact=True).locator("visible=true")
    expect(link).to_have_count(0)  # the menu’s is out of reach
    phone.get_by_role("button", name="Menu", exact=True).click()
    expect(link).to_have_count(1)
    assert phone.evaluate("document.activeElement.closest('#nav-sidebar') !== null")
    phone.locator("#nav-sidebar a").last.focus()
    for _past_the_end in range(2):
        phone.keyboard.press("Tab")
        assert phone.evaluate("document.activeElement.closest('.bo-skip, .app-header, main') === null")
    phone.keyboard.press("Escape")
    assert phone.evaluate("document.activeElement.id") == "bo-menu-button"


def test_errors_take_the_focus_and_lead_to_their_fields(page, finance):
    page.goto(f"/admin/organization/department/{finance.pk}/change/")
    page.get_by_label("Name:", exact=True).fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".bo-errors:focus").wait_for()
    assert page.title().startswith("Error: Finance")
    page.locator(".bo-errors").get_by_role("link", name="Name").click()
    assert page.evaluate("document.activeElement.id") == "id_name"


def test_on_a_phone_an_error_stands_between_the_label_and_the_field(phone, alice):
    def from_above(field):
        row = phone.locator(".form-row", has=phone.locator(field))
        return [
            row.locator(part).bounding_box()["y"] for part in ("label", ".errorlist", ".select2, #id_name")
        ]

    phone.goto("/admin/organization/employee/add/")
    phone.get_by_role("button", name="Save", exact=True).click()
    phone.locator(".bo-errors").wait_for()
    assert from_above("#id_name") == sorted(from_above("#id_name"))
    phone.goto("/admin/organization/employee/")
    phone.get_by_label("Select Alice Holmgren").check()
    phone.locator("select[name=action]").select_option("transfer")
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_role("button", name="Show what will happen").click()
    phone.locator("[role=alert]").wait_for()
    assert from_above("#id_department") == sorted(from_above("#id_department"))


def test_errors_of_the_other_forms_take_the_focus_as_well(page, alice, settings, tmp_path):
    settings.IMPORT_FOLDER = tmp_path / "uploads"

    def leads_to(link):
        box = page.locator("[role=alert]:focus")
        box.wait_for()
        assert page.title().startswith("Error: ")
        box.get_by_role("link", name=link).click()
        has_focus = page.evaluate_handle("document.activeElement")
        box = "each => each.closest('.select2-container')?.previousElementSibling"
        return has_focus.evaluate(f"each => ({box})(each)?.id || each.id || location.hash")

    def upload(text):
        page.goto("/admin/organization/employee/import/")
        file = {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.get_by_label("Drop a file here, or choose one").set_input_files(file)
        page.get_by_role("button", name="Upload").click()

    page.goto("/admin/organization/employee/")
    page.get_by_label("Select Alice Holmgren").check()
    page.locator("select[name=action]").select_option("transfer")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Show what will happen").click()
    assert leads_to("Department") == "id_department"
    page.goto("/admin/organization/employee/")
    page.get_by_label("Select Alice Holmgren").check()
    page.locator("select[name=action]").select_option("export")
    page.get_by_role("button", name="Continue").click()
    page.locator(".bo-place").first.fill("-1")
    page.get_by_role("button", name="Export").click()
    assert leads_to("Place of") == page.locator(".bo-place").first.get_attribute("id")
    upload("")
    assert leads_to("File") == "import-file"
    upload("job_title\nClerk\n")
    page.get_by_role("button", name="Show what would happen").click()
    assert leads_to("What the columns mean") == "#map"
    page.goto("/admin/organization/employee/?hire_date__from=2025-01-01&hire_date__to=2024-01-01")
    assert leads_to("Hire date: from Jan. 1, 2025 to Jan. 1, 2024 there is no day.") == "filter-hire_date"
    page.get_by_role("searchbox", name="Department", exact=True).wait_for()


def test_save_is_in_reach_on_a_long_form_of_a_phone(phone, alice):
    phone.goto(f"/admin/organization/employee/{alice.pk}/change/")
    wraps = [phone.locator(f".field-{name} .related-widget-wrapper") for name in ("department", "manager")]
    assert all(wrap.bounding_box()["height"] < 50 for wrap in wraps)  # filled or empty: one line
    box = phone.get_by_role("button", name="Save", exact=True).bounding_box()
    assert box["y"] + box["height"] <= 844
    assert box["width"] > 300
    phone.set_viewport_size({"width": 844, "height": 390})  # held sideways
    box = phone.get_by_role("button", name="Save", exact=True).bounding_box()
    assert box["y"] + box["height"] <= 390
    phone.evaluate("document.documentElement.dir = 'rtl'")  # a number runs as it is written
    look = "field => [getComputedStyle(field).unicodeBidi, getComputedStyle(field).textAlign]"
    assert phone.get_by_label("Work phone").evaluate(look) == ["plaintext", "right"]
    assert phone.get_by_role("button", name="Save", exact=True).evaluate(look)[1] == "center"


def test_one_button_of_a_form_is_filled_and_delete_is_outlined_in_red(desktop, alice):
    desktop.goto(f"/admin/organization/employee/{alice.pk}/change/")
    look = "button => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]"
    buttons = {each.evaluate("b => b.value || b.textContent.trim()"): each.evaluate(look)
               for each in desktop.locator(".submit-row > *").all()}  # fmt: skip
    assert buttons["Save"][0] == "rgb(11, 87, 194)"
    assert buttons["Delete"] == ["rgb(255, 255, 255)", "rgb(179, 38, 30)"]
    assert {buttons[name][0] for name in buttons if name != "Save"} == {"rgb(255, 255, 255)"}


BEFORE_VALUE = """cell => {
    const value = document.createRange();
    value.selectNodeContents(cell);
    return cell.getBoundingClientRect().right - value.getBoundingClientRect().right;
}"""


def test_where_one_reads_from_right_to_left_all_stands_the_other_way_round(desktop, hr, alice):
    desktop.goto(f"/admin/auth/user/{hr.pk}/change/")
    desktop.evaluate("document.documentElement.dir = 'rtl'")
    delete, row = (desktop.locator(name).bounding_box() for name in (".deletelink", ".submit-row"))
    assert 0 <= delete["x"] - row["x"] <= 24  # the padding of a bar that sticks
    for button in desktop.locator(".selector-add, .selector-remove").all():
        assert button.evaluate("button => getComputedStyle(button).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    choices = desktop.locator("#id_groups_from, #id_user_permissions_from").last
    choices.press("ArrowDown")
    desktop.locator(".selector-add:enabled").press("Enter")
    expect(choices).to_be_focused()  # and not the page's beginning: the arrow is disabled now
    desktop.set_viewport_size(SCREENS["phone"])
    desktop.goto("/admin/organization/employee/")  # as cards: what a cell is stands before its value
    desktop.evaluate("document.documentElement.dir = 'rtl'")
    cell = desktop.locator("#result_list tbody tr:first-child .field-department")
    assert cell.evaluate(BEFORE_VALUE) > 40


def test_a_department_added_in_a_popup_is_chosen_in_the_form(desktop, alice):
    desktop.goto(f"/admin/organization/employee/{alice.pk}/change/")
    with desktop.expect_popup() as popup:
        desktop.locator("#add_id_department").click()
    popup.value.get_by_label("Name:", exact=True).fill("Research")
    popup.value.get_by_role("button", name="Save", exact=True).click()
    desktop.locator("#id_department option:checked", has_text="Research").wait_for(state="attached")
    assert Operation.objects.first().subject == "Research"
