"""The employee list narrowed: searches and filters."""

import itertools

from organization.models import Employee
from tests.scale.pages.ask import EMPLOYEES, PEER_EMPLOYEES, Page, asking, link
from tests.scale.places import column_number, sortable


def searches():
    """The peer's is a search that shows as much: a full page, or the few that one name finds."""
    full = link(PEER_EMPLOYEES, q="a")
    few = asking(PEER_EMPLOYEES, lambda place: {"q": place.person.name})
    none = link(PEER_EMPLOYEES, q="zzzznope")
    for words, theirs in {
        "ivanov": full,
        "müller": full,
        "MULLER": full,
        "李": full,
        "sen12": full,
        "a": full,
        "x": full,
        "an": full,
        "a b": full,
        "anna garcia": few,
        "ivanov müller": none,
        "zzzznope": none,
    }.items():
        yield Page(f"search “{words}”", link(EMPLOYEES, q=words), theirs)
    for name, (words_of, theirs) in {
        "name": (lambda person: person.name, few),
        "number": (lambda person: person.employee_number, few),
        "part of a number": (lambda person: person.employee_number[:-2], full),
        "e-mail": (lambda person: person.work_email, few),
    }.items():
        ours = asking(EMPLOYEES, lambda place, words_of=words_of: {"q": words_of(place.person)})
        yield Page(f"search {name}", ours, theirs)
    for number, column in sortable(Employee):
        yield Page(f"search “ivanov” by {column}", link(EMPLOYEES, q="ivanov", o=number), full)
    yield Page("search “a” by -hire_date", link(EMPLOYEES, q="a", o=-column_number("hire_date")), full)


def filters():
    """The peer can filter by one department; everything else is compared with its list."""
    by_department = asking(PEER_EMPLOYEES, lambda place: {"department__id__exact": place.largest.pk})

    def filtered(name, build, theirs=None):
        return Page(f"filter {name}", asking(EMPLOYEES, build), theirs or link(PEER_EMPLOYEES))

    below = {"department__below": 1}
    places = {"largest": "largest", "small sub-tree": "twig", "large sub-tree": "branch", "root": "root"}
    for name, which in places.items():
        sub = below if which != "largest" else {}
        for sign, (number, column) in itertools.product(("", "-"), sortable(Employee)):
            if which in ("twig", "root") and f"{sign}{column}" not in ("name", "department", "-hire_date"):
                continue
            yield filtered(
                f"department {name} by {sign}{column}",
                lambda place, which=which, sub=sub, order=f"{sign}{number}": {
                    "department": getattr(place, which).pk,
                    **sub,
                    "o": order,
                },
                by_department if which == "largest" else None,
            )
    yield filtered(
        "department root, last page", lambda place: {"department": place.root.pk, **below, "last": 1}
    )
    yield filtered("two departments", lambda place: {"department": [place.largest.pk, place.twig.pk]})
    yield filtered("status active", lambda place: {"status": "active"})
    yield filtered("status on leave", lambda place: {"status": "on_leave"})
    yield filtered(
        "status left by hire_date", lambda place: {"status": "left", "o": column_number("hire_date")}
    )
    yield filtered(
        "two statuses by -name",
        lambda place: {"status": ["planned", "suspended"], "o": -column_number("name")},
    )
    yield filtered("employment type", lambda place: {"employment_type": "permanent"})
    yield filtered("employment type intern", lambda place: {"employment_type": "intern"})
    yield filtered("employment type empty", lambda place: {"employment_type": "none"})
    hired = {"hire_date__from": "2019-01-01", "hire_date__to": "2019-12-31"}
    yield filtered("hire date", lambda place: hired)
    yield filtered("hire date by job_title", lambda place: {**hired, "o": column_number("job_title")})
    yield filtered("hire date empty", lambda place: {"hire_date": "none"})
    ended = {"end_date__from": "2019-01-01", "end_date__to": "2019-12-31"}
    yield filtered("end date", lambda place: ended)
    yield filtered("reports", lambda place: {"reports": "current"})
    yield filtered("manager", lambda place: {"manager": place.headed.pk})
    yield filtered("manager empty", lambda place: {"manager": "none"})
    yield filtered(
        "everything at once",
        lambda place: {
            "department": place.root.pk,
            **below,
            "status": "active",
            "employment_type": "permanent",
            "q": "an",
        },
    )
    yield Page("filter with facets", link(EMPLOYEES, _facets="True"), link(PEER_EMPLOYEES, _facets="True"))
