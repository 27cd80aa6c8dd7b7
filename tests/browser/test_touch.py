"""What one taps is at least 24 by 24 pixels on a touch phone (WCAG 2.5.8), except a link in a run of text."""

import pytest
from playwright.sync_api import expect

from organization.models import Department, Employee
from tests.browser.conftest import SCREENS

SMALL = """() => [...document.querySelectorAll(
        'a[href], button, summary, select, textarea, input:not([type=hidden]), .select2-selection__clear')]
    .filter(each => each.checkVisibility({visibilityProperty: true, opacityProperty: true}))
    .filter(each => !each.closest('.visually-hidden, .select2-hidden-accessible, .bo-skip, [inert]'))
    .filter(each => !(getComputedStyle(each).display === 'inline'
        && [...each.parentElement.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())))
    .map(each => [each, each.getBoundingClientRect()])
    .filter(([each, box]) => box.width > 1 && (box.width < 23.9 || box.height < 23.9))
    .map(([each, box]) => `${each.outerHTML.slice(0, 160)}: ${box.width} by ${box.height}`)"""


@pytest.fixture
def paths(transactional_db, hr):
    finance = Department.objects.create(name="Finance", code="FIN")
    payroll = Department.objects.create(name="Payroll", parent=finance)
    alice = Employee.objects.create(name="Alice Holmgren", department=finance)
    Employee.objects.create(name="I", department=finance, manager=alice)
    people, departments = "/admin/organization/employee/", "/admin/organization/department/"
    return (
        "/admin/",
        "/admin/organization/",
        people,
        f"{people}?status=active",
        *[f"{people}{alice.pk}/{name}/" for name in ("change", "delete", "history")],
        departments,
        *[f"{departments}{finance.pk}/{name}/" for name in ("change", "delete")],
        f"{departments}{payroll.pk}/change/",
        f"{departments}chart/?open={finance.pk}",
        "/admin/auth/user/",
        "/admin/backoffice/operation/",
    )


def test_what_one_taps_is_large_enough(open_page, hr, paths):
    phone = open_page("phone", user=hr, has_touch=True, is_mobile=True)
    small = {}
    phone.goto(f"{paths[4]}?_changelist_filters=status%3Dactive")
    phone.get_by_label("Location").fill("Bern")
    phone.get_by_role("button", name="Save", exact=True).tap()
    phone.locator(".alert-success").get_by_role("link", name="Undo").wait_for()
    expect(phone.get_by_role("link", name="Clear all")).to_be_visible()
    assert (
        phone.locator("#result_list tbody tr").first.bounding_box()["y"] <= 0.45 * SCREENS["phone"]["height"]
    )
    small["after saving"] = phone.evaluate(SMALL)
    operation = phone.locator(".alert-success").get_by_role("link", name="Undo").get_attribute("href")
    for path in (*paths, operation, operation.replace("undo", "change")):
        assert phone.goto(path).status == 200
        if found := phone.evaluate(SMALL):
            small[path] = found
    assert small == {"after saving": []}
    phone.goto(paths[8])
    phone.get_by_role("button", name="Add employee").tap()
    row, out = (
        phone.locator(part).last.bounding_box()
        for part in ("tr.form-row:not(.empty-form)", ".inline-deletelink")
    )
    assert row["y"] <= out["y"] <= row["y"] + row["height"] - out["height"]
