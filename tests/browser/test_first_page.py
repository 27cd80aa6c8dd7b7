"""The first page on both screens, and the chart by keyboard."""

import pytest
from playwright.sync_api import expect

from organization.models import Department, Employee


@pytest.fixture
def company(transactional_db):
    company = Department.objects.create(name="Company")
    sales = Department.objects.create(name="Sales", parent=company)
    Department.objects.create(name="Audit", parent=company)
    Employee.objects.create(name="Alice", department=sales, job_title="Seller")
    return company


def test_the_first_page_fits_and_its_bars_are_drawn(page, company):
    complaints = []
    page.on("console", lambda said: complaints.extend([said.text] if said.type == "error" else []))
    page.goto("/admin/")
    bar = page.get_by_role("link", name="Headcount by department, with everything below, Sales: 1")
    assert bar.locator("rect").bounding_box()["width"] > 20
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert bar.bounding_box()["height"] >= 24
    bar.click()
    page.get_by_role("link", name="Alice", exact=True).wait_for()
    assert complaints == []


def press(page, key, expected):
    page.keyboard.press(key)
    expect(page.locator("[role=treeitem]:focus")).to_have_accessible_name(expected)


def test_the_chart_is_a_tree_for_the_keyboard(desktop, company):
    desktop.goto("/admin/organization/department/chart/")
    tree = desktop.get_by_role("tree", name="Organization chart")
    tree.get_by_role("treeitem").first.focus()
    desktop.keyboard.press("ArrowRight")
    desktop.locator("[aria-expanded=true]:focus").wait_for()
    press(desktop, "ArrowRight", "Audit 0 people")
    press(desktop, "s", "Sales 1 person")
    desktop.keyboard.press("ArrowRight")
    desktop.get_by_role("treeitem", name="Alice Seller").wait_for()
    press(desktop, "End", "Alice Seller")
    assert tree.get_by_role("treeitem", name="Alice Seller").get_attribute("aria-level") == "3"
    press(desktop, "ArrowLeft", "Sales 1 person")
    press(desktop, "Home", "Company 0 people, 1 in all")
    assert f"open={company.pk}." in desktop.url
    desktop.reload()
    expect(desktop.get_by_role("treeitem", name="Alice Seller")).to_be_visible()
    desktop.get_by_role("treeitem", name="Company 0 people, 1 in all").first.focus()
    desktop.keyboard.press("ArrowLeft")
    expect(desktop.get_by_role("treeitem")).to_have_count(1)


def test_the_chart_opens_without_a_script(open_page, hr, company):
    page = open_page("phone", user=hr, java_script_enabled=False)
    page.goto("/admin/organization/department/chart/")
    page.get_by_role("link", name="Open Company").click()
    page.get_by_role("link", name="Open Sales").click()
    expect(page.get_by_role("link", name="Alice")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download what is open as SVG").click()
    assert download.value.suggested_filename == "department-chart.svg"
