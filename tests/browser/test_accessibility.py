"""No page breaks a rule of WCAG 2.2 A or AA that axe can see: every page of the URL configuration, on the laptop and
on the phone, light and dark; nor is anything cut off, laid over something else or wider than the screen. Axe finds
nothing on an error page, so each look also asserts what the page is.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group

from backoffice.models import AccessEvent, LegalHold, Operation, PurgeRequest
from organization.models import Department, Employee, Grant
from tests.browser.conftest import SCREENS
from tests.browser.headings import HEADINGS
from tests.browser.layout import faults as broken
from tests.browser.layout import photograph
from tests.browser.test_attacks import OTHERS, post
from tests.deploy import smoke
from tests.library.models import Author, Book, Chapter, Loan

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    # 24 by 24 pixels, names that say what is shown, and parts that are told apart; axe leaves them out otherwise
    "rules": {
        name: {"enabled": True} for name in ("target-size", "label-content-name-mismatch", "landmark-unique")
    },
    "resultTypes": ["violations"],
}
RUN = """async rules => {
    const found = await axe.run(document, rules);
    return {passes: found.passes.length, violations: found.violations};
}"""
FEWEST_PASSED = 12  # a page on which fewer rules apply is not the page that was meant
FILES = ("rows.csv", "/figures/", "/drawing/", "/held/", ".csv", "/template/")  # answered with a file
PLAIN = (
    "/livez",
    "/readyz",
    "/jsi18n/",
    "/autocomplete/",
    "/palette/",
    "/account/on-its-way/",
    "/account/session/",
    "/account/policy/",
)
NOT_HERE = (
    "/codes/",
    "/app/remove/",
    "/reauthenticate/sso/",
)  # of a second factor or provider that hr has not

# How the page that is open was answered, and what it is called.
ARRIVED = """() => [performance.getEntriesByType('navigation')[0].responseStatus,
    ...Array.from(document.querySelectorAll('h1'), each => each.textContent.replace(/\\s+/g, ' ').trim())]"""
# What stands out of the page to the right: nobody can scroll there. What lies in a box that scrolls can be reached.
SQUEEZED = """() => {
    const inReach = element => {
        for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
            if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return true;
        return false;
    };
    const wide = document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [];
    const cut = [...document.querySelectorAll('main a, main button, main input, main select, main textarea')]
        .filter(control => control.checkVisibility({visibilityProperty: true, opacityProperty: true}))
        .filter(control => control.getBoundingClientRect().right > innerWidth + 1 && !inReach(control));
    return wide.concat(cut.map(control => 'cut off: ' + control.outerHTML.slice(0, 160)));
}"""


@pytest.fixture
def organisation(transactional_db, hr):
    Group.objects.create(name="Smoke")
    top = Department.objects.create(name="Finance", code="FIN")
    below = Department.objects.create(name="Payroll", parent=top)
    ada = Employee.objects.create(
        name="Ada Holmgren", department=top, job_title="Accountant", work_email="ada@example.com"
    )
    Employee.objects.create(name="Bo Li", department=below, manager=ada)
    gone = Employee.objects.create(name="Cy Young", department=below)
    Employee.objects.filter(pk=ada.pk).update(job_title="Head of accounting")
    gone.delete()
    top.head = ada
    top.save()
    AccessEvent.objects.create(what="page", model="organization.Employee", row=str(ada.pk), actor=hr)
    about = {"model": "organization.Employee", "reason": "Law suit"}
    PurgeRequest.objects.create(**about, before="2001-01-31", asked_name="Bob")
    LegalHold.objects.create(**about, key=ada.pk, by_name="Bob")
    Grant.objects.create(user=hr, role=Group.objects.get(name="Viewer"))
    book = Book.objects.create(title="Emma", author=Author.objects.create(name="Jane Austen"))
    Chapter.objects.create(title="One", book=book)
    Loan.objects.create(book=book)
    return ada


def looks(page, path, heading=None):
    """What axe objects to on the page that is open, in each size and colour. `heading` is what it must be called."""
    heading = heading or HEADINGS.get(any_number(path), "that headings.py names")
    status, *found = page.evaluate(ARRIVED)
    if (status, list(map(any_number, found))) != (200, [any_number(heading)]):
        return [f"{path}: {status}, {found} and not [{heading}]"]
    faults = []
    page.evaluate(Axe().axe_script)  # once for the page, not for each look as Axe.run does
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)
        faults += [f"{path} {screen}: {what}" for what in broken(page)]
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            faults += objections(page, f"{path} {screen} {scheme}")
        photograph(page, path, screen)
    page.set_viewport_size({"width": 320, "height": 640})  # as 400 % on a laptop: WCAG 1.4.10
    return faults + [f"{path} at 320 px: {what}" for what in page.evaluate(SQUEEZED)]


def objections(page, where):
    found = page.evaluate(RUN, RULES)
    faults = [
        f"{where}: {each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
    few = found["passes"] < FEWEST_PASSED
    return [f"{where}: only {found['passes']} rules apply", *faults] if few else faults


def any_number(text):
    return re.sub(r"\d+", "1", text)


def is_page(path, expected):
    return expected == smoke.FINE and not any(part in path for part in OTHERS + FILES + PLAIN + NOT_HERE)


def test_no_page_breaks_a_rule_that_axe_can_see(open_page, hr, organisation):
    page, faults, seen = open_page("desktop", user=hr), [], set()
    for path, expected in smoke.addresses():
        if is_page(path, expected):
            page.goto(path)
            if page.url not in seen:
                faults += looks(page, path)
            seen.add(page.url)
    for path, data in smoke.bulk_actions():
        if is_page(path, smoke.FINE):
            page.goto(path)
            post(page, path, {**data, "_selected_action": str(organisation.pk)})
            faults += looks(page, f"{path} {data['action']}")
    assert (faults, len(seen) > 30) == ([], True), "\n".join(faults)


def test_the_sign_in_page_breaks_none(open_page, transactional_db):
    page = open_page("desktop")
    page.goto("/account/login/")
    assert looks(page, "/account/login/", "Sign in") == []


def test_the_long_words_of_french_break_none(open_page, hr, organisation):
    page = open_page("desktop", user=hr, locale="fr")
    group = Group.objects.get(name="Viewer")
    faults = []
    for path, heading in (
        ("/admin/", "Accueil"),
        (f"/admin/auth/group/{group.pk}/change/", "Consultation"),
        ("/admin/backoffice/operation/", "Opérations"),
        (f"/admin/organization/employee/{organisation.pk}/change/", "Ada Holmgren"),
    ):
        page.set_viewport_size(SCREENS["desktop"])
        page.goto(path)
        faults += looks(page, path, heading)
    page.locator("#id_manager + .select2-container .select2-selection").click()
    page.get_by_role("option", name="Bo Li").wait_for()
    faults += objections(page, "a list that is open")
    page.goto(f"/admin/organization/employee/?department={organisation.department_id}")
    page.locator(".bo-filter-panel > summary").click()
    page.locator(".bo-filter .select2-selection__choice").wait_for()
    page.evaluate(Axe().axe_script)
    faults += objections(page, "filters that are open")
    assert faults == [], "\n".join(faults)


def test_the_question_about_a_row_that_two_people_changed_breaks_none(open_page, hr, organisation):
    page = open_page("desktop", user=hr)
    page.goto(f"/admin/organization/department/{organisation.department_id}/change/")
    Employee.objects.filter(pk=organisation.pk).update(job_title="Treasurer")
    page.locator("#id_employee_set-0-job_title").fill("Controller")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".bo-conflict").wait_for()
    page.evaluate(Axe().axe_script)
    assert objections(page, "a conflict in a row") == []


def test_the_undo_of_a_change_breaks_none(open_page, hr, organisation):
    Employee.objects.filter(pk=organisation.pk).update(job_title="Treasurer")
    page = open_page("desktop", user=hr)
    page.goto(f"/admin/backoffice/operation/{Operation.objects.latest('pk').pk}/undo/")
    assert "Treasurer" in page.locator("main").inner_text()
    assert looks(page, "the undo of a change", page.locator("h1").inner_text()) == []


def test_the_pages_of_an_import_break_none(open_page, hr, organisation, settings, tmp_path):
    settings.IMPORT_FOLDER = tmp_path / "uploads"
    page, faults = open_page("desktop", user=hr), []
    finance = Department.objects.get(code="FIN")
    for name in ("Bea", "李 浩然", "ليلى"):
        Employee.objects.create(name=name, department=finance)
    lines = f"number,name,department,{'L' * 70}\n1,Ann,FIN,{'v' * 70}\n2,,FIN,\n3,Bo,Nowhere,\n"
    page.goto("/admin/organization/employee/import/")
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": lines.encode()}
    page.get_by_label("Drop a file here, or choose one").set_input_files(file)
    for step, heading in (
        ("Upload", "Import employees: step 2 of 3"),
        ("Show what would happen", "Import employees: step 3 of 3"),
        ("Import the good rows", "Import of people.csv"),
    ):
        with page.expect_navigation():
            page.get_by_role("button", name=step).click()
        faults += looks(page, f"an import after “{step}”", heading)
        page.set_viewport_size(SCREENS["desktop"])
        for field in page.locator("[name^=column_]").all():
            assert (
                field.bounding_box()["x"] < SCREENS["desktop"]["width"] - 100
            )  # whatever its column is called
    assert (faults, Employee.objects.filter(name="Ann").exists()) == ([], True), "\n".join(faults)
    assert "Ada Holmgren" in page.get_by_role("region", name="Not in the file").inner_text()
