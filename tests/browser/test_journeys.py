"""The day of somebody in HR, from signing in to taking a mistake back: each way on the laptop and on the phone."""

import re

import pytest
from playwright.sync_api import expect

from organization.models import Department, Employee
from tests.access.sign_in.conftest import PASSWORD
from tests.browser.conftest import SCREENS

HOME = "/admin/"
PEOPLE = "/admin/organization/employee/"
DEPARTMENTS = "/admin/organization/department/"
FILE = "employee_number,name,department,hire_date\nN1,Nora Nys,SAL,2026-01-05\nN2,Omar Oke,SAL,2026-02-02\n"


@pytest.fixture
def sales(transactional_db):
    company = Department.objects.create(name="Company", code="COM")
    sales = Department.objects.create(name="Sales", code="SAL", parent=company)
    Department.objects.create(name="Marketing", code="MAR", parent=company)
    head = Employee.objects.create(name="Hanna Head", department=company, employee_number="H1")
    for number, name in enumerate(("Alice Holmgren", "Bo Li", "Chidi Obi")):
        Employee.objects.create(
            name=name, department=sales, employee_number=str(number), job_title="Seller", manager=head
        )
    return sales


def heading(page):
    return expect(page.get_by_role("heading", level=1))


def press(page, name, **options):
    page.get_by_role("button", name=name, **options).click()


def follow(page, name):
    """A link beside the heading; on the phone it lies behind “More”."""
    if page.get_by_role("button", name="More").is_visible():
        press(page, "More")
    page.get_by_role("link", name=name, exact=True).click()


def pick(page, field, name):
    """Choose a row by typing a part of its name."""
    page.locator(f"#{field} + .select2-container .select2-selection").click()
    page.locator(".select2-search__field").last.fill(name)
    page.get_by_role("option", name=re.compile(name)).click()


def where(name):
    return Employee.objects.get(name=name).department.name


def undo_from_message(page):
    page.locator(".alert-success").get_by_role("link", name="Undo").click()
    heading(page).to_contain_text("Undo")
    page.locator("form .bo-danger").click()
    expect(page.locator(".alert-success")).to_be_visible()


@pytest.mark.parametrize("screen", SCREENS)
def test_sign_in_and_find_a_person(open_page, hr, sales, screen):
    page = open_page(screen)
    page.goto(HOME)
    page.get_by_label("Username").fill("hr")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in", exact=True)
    heading(page).to_have_text("Home")
    page.locator("#find").fill("holm")
    page.locator("#find").press("Enter")
    page.get_by_role("link", name="Alice Holmgren").click()
    heading(page).to_have_text("Alice Holmgren")


def test_hire_somebody(page, sales):
    page.goto(HOME)
    page.get_by_role("link", name="Add employee").click()
    page.get_by_label("Name:", exact=True).fill("Dana Diaz")
    pick(page, "id_department", "Marketing")
    press(page, "Save", exact=True)
    expect(page.locator(".alert-success")).to_contain_text("Dana Diaz")
    first = page.locator("#result_list tbody tr").first.bounding_box()
    assert first["y"] <= 0.45 * page.viewport_size["height"]  # below a message, too
    assert where("Dana Diaz") == "Marketing"


def test_two_people_change_one_person_and_both_are_heard(page, open_page, hr, sales):
    alice = Employee.objects.get(name="Alice Holmgren")
    page.goto(f"{PEOPLE}{alice.pk}/change/")
    Employee.objects.filter(pk=alice.pk).update(job_title="Head of sales", location="Bern")
    page.get_by_label("Job title:").fill("Account manager")
    press(page, "Save", exact=True)
    expect(page.locator(".bo-errors")).to_be_focused()
    mine, words = page.locator(".bo-conflict div").first.locator("input, label").all()
    assert mine.bounding_box()["x"] < words.bounding_box()["x"]
    mine.check()
    press(page, "Save", exact=True)
    expect(page.locator(".alert-success")).to_be_visible()
    alice.refresh_from_db()
    assert (alice.location, alice.job_title) == ("Bern", "Account manager")


def test_transfer_two_people_and_take_it_back(page, sales):
    page.goto(f"{PEOPLE}?department={sales.pk}")
    for name in ("Alice Holmgren", "Bo Li"):
        page.get_by_label(f"Select {name}").check()
    expect(page.locator(".bo-selection-count")).to_have_text("2 selected")
    page.locator("select[name=action]").select_option("transfer")
    press(page, "Continue", exact=True)
    pick(page, "id_department", "Marketing")
    press(page, "Show what will happen")
    assert where("Alice Holmgren") == "Sales"
    press(page, re.compile("2 employees to"))
    expect(page.locator(".alert-success")).to_contain_text("2 employees")
    assert where("Alice Holmgren") == "Marketing"
    undo_from_message(page)
    assert where("Alice Holmgren") == where("Bo Li") == "Sales"


def test_delete_a_department_its_people_stay_and_take_it_back(page, sales):
    page.goto(f"{DEPARTMENTS}{sales.pk}/change/")
    page.get_by_role("link", name="Delete", exact=True).click()
    page.locator("[name=organization-employee-department][value=move]").check()
    pick(page, "id_organization-employee-department-to", "Marketing")
    page.get_by_role("button", name="Show what will happen").last.click()
    press(page, re.compile("Delete Sales, move 3 employees to Marketing"))
    expect(page.locator(".alert-success")).to_contain_text("moved 3 employees to Marketing")
    assert where("Bo Li") == "Marketing"
    undo_from_message(page)
    assert where("Bo Li") == "Sales"


def test_bring_a_file_and_take_it_back(page, sales, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(FILE, encoding="utf-8")
    page.goto(PEOPLE)
    follow(page, "Import")
    page.get_by_label("Drop a file here, or choose one").set_input_files(path)
    press(page, "Upload")
    heading(page).to_have_text("Import employees: step 2 of 3")
    field = page.get_by_label("hire_date").bounding_box()  # never clipped beside its example
    assert field["width"] > 100
    assert field["x"] + field["width"] <= page.viewport_size["width"]
    press(page, "Show what would happen")
    expect(page.get_by_role("heading", name="Previewed")).to_be_visible()
    assert not Employee.objects.filter(name="Nora Nys").exists()
    press(page, "Import: all or nothing")
    expect(page.locator(".alert-success")).to_be_visible()
    assert where("Nora Nys") == where("Omar Oke") == "Sales"
    undo_from_message(page)
    assert not Employee.objects.filter(employee_number__startswith="N").exists()


def test_take_the_people_of_a_department_out_as_a_file(page, sales):
    page.goto(f"{PEOPLE}?department={sales.pk}")
    follow(page, "Export")
    with page.expect_download() as download:
        press(page, "Export", exact=True)
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "Holmgren" in line]
    assert len(lines) == 4


def test_mend_what_the_first_page_finds(page, sales):
    Employee.objects.filter(name="Bo Li").update(manager=None)
    Employee.objects.filter(name="Hanna Head").update(status="planned")
    page.goto(HOME)
    page.get_by_role("list", name="To look at").get_by_role("link", name="without a manager").click()
    page.get_by_label("Select Bo Li").check()
    page.locator("select[name=action]").select_option("set_manager")
    press(page, "Continue", exact=True)
    pick(page, "id_manager", "Alice")
    press(page, "Show what will happen")
    press(page, re.compile("Make Alice Holmgren the manager"))
    expect(page.locator(".alert-success")).to_contain_text("Alice Holmgren")
    assert Employee.objects.get(name="Bo Li").manager.name == "Alice Holmgren"


def test_keep_a_list_under_a_name(page, sales):
    page.goto(f"{PEOPLE}?department={sales.pk}")
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Work e-mail").check()
    page.get_by_label("Hire date", exact=True).uncheck()
    press(page, "Show these")
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Save what is shown as").fill("My sellers")
    press(page, "Save view")
    expect(page.locator(".alert-success")).to_contain_text("My sellers")
    page.goto(PEOPLE)
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="My sellers").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    first = page.locator("#result_list tbody tr").first
    assert (first.locator(".field-work_email").count(), first.locator(".field-hire_date").count()) == (1, 0)


def test_go_anywhere_by_typing(page, sales):
    page.goto(DEPARTMENTS)
    page.get_by_role("button", name="Go to…").click()
    page.keyboard.type("chidi")
    page.get_by_role("option", name="Chidi Obi").wait_for()
    page.keyboard.press("Enter")
    heading(page).to_have_text("Chidi Obi")
