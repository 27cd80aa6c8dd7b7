"""What a browser that was never here loads on the way from signing in to a form, as production sends it."""

import gzip

import pytest

from organization.models import Department, Employee
from tests.access.sign_in.conftest import PASSWORD

FIRST, NEXT = 300_000, 60_000  # bytes
WAY = ("/admin/", "/admin/organization/employee/", "/admin/organization/employee/{pk}/change/",
       "/admin/organization/employee/", "/admin/organization/department/")  # fmt: skip
PACKED = ("text/", "application/json", "javascript", "image/svg")


@pytest.fixture
def way(transactional_db):
    department = Department.objects.create(name="Finance", code="FIN")
    for number in range(60):
        Employee.objects.create(name=f"Person {number}", department=department, job_title="Seller", employee_number=number)
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
        packed = gzip.compress(body, 6) if response.headers.get("content-type", "").startswith(PACKED) else body
        self.weight += len(packed)
        self.files.append((len(packed), request.url))

    def read(self):
        weight, self.weight, files, self.files = self.weight, 0, sorted(self.files, reverse=True), []
        return weight, files[:8]


def test_the_first_page_is_light_and_the_next_ones_are_lighter(open_page, hr, way):
    page = open_page("phone")
    scale = Scale(page)
    page.goto("/account/login/", wait_until="networkidle")
    first, files = scale.read()
    assert first <= FIRST, files
    page.get_by_label("Username").fill("hr")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    for path in way:
        page.goto(path, wait_until="networkidle")
        weight, files = scale.read()
        assert weight <= NEXT, (path, weight, files)


def test_no_page_loads_a_bundle_that_nothing_on_it_uses(open_page, hr, way):
    page, seen = open_page("desktop", user=hr), set()
    page.on("request", lambda request: seen.add(request.url.partition("/static/")[2]))
    for path in way[:1] + ["/admin/password_change/"]:
        page.goto(path)
    assert [url for url in seen if "select2" in url or "jquery" in url or "fontawesome" in url or "bootstrap" in url] == []
