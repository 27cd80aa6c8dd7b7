"""Rows that are looked up by typing, where the answer takes its time or does not come."""

from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from organization.models import Department, Employee


def test_enter_waits_for_the_answer_and_takes_nobody_who_was_listed_before(desktop, transactional_db):
    sales, asked = Department.objects.create(name="Sales"), []
    for name in ("Aino Mäkelä", "Lars Virtanen"):
        Employee.objects.create(name=name, department=sales)
    desktop.goto("/admin/organization/employee/add/")
    box = desktop.get_by_role("combobox", name="Manager")
    box.press("Enter")
    field = desktop.get_by_role("searchbox", name="Manager")
    rows = desktop.get_by_role("listbox", name="Manager").get_by_role("option")
    expect(rows).to_have_count(2)
    expect(field).to_have_attribute("aria-activedescendant", rows.first.get_attribute("id"))
    desktop.route("**/autocomplete/?*", lambda route: asked.append(route))

    field.fill("lars")
    field.press("Enter")
    while not asked:
        expect(desktop.locator(".select2-results__option--highlighted")).to_have_count(0)
    asked.pop().abort()
    desktop.get_by_text("The results could not be loaded.").wait_for()

    field.press("Enter")
    while not asked:
        desktop.wait_for_timeout(50)
    asked.pop().continue_()
    expect(box).to_contain_text("Lars Virtanen")

    # Signed out in another tab.
    desktop.unroute("**/autocomplete/?*")
    Session.objects.all().delete()
    box.press("Enter")
    desktop.get_by_text("The results could not be loaded.").wait_for()
    expect(desktop.locator("#bo-session")).to_contain_text("You are signed out.")
