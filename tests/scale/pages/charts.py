"""The parts of the first page, and the organisation chart: what is open of it at the top and at the bottom."""

from tests.scale.pages.ask import DEPARTMENTS, Ask, Page, asking, link


def first_pages():
    yield Page("index of a department", asking("/admin/", lambda place: {"people": place.branch.pk}))
    yield Page("index, search “ivanov”", link("/admin/", q="ivanov"))
    yield Page("headcount by department, file", link("/admin/figures/people/department/"))


def charts():
    def chart(name, build):
        return Page(f"organisation chart{name}", asking(f"{DEPARTMENTS}chart/", build))

    yield chart("", lambda place: {})
    yield chart(", open at the root", lambda place: {"open": place.root.pk})
    yield chart(", way to the largest department", lambda place: {"at": place.largest.pk})
    yield chart(
        ", largest department open", lambda place: {"open": place.largest.pk, "node": place.largest.pk}
    )
    yield chart(
        ", a person of the largest department",
        lambda place: {
            "open": place.largest.pk,
            "node": place.largest.pk,
            f"p{place.largest.pk}": place.person.pk,
        },
    )
    yield chart(", search “ivanov”", lambda place: {"q": "ivanov"})
    yield Page(
        "organisation chart, drawing", lambda place: Ask(f"{DEPARTMENTS}chart/drawing/?open={place.root.pk}")
    )
