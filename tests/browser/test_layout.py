"""The eye that test_accessibility looks with sees what it is there for; and a phone shows rows, not controls."""

import pytest
from playwright.sync_api import expect

from backoffice.admin import counting
from backoffice.models import Operation
from backoffice.saved_views import SavedView
from backoffice.serving import maintenance
from organization.models import Department, Employee
from tests.browser.conftest import SCREENS
from tests.browser.layout import faults
from tests.library.models import Author, Book

BROKEN = {
    '<div style="width:3000px"><a href="#">wide</a></div>': "wide on a screen",
    '<div style="overflow:hidden;width:50px;height:30px"><button style="width:90px">Save</button></div>': "cut off by",
    '<button style="position:absolute;left:10px;top:10px">One</button>'
    '<button style="position:absolute;left:20px;top:15px">Two</button>': "lies over",
    '<button style="width:30px;white-space:nowrap;padding:0">Much too long</button>': "its words stick out",
}
# Words that stick out of the screen or of a box that hides what is too much.
CUT_OFF = """() => {
    const found = [];
    const seen = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
        && !element.closest('.visually-hidden, .bo-skip, .bo-palette-button, [inert], dialog:not([open]), option');
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const node = words.currentNode, range = document.createRange();
        if (!node.data.trim() || !seen(node.parentElement)) continue;
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) {
            let isOut = box.width > 2 && (box.right > innerWidth + 1 || box.left < -1);
            for (let frame = node.parentElement; frame !== document.body; frame = frame.parentElement) {
                const overflow = getComputedStyle(frame).overflowX;
                if (['auto', 'scroll'].includes(overflow)) { isOut = false; break; }
                if (overflow !== 'visible' && box.right > frame.getBoundingClientRect().right + 2) isOut = true;
            }
            if (isOut) found.push(node.data.trim());
        }
    }
    return found;
}"""
IS_IN_SIGHT = """it => {
    const box = it.getBoundingClientRect();
    return [box.top + 2, box.bottom - 2].every(y =>
        it.contains(document.elementFromPoint(box.left + box.width / 2, y)));
}"""
FITS = """field => {
    const pen = document.createElement('canvas').getContext('2d'), style = getComputedStyle(field);
    pen.font = style.font;
    const width = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(field.placeholder).width <= width;
}"""
SIDEWAYS = {"width": 844, "height": 390}
LOW = {"width": 800, "height": 360}
LISTS = {  # and what leaves rows in each
    "organization/department": "q=company",
    "organization/employee": "status=active&q=person",
    "library/book": "q=book",
    "backoffice/operation": "kind=delete",
    "auth/user": "is_active=1",
    "deleted": "q=gone",
}


@pytest.mark.parametrize("html", BROKEN)
def test_what_is_broken_is_seen(open_page, transactional_db, html):
    page = open_page("desktop")
    page.set_content(f"<body>{html}</body>")
    [fault] = faults(page)
    assert BROKEN[html] in fault


def test_what_is_whole_is_not(open_page, transactional_db):
    page = open_page("desktop")
    page.set_content("<body><p><button>One</button> <button>Two</button> <a href='#'>three</a></p></body>")
    assert faults(page) == []


@pytest.fixture
def rows(transactional_db):
    author = Author.objects.create(name="Ana")
    company = Department.objects.create(name="Company", code="C")
    for number in range(30):
        Employee.objects.create(name=f"Person {number}", department=company)
        Book.objects.create(title=f"Book {number}", author=author)
    Department.objects.create(name="Gone").delete()


@pytest.mark.parametrize("path", LISTS)
def test_the_first_row_is_high_up_on_a_phone(phone, rows, path):
    phone.goto(f"/admin/{path}/")
    first = phone.locator(".bo-cards tbody tr").first
    assert first.bounding_box()["y"] <= 0.45 * SCREENS["phone"]["height"]
    assert first.bounding_box()["width"] <= SCREENS["phone"]["width"]
    for size in (SIDEWAYS, LOW):
        phone.set_viewport_size(size)
        phone.goto(f"/admin/{path}/?{LISTS[path]}")
        assert first.bounding_box()["y"] <= 0.45 * size["height"]  # below the chips of what is on
        assert faults(phone) == []


def test_a_row_of_a_phone_is_a_card_with_names_at_its_values(phone, rows):
    phone.goto("/admin/organization/employee/")
    cell = phone.locator("#result_list tbody tr").first.locator(".field-department")
    assert cell.evaluate(
        "cell => [getComputedStyle(cell).display, getComputedStyle(cell, '::before').content]"
    ) == [
        "block",
        '"Department: "',
    ]


def test_the_first_row_is_high_up_below_a_message_and_a_note(open_page, hr, rows, monkeypatch):
    phone = open_page("phone", user=hr)
    reason = "Back at 14:00: all of it moves to the new data centre, and is compared there line by line."
    monkeypatch.setattr(counting, "LIMIT", 10)
    monkeypatch.setattr(maintenance, "state", lambda: maintenance.State(True, reason))
    monkeypatch.setattr("backoffice.templatetags.backoffice.way_back", lambda _request: "/account/go-on/")
    view = SavedView.objects.create(
        name="People on leave in all departments", model=Employee._meta.label_lower, owner=hr
    )
    first, banner = phone.locator("#result_list tbody tr").first, phone.locator(".bo-maintenance")
    for language in ("en", "de", "es", "fr"):
        phone.set_extra_http_headers({"Accept-Language": language})
        phone.goto(f"/admin/organization/employee/?status=active&q=person&view={view.pk}")
        phone.locator(".bo-list-summary .bo-note").wait_for()
        phone.locator(".bo-kept a").wait_for()
        assert phone.locator(".bo-kept span").evaluate("text => text.scrollHeight <= text.clientHeight")
        assert first.bounding_box()["y"] <= 0.45 * 844, language
        lost = phone.locator(".bo-selection-lost")
        lost.evaluate("note => { note.textContent = note.dataset.words.replace('{count}', 12) }")
        assert lost.bounding_box()["height"] > 0
        assert first.bounding_box()["y"] <= 0.45 * 844, language
    before = banner.bounding_box()["height"]
    banner.locator("summary").click()  # all of it
    assert banner.bounding_box()["height"] >= 2 * before


def test_what_opened_a_drawer_stays_in_sight_at_the_largest_zoom(phone, rows):
    phone.set_viewport_size({"width": 320, "height": 256})
    phone.goto("/admin/organization/employee/?status=active")
    behind = phone.locator("main [inert]").first
    for opener in phone.locator(":is(.bo-filter-panel, .bo-list-menu) > summary:visible").all():
        opener.press("Enter")
        behind.wait_for(state="attached")
        assert opener.evaluate(IS_IN_SIGHT)
        phone.keyboard.press("Shift+Tab")
        phone.keyboard.press("Tab")
        assert opener.evaluate(IS_IN_SIGHT)
        phone.keyboard.press("Escape")
        behind.wait_for(state="detached")


def test_what_opens_over_a_small_page_is_within_reach_to_its_end(open_page, hr, rows):
    page = open_page("phone", user=hr, locale="de")
    behind = page.locator("main [inert]").first
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto("/admin/organization/employee/")
    page.locator("#user-tools > summary").click()
    last = page.locator("#user-tools button").last
    last.scroll_into_view_if_needed()
    assert last.evaluate(IS_IN_SIGHT)
    page.keyboard.press("Escape")
    for height in (256, 568):
        page.set_viewport_size({"width": 320, "height": height})
        for drawer in (".bo-filter-panel", ".bo-list-menu:has(.bo-column-choice)"):
            page.locator(f"{drawer} > summary").press("Enter")
            behind.wait_for(state="attached")
            feet = page.locator(f"{drawer} .bo-drawer-foot > *").all()
            assert [foot.evaluate(IS_IN_SIGHT) for foot in feet] == [True] * 2
            for _stop in range(12):
                page.keyboard.press("Tab")
                assert page.locator(":focus").evaluate(IS_IN_SIGHT)
            page.keyboard.press("Escape")
            behind.wait_for(state="detached")
    Department.objects.update(name="Department of rather many words")
    page.goto("/admin/organization/department/chart/")
    assert page.locator("#chart-search").evaluate(FITS)
    name, figures = (page.locator(f"#chart {part}").bounding_box() for part in (".bo-name", ".bo-quiet"))
    assert (figures["y"] > name["y"], figures["x"]) == (True, name["x"])


def test_the_filters_of_a_phone_lie_over_the_list_and_say_when_one_is_on(phone, rows):
    phone.goto("/admin/organization/employee/")
    summary = phone.locator(".bo-filter-panel > summary")
    assert summary.inner_text().strip() == "Filters"
    before = phone.locator("#result_list").bounding_box()["y"]
    summary.click()
    drawer = phone.locator(".bo-filter-grid").bounding_box()
    assert (drawer["y"] + drawer["height"], phone.locator("#result_list").bounding_box()["y"]) == (
        844,
        before,
    )
    for _stop in range(50):
        phone.keyboard.press("Tab")
        assert phone.evaluate("document.activeElement.matches('body, .bo-filter-panel *')")
    phone.keyboard.press("Escape")
    expect(phone.locator(".bo-filter-grid")).to_be_hidden()
    phone.locator("[inert]:not(#nav-sidebar)").first.wait_for(state="detached")
    assert phone.evaluate("document.activeElement.tagName") == "SUMMARY"
    summary.click()
    for name in ("Department", "Manager"):
        phone.get_by_role("searchbox", name=name, exact=True).wait_for()
    phone.get_by_label("Active", exact=True).check()
    phone.get_by_role("button", name="Apply filters").click()
    phone.get_by_role("link", name="Status: Active").wait_for()
    assert phone.locator(".bo-filter-panel > summary").inner_text().split() == ["Filters", "1", "on"]
    phone.goto("/admin/organization/employee/?status=active&status=planned&q=person")
    first = phone.locator("#result_list tbody tr").first.bounding_box()
    assert first["y"] <= 0.45 * SCREENS["phone"]["height"]  # chips stand in one line
    expect(phone.get_by_role("link", name="Clear all")).to_be_visible()


def test_the_filters_open_below_their_button_and_stay_open_with_their_counts(desktop, rows):
    desktop.goto("/admin/organization/employee/")
    panel, summary = desktop.locator(".bo-filter-panel"), desktop.locator(".bo-filter-panel > summary")
    before = summary.bounding_box()
    summary.click()
    assert summary.bounding_box() == before
    desktop.get_by_role("link", name="Show counts").click()
    desktop.get_by_role("link", name="Hide counts").wait_for()
    assert (panel.get_attribute("open"), summary.bounding_box()) == ("", before)
    desktop.get_by_label("Active (30)").check()
    desktop.get_by_role("button", name="Apply filters").click()
    desktop.get_by_role("link", name="Status: Active").wait_for()
    assert panel.get_attribute("open") is None


def test_the_buttons_of_a_list_stand_beside_its_heading_or_below(open_page, hr):
    page = open_page("desktop", user=hr, locale="de")
    page.goto("/admin/organization/employee/")
    words = """heading => {
        const range = document.createRange();
        range.selectNodeContents(heading);
        const {right, bottom} = range.getBoundingClientRect();
        const tools = document.querySelector('.object-tools').getBoundingClientRect();
        return [tools.left >= right, tools.top >= bottom];
    }"""
    seen = {}
    for width in (768, 800, 844, 992, 1100, 1152, 1200, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        seen[width] = page.locator("h1").evaluate(words)
    assert [width for width in seen if not any(seen[width])] == []
    assert seen[1440] == [True, False]


def test_what_is_too_wide_for_a_phone_is_within_reach(phone, rows):
    phone.goto("/admin/organization/employee/")
    phone.get_by_role("button", name="More").click()
    phone.get_by_role("link", name="Export", exact=True).click(trial=True)
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("link", name="Export", exact=True)).to_be_hidden()
    table = phone.locator("#result_list").bounding_box()
    jump = phone.get_by_label("Name from").bounding_box()
    assert (jump["y"] > table["y"] + table["height"], jump["x"] + jump["width"] <= 390) == (True, True)
    assert phone.locator("#result_list thead tr").evaluate("row => row.scrollWidth > row.clientWidth")
    phone.emulate_media(media="print")
    phone.set_viewport_size({"width": 718, "height": 1046})  # A4 between its margins
    last = phone.locator("#result_list .column-hire_date").bounding_box()
    assert (last["x"] > 550, last["x"] + last["width"] <= 718) == (True, True)
    assert (
        not phone.locator(".bo-filters, .bo-list-menus, input.action-select").locator("visible=true").count()
    )


def test_the_selection_bar_of_a_phone_stays_at_the_lower_edge(phone, rows):
    phone.goto("/admin/organization/employee/")
    phone.get_by_label("Select Person 0").check()
    card, name, action, go_on = (
        phone.locator(part).bounding_box()
        for part in ("tr.selected", "tr.selected th", ".bo-selection > label", ".bo-selection .bo-primary")
    )
    assert name["x"] >= card["x"] + 10
    assert action["y"] < go_on["y"] + go_on["height"] / 2 < action["y"] + action["height"]
    for _screen in range(2):
        bar = phone.locator(".bo-selection").bounding_box()
        assert (bar["y"] > 844 / 2, bar["y"] + bar["height"] <= 844) == (True, True)
        phone.mouse.wheel(0, 9000)
        phone.wait_for_timeout(100)
    last = phone.get_by_role("button", name="Go there").bounding_box()
    assert last["y"] + last["height"] <= bar["y"]
    phone.set_viewport_size(SIDEWAYS)
    bar = phone.locator(".bo-selection").bounding_box()
    assert (bar["y"] > 390 / 2, bar["y"] + bar["height"] <= 390) == (True, True)
    phone.set_viewport_size({"width": 320, "height": 256})  # as 400 %: there it would hide the rows
    assert phone.locator(".bo-selection").evaluate(
        """bar => {
            const word = document.createRange();
            word.selectNodeContents(bar.querySelector(':scope > label').firstChild);
            return [getComputedStyle(bar).position, word.getClientRects().length];
        }"""
    ) == ["static", 1]


def test_the_first_page_is_no_wider_than_a_phone_with_letters_twice_as_large(open_page, hr):
    company = Department.objects.create(name="Finance")
    Employee.objects.create(name="Ann", department=Department.objects.create(name="Sales", parent=company))
    page = open_page("phone", user=hr, locale="de")
    page.goto("/admin/")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") == SCREENS["phone"]["width"]


def test_a_name_without_a_space_makes_no_page_wide(open_page, hr):
    page = open_page("desktop", user=hr)
    department = Department.objects.create(name="W" * 150)
    boss = Employee.objects.create(name="M" * 200, department=department, job_title="J" * 150)
    Employee.objects.create(name="N" * 200, department=department, manager=boss)
    deep = None
    for number in range(60):
        deep = Department.objects.create(name=f"Level {number}", parent=deep)
    SavedView.objects.create(name="V" * 100, model=Employee._meta.label_lower, owner=hr)
    people, departments = "/admin/organization/employee/", "/admin/organization/department/"
    found = {}
    for address in (
        "/admin/",
        f"/admin/?people={department.pk}",
        people,
        f"{people}?department={department.pk}",
        f"{people}views/",
        *[f"{people}{boss.pk}/{name}/" for name in ("change", "history", "delete")],
        *[f"{departments}{department.pk}/{name}/" for name in ("change", "history", "delete")],
        departments,
        f"{departments}chart/",
        f"{departments}chart/?at={deep.pk}",
        "/admin/backoffice/operation/",
    ):
        page.goto(address)
        for width in (320, 390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            if seen := faults(page):
                found[address, width] = seen
    assert found == {}
    page.set_viewport_size({"width": 800, "height": 844})
    page.locator(".bo-wide").evaluate("frame => frame.scrollTo(100, 0)")
    first = [
        page.locator(f"#result_list {part}").first.bounding_box()["x"] for part in ("thead th", "tbody td")
    ]
    assert first[0] == first[1]  # the log has no names that stay
    page.set_viewport_size({"width": 1440, "height": 844})
    page.goto(f"{people}?department={department.pk}")
    assert page.locator("#result_list .column-department").bounding_box()["x"] < 1440
    page.locator(".bo-wide").evaluate("frame => frame.scrollTo(400, 0)")
    boxes = [page.locator(f"#result_list .{part}-name").first.bounding_box() for part in ("column", "field")]
    frame = page.locator(".bo-wide").bounding_box()
    assert [box["x"] for box in boxes] == [frame["x"]] * 2  # they stay
    page.keyboard.press("Control+k")
    page.locator("#bo-palette-words").fill("WWW")
    page.locator("#bo-palette [role=option]").first.wait_for()
    assert page.locator("#bo-palette").evaluate("palette => palette.scrollWidth <= palette.clientWidth")
    page.keyboard.press("Escape")
    page.locator(".bo-filter-panel > summary").click()
    choice = page.locator(".select2-selection__choice").first
    choice.wait_for()
    assert choice.evaluate("choice => choice.scrollWidth <= choice.parentElement.clientWidth")
    page.locator(".select2-search__field").first.fill("WWW")
    offer = page.locator(".select2-results__option", has_text="WWW")
    offer.wait_for()
    assert offer.evaluate("offer => offer.scrollWidth <= offer.clientWidth")


def test_twice_as_large_letters_fit_a_phone(phone, rows):
    """WCAG 1.4.4: nothing is cut off, lies over something else or is beside the screen."""
    company, person = Department.objects.get(), Employee.objects.first()
    company.head = person
    company.save()
    Department.objects.create(name="Accommodation", parent=company)
    people, departments = "/admin/organization/employee/", "/admin/organization/department/"
    found = {}
    phone.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%' })"
    )
    for address in (
        "/admin/",
        people,
        f"{people}?status=active",
        *[f"{people}{person.pk}/{name}/" for name in ("change", "history", "delete")],
        f"{people}import/",
        departments,
        *[f"{departments}{company.pk}/{name}/" for name in ("change", "delete")],
        f"{departments}chart/",
        "/admin/backoffice/operation/",
    ):
        phone.goto(address)
        phone.wait_for_timeout(100)
        if seen := faults(phone) + phone.evaluate(CUT_OFF):
            found[address] = seen
    assert found == {}
    phone.locator("#user-tools summary").click()
    phone.get_by_role("button", name="Log out").click(trial=True)
    phone.keyboard.press("Escape")
    phone.get_by_role("button", name="Menu", exact=True).click()
    assert phone.locator("#nav-sidebar").evaluate(
        "menu => [...menu.querySelectorAll('.nav-link')].every(link => link.scrollWidth <= link.clientWidth)"
    )


@pytest.mark.parametrize("width", [320, 1440])
def test_a_long_value_scrolls_in_its_table_not_with_the_page(desktop, rows, width):
    person = Employee.objects.first()
    desktop.goto(f"/admin/organization/employee/{person.pk}/change/")
    desktop.get_by_label("Job title").fill("Kraftfahrzeughaftpflichtversicherungsabteilung" * 3)
    desktop.get_by_role("button", name="Save", exact=True).click()
    desktop.locator(".alert-success").wait_for()
    desktop.set_viewport_size({"width": width, "height": 844})
    desktop.goto(f"/admin/backoffice/operation/{Operation.objects.latest('pk').pk}/change/")
    assert faults(desktop) == []
    desktop.locator(".bo-table-frame td").last.evaluate("""cell => {
        cell.style.paddingInlineStart = '3000px';
        cell.insertAdjacentHTML('beforeend', '<span class="visually-hidden">words</span>');
    }""")
    assert faults(desktop) == []  # nor with words for screen readers at its end
