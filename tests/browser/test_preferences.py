"""Whoever has their own colours, no motion, or a keyboard."""

import pytest
from playwright.sync_api import expect

from organization.models import Department, Employee

PAGES = ("/admin/", "/admin/organization/employee/", "/admin/organization/department/{pk}/change/",
         "/admin/organization/department/{pk}/delete/", "/admin/organization/department/chart/")  # fmt: skip
BUTTONS = "button, summary, input:not([type=hidden]), select, textarea, .btn, .bo-primary, .bo-neutral, .object-tools a"
# In forced colours a browser drops backgrounds: a control is told from text by its border or its outline.
BORDERLESS = """kinds => [...document.querySelectorAll(kinds)]
    .filter(each => each.checkVisibility({visibilityProperty: true, opacityProperty: true}))
    .filter(each => !each.closest('.visually-hidden, .select2-hidden-accessible, [inert]'))
    .filter(each => !['checkbox', 'radio', 'file'].includes(each.type))
    .filter(each => each.getBoundingClientRect().width > 1)
    .filter(each => ['none', 'hidden'].includes(getComputedStyle(each).borderBlockStartStyle)
        || getComputedStyle(each).borderBlockStartWidth === '0px')
    .map(each => each.outerHTML.slice(0, 120))"""
MOVING = """() => [...document.querySelectorAll('*')].map(each => getComputedStyle(each))
    .filter(style => style.transitionDuration !== '0s' || style.animationName !== 'none').length"""
UNMARKED = """() => {
    const now = document.activeElement, style = getComputedStyle(now), box = now.getBoundingClientRect();
    if (now === document.body) return null;
    const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        || now.matches('[role=treeitem], [type=file], .select2-search__field');
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
    const inside = box.width <= 1 || box.bottom > 0 && box.top < innerHeight;
    const covered = top && inside && box.width > 1 && !now.contains(top) && !top.contains(now)
        && !(now.labels && [...now.labels].some(label => label.contains(top)));
    const name = now.outerHTML.slice(0, 120);
    return [marked ? '' : 'no outline: ' + name, inside ? '' : 'out of sight: ' + name,
            covered ? `covered by ${top.outerHTML.slice(0, 80)}: ` + name : ''].filter(Boolean);
}"""

# The browser may be about to scroll to it: what is not seen after two seconds stays unseen.
SETTLED = f"""async () => {{
    const unmarked = {UNMARKED};
    for (let frame = 0; frame < 20 && unmarked()?.length; frame++)
        await new Promise(done => setTimeout(done, 100));
    return unmarked();
}}"""


@pytest.fixture
def paths(transactional_db):
    finance = Department.objects.create(name="Finance", code="FIN")
    Employee.objects.bulk_create(Employee(name=f"Person {n}", department=finance) for n in range(8))
    return [path.format(pk=finance.pk) for path in PAGES]


def test_controls_have_edges_in_forced_colours(open_page, hr, paths):
    page, faults = open_page("desktop", user=hr, forced_colors="active"), []
    for path in paths:
        page.goto(path)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        faults += [(path, control) for control in page.evaluate(BORDERLESS, BUTTONS)]
    assert faults == [], "\n".join(map(str, faults))


def test_forced_colours_frame_the_open_page_in_the_menu_alone(open_page, hr, paths):
    page = open_page("desktop", user=hr, forced_colors="active")
    page.goto("/admin/organization/department/chart/")
    width = "link => parseFloat(getComputedStyle(link).borderTopWidth)"
    links = page.locator(".sidebar-menu .nav-link").all()
    assert [link.inner_text().strip() for link in links if link.evaluate(width)] == ["Organization chart"]


@pytest.mark.parametrize(("language", "size"), [("es", 100), ("de", 150), ("en", 200)])
def test_no_entry_of_the_menu_is_cut_off(open_page, hr, paths, language, size):
    page = open_page("desktop", user=hr, locale=language)
    page.goto("/admin/")
    page.evaluate("size => document.documentElement.style.fontSize = `${size}%`", size)
    cut = "link => link.scrollWidth > link.clientWidth + 1"
    entries = page.locator(".sidebar-menu .nav-link, .sidebar-brand .brand-text").all()
    assert [entry.inner_text() for entry in entries if entry.evaluate(cut)] == []


def test_nothing_moves_for_whoever_wants_no_motion(open_page, hr, paths):
    page = open_page("phone", user=hr, reduced_motion="reduce")
    for path in paths:
        page.goto(path)
        if page.locator(".bo-filter-panel > summary").count():
            page.locator(".bo-filter-panel > summary").click()
        assert page.evaluate(MOVING) == 0, path
        assert page.evaluate("document.getAnimations().length") == 0, path


def test_the_focus_is_seen_and_uncovered_all_the_way_down(open_page, hr, paths):
    """In forced colours, where shadows are gone; else it is marked as well."""
    page, faults = open_page("desktop", user=hr, forced_colors="active"), []
    for path in paths:
        page.goto(path)
        for _stop in range(45):
            page.keyboard.press("Tab")
            faults += [(path, fault) for fault in page.evaluate(SETTLED) or []]
    assert faults == [], "\n".join(map(str, faults))


def test_filters_are_set_and_left_by_the_keyboard_alone(desktop, paths):
    desktop.goto("/admin/organization/employee/")
    desktop.locator(".bo-filter-panel > summary").focus()
    desktop.keyboard.press("Enter")
    box = desktop.get_by_label("Active", exact=True)
    for _stop in range(12):
        desktop.keyboard.press("Tab")
        if box.evaluate("box => box === document.activeElement"):
            break
    desktop.keyboard.press("Space")
    desktop.keyboard.press("Enter")
    desktop.get_by_role("link", name="Status: Active").wait_for()
    desktop.locator(".bo-filter-panel > summary").focus()
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Escape")
    assert desktop.locator(".bo-filter-panel > summary").evaluate("each => each === document.activeElement")


def test_a_row_of_an_inline_is_changed_by_the_keyboard_alone(desktop, paths):
    desktop.goto(paths[2])
    new = desktop.locator("tr.form-row:not(.has_original, .empty-form)")
    for number in range(2):
        desktop.locator(".add-row a").press("Enter")
        expect(new.nth(number).get_by_label("Name")).to_be_focused()
    new.first.locator(".inline-deletelink").press("Enter")
    expect(new.get_by_label("Name")).to_be_focused()
    new.locator(".inline-deletelink").press("Enter")
    expect(desktop.locator("tr.has_original").last.locator(":focus")).to_be_visible()
    desktop.locator("#id_employee_set-0-job_title").focus()
    desktop.keyboard.type("Seller")
    desktop.keyboard.press("Enter")
    desktop.locator(".alert-success").wait_for()
    assert Employee.objects.filter(job_title="Seller").count() == 1


def test_a_dialog_keeps_the_focus_and_gives_it_back(desktop, paths):
    desktop.goto(paths[1])
    desktop.locator("#bo-palette-button").focus()
    desktop.keyboard.press("Enter")
    desktop.locator("#bo-palette-words:focus").wait_for()
    for _stop in range(6):
        desktop.keyboard.press("Tab")
        assert desktop.evaluate("!document.querySelector('main').contains(document.activeElement)")
    desktop.keyboard.press("Escape")
    assert desktop.evaluate("document.activeElement.id") == "bo-palette-button"
