"""What a browser that was never here loads on the way from signing in to a form, as production sends it."""

import gzip
import re

import pytest

from organization.models import Department, Employee
from tests.access.sign_in.conftest import PASSWORD

FIRST, NEXT = 300_000, 60_000  # bytes
HEAD = 900  # bytes of headers that production sends with each answer
WAY = ("/admin/", "/admin/organization/employee/", "/admin/organization/employee/{pk}/change/",
       "/admin/organization/employee/", "/admin/organization/department/")  # fmt: skip
PACKED = ("text/", "application/json", "javascript", "image/svg")


@pytest.fixture
def way(transactional_db):
    department = Department.objects.create(name="Finance", code="FIN")
    for number in range(60):
        Employee.objects.create(name=f"Person {number}", department=department, employee_number=number)
    return [path.format(pk=Employee.objects.first().pk) for path in WAY]


class Scale:
    """Weighs what a page receives: files once, as browsers keep them; texts packed, as production packs them."""

    def __init__(self, page):
        self.known, self.weight, self.files = set(), 0, []
        page.on("requestfinished", self._weigh)

    def _weigh(self, request):
        response = request.response()
        if request.url in self.known or response is None or response.status != 200:
            return
        if "/static/" in request.url or "/jsi18n/" in request.url:
            self.known.add(request.url)
        body = response.body()
        packed = (
            gzip.compress(body, 6) if response.headers.get("content-type", "").startswith(PACKED) else body
        )
        self.weight += len(packed) + HEAD
        self.files.append((len(packed), request.url))

    def read(self):
        weight, self.weight, files, self.files = self.weight, 0, sorted(self.files, reverse=True), []
        return weight, files[:8]


def has_come(page, name):
    return page.expect_event("requestfinished", lambda request: name in request.url)


def open_sign_in(page):
    """With what the first form needs: it comes when the page is there, whether or not somebody types."""
    with has_come(page, "jquery.min"), has_come(page, "select2.full"):
        page.goto("/account/login/", wait_until="networkidle")


def assert_each_is_light(page, scale, way):
    for path in way:
        page.goto(path, wait_until="networkidle")
        weight, files = scale.read()
        assert weight <= NEXT, (path, weight, files)


def test_the_first_page_is_light_and_the_next_ones_are_lighter(open_page, hr, way):
    page = open_page("phone")
    scale = Scale(page)
    open_sign_in(page)
    page.get_by_label("Username").fill("hr")
    page.get_by_label("Password").fill(PASSWORD)
    first, files = scale.read()
    assert first <= FIRST, files
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state("networkidle")
    assert_each_is_light(page, scale, way)


def test_the_pages_of_who_signs_in_without_typing_are_as_light(open_page, hr, way):
    """By a passkey, by single sign-on, or with what the browser filled in."""
    page, signed_in = open_page("phone"), open_page("phone", user=hr)
    scale = Scale(page)
    open_sign_in(page)
    assert scale.read()[0] <= FIRST
    page.context.add_cookies(signed_in.context.cookies())
    assert_each_is_light(page, scale, way)


def test_the_pages_of_who_comes_signed_in_are_as_light_and_load_ahead_once(phone, way):
    scale, begun = Scale(phone), []
    with has_come(phone, "jquery.min"), has_come(phone, "select2.full"):
        phone.goto(way[0], wait_until="networkidle")
    first, files = scale.read()
    assert first <= FIRST, files
    phone.on("request", lambda request: request.resource_type == "fetch" and begun.append(request.url))
    assert_each_is_light(phone, scale, way[1:])
    assert not any(re.search("jquery|select2", url) for url in begun)


def test_a_form_that_somebody_signs_in_for_is_as_light(open_page, hr, way):
    page = open_page("phone")
    scale = Scale(page)
    with has_come(page, "jquery.min"), has_come(page, "select2.full"):
        page.goto(f"/account/login/?next={way[2]}", wait_until="networkidle")
    page.get_by_label("Username").fill("hr")
    page.get_by_label("Password").fill(PASSWORD)
    assert scale.read()[0] <= FIRST
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state("networkidle")
    weight, files = scale.read()
    assert weight <= NEXT, files


def test_what_the_first_form_needs_comes_after_the_page_of_signing_in_is_loaded(open_page, transactional_db):
    page = open_page("phone")
    open_sign_in(page)
    begun = page.evaluate("""performance.getEntriesByType('resource')
        .filter(each => /jquery|select2/.test(each.name)).map(each => each.startTime)""")
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")
    assert len(begun) == 3  # the styles of select2 as well
    assert min(begun) >= loaded


def test_who_saves_data_loads_nothing_ahead_and_what_looks_rows_up_when_it_is_used(open_page, hr, way):
    page = open_page("phone")
    scale = Scale(page)
    page.add_init_script("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")
    page.goto("/account/login/", wait_until="networkidle")
    page.get_by_label("Username").fill("hr")
    page.wait_for_timeout(500)
    assert not any(re.search("jquery|select2", url) for url in scale.known)
    page.get_by_label("Password").fill(PASSWORD)
    scale.read()
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state("networkidle")
    department = f"/admin/organization/department/{Department.objects.get().pk}/"
    visited = ("/admin/", "/admin/organization/department/", f"{department}change/", f"{department}delete/")
    assert_each_is_light(page, scale, [*visited, way[1]])
    page.locator(".action-select").first.check()
    page.locator("select[name=action]").select_option("transfer")
    with page.expect_navigation(wait_until="networkidle"):
        page.get_by_role("button", name="Continue", exact=True).click()
    assert_each_is_light(page, scale, [way[2]])
    assert not any("select2.full" in url for url in scale.known)
    page.locator("#id_department").click()
    page.locator(".select2-container--open .select2-search__field").fill("fin")
    page.get_by_role("option", name="Finance").wait_for()
    page.goto(f"{department}delete/")
    page.locator("[value=move]").check()
    page.locator(".bo-choice-target [role=combobox]").click()
    page.locator(".select2-container--open .select2-search__field").wait_for()


@pytest.mark.parametrize(
    ("pages", "unused"),
    [
        (slice(0, 2), "jquery|select2[^/]*js|xregexp|urlify|bootstrap|fontawesome|bootswatch"),
        (slice(2, 3), "xregexp|urlify|prepopulate[.]js|bootstrap|fontawesome|bootswatch"),
    ],
)
def test_no_page_loads_a_bundle_that_nothing_on_it_uses(open_page, hr, way, pages, unused):
    page, seen = open_page("desktop", user=hr), set()
    page.on(
        "request",
        lambda request: request.resource_type != "fetch" and seen.add(request.url.partition("/static/")[2]),
    )
    for path in way[pages]:
        page.goto(path)
    assert [url for url in seen if re.search(unused, url)] == []
    assert len(seen) > 5


def test_a_filter_looks_rows_up_as_soon_as_the_filters_are_opened(phone, way):
    phone.goto("/admin/organization/employee/")
    phone.locator(".bo-filter-panel > summary").click()
    field, box = (
        phone.locator(f"#filter-department + .select2-container .select2-{part}")
        for part in ("search__field", "selection")
    )
    field.fill("fin")
    assert field.bounding_box()["width"] > 0.9 * box.bounding_box()["width"]
    phone.get_by_role("option", name="Finance").click()
    phone.get_by_role("button", name="Apply filters").click()
    phone.get_by_role("link", name="Department: Finance").wait_for()
