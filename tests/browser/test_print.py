"""What is printed: each field as its whole value, and nothing where it has none."""

import pytest
from playwright.sync_api import expect

from organization.models import Department, Employee


@pytest.fixture
def finance(transactional_db):
    finance = Department.objects.create(name="Finance", code="FIN", headcount_planned=12)
    notes = "\n".join(f"line {number}" for number in range(60))
    Employee.objects.create(
        name="Γιώργος Παπαδόπουλος", department=finance, notes=notes, hire_date="2013-03-06", fte="0.5"
    )
    return finance


def paper(page, path):
    """The page as the printer gets it, on A4."""
    page.goto(path)
    page.wait_for_load_state("load")
    page.set_viewport_size({"width": 718, "height": 1046})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    return page.locator("main")


def test_a_person_is_printed_in_full(desktop, finance):
    main = paper(desktop, f"/admin/organization/employee/{Employee.objects.get().pk}/change/")
    said = main.inner_text()
    assert ("line 0" in said, "line 59" in said, "Mar 6, 2013" in said, "Finance" in said) == (True,) * 4
    assert "---------" not in said
    desktop.evaluate("document.documentElement.lang = 'de'; dispatchEvent(new Event('beforeprint'))")
    expect(main.locator("#id_fte + .bo-printed")).to_have_text("0,5")
    fields = "input:not([type=checkbox], [type=radio]), textarea, select"
    expect(main.locator(fields).locator("visible=true")).to_have_count(0)
    desktop.evaluate("dispatchEvent(new Event('afterprint'))")
    desktop.emulate_media(media="screen")
    expect(main.locator("#id_notes")).to_be_visible()
    expect(desktop.locator(".bo-printed")).to_have_count(0)


def test_what_is_filtered_by_is_printed_in_light_colours(open_page, hr, finance):
    page = open_page("desktop", user=hr, color_scheme="dark", locale="de")
    main = paper(page, "/admin/organization/employee/?status=active")
    heading = main.get_by_role("link", name="Stellenbezeichnung")
    assert heading.bounding_box()["height"] < 30  # one line
    chip = main.locator(".bo-chip")
    assert chip.evaluate("chip => getComputedStyle(chip).backgroundColor") == "rgb(255, 255, 255)"


def test_the_printer_asks_for_it(desktop, finance):
    desktop.goto(f"/admin/organization/employee/{Employee.objects.get().pk}/change/")
    desktop.evaluate(
        "addEventListener('beforeprint', () => { texts = document.querySelectorAll('.bo-printed') })"
    )
    desktop.pdf()
    assert "line 59" in desktop.evaluate("[...texts].map(text => text.textContent).join()")


def test_the_names_of_an_inline_are_printed_in_full(desktop, finance):
    main = paper(desktop, f"/admin/organization/department/{finance.pk}/change/")
    name = main.locator(".field-name .bo-printed", has_text="Γιώργος Παπαδόπουλος")
    assert name.evaluate("text => text.scrollWidth <= text.clientWidth")
    cell, printed = main.locator("td.field-name").first.bounding_box(), name.bounding_box()
    assert printed["x"] + printed["width"] <= cell["x"] + cell["width"]
    expect(main.locator("#id_headcount_planned + .bo-printed")).to_have_text("12")  # which was folded
    pressed = main.locator("input, td a, .bo-why, .bo-why-changed")
    expect(pressed.locator("visible=true")).to_have_count(0)
    desktop.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(main.locator("details[open]")).to_have_count(0)
    history = paper(desktop, f"/admin/organization/department/{finance.pk}/history/")
    expect(history).to_contain_text("FIN")
    expect(history.locator("input").locator("visible=true")).to_have_count(0)


def test_what_was_chosen_is_printed_in_words_and_nothing_that_is_pressed(desktop, finance):
    Department.objects.create(name="Accounting").delete()
    main = paper(desktop, "/admin/backoffice/operation/")
    expect(main.locator("th, td").get_by_text("Undo").locator("visible=true")).to_have_count(0)
    main = paper(desktop, "/admin/deleted/")
    expect(main.get_by_text("Accounting").locator("visible=true")).to_have_count(
        2
    )  # its name and the operation
    main = paper(desktop, f"/admin/organization/department/{finance.pk}/delete/")
    said = main.inner_text()
    assert ("Delete them" in said, "Move" in said, "Reason" in said, "to confirm" in said) == (
        True,
        False,
        False,
        False,
    )
    expect(main.locator("input").locator("visible=true")).to_have_count(0)


def test_a_level_of_the_chart_is_printed_at_one_place(desktop, finance):
    Department.objects.create(name="Accounting", parent=finance)
    Employee.objects.create(name="Ada", department=Department.objects.get(name="Accounting"))
    main = paper(desktop, f"/admin/organization/department/chart/?open={finance.pk}")
    names = [main.locator(".bo-chart-tree .bo-icon").nth(place).bounding_box()["x"] for place in (1, 2)]
    expect(main.locator(".bo-chart-tree [data-level='2']")).to_have_count(2)
    assert names[0] == names[1] > main.locator(".bo-chart-tree .bo-icon").first.bounding_box()["x"]
