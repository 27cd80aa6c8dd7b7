"""Every page that is measured: the request that asks for it, ours and the plain peer's nearest."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from django.apps import apps
from django.conf import settings
from django.db import transaction

from organization.models import Department, Employee
from tests.scale.forms import posted_from
from tests.scale.peer.admin import site as peer_site
from tests.scale.places import Place, sortable

OURS = "/admin/organization/"
PEER_LABEL = apps.get_model(settings.PEER_EMPLOYEE)._meta.app_label  # type: ignore[misc]  # in scale/settings.py
PEER = f"/peer/{PEER_LABEL}/"
PEER_PER_PAGE = 100


class Ask(NamedTuple):
    path: str
    data: dict[str, Any] | None = None  # posted, and rolled back
    expected: int = 200

    def send(self, client):
        if self.data is None:
            return client.get(self.path)
        with transaction.atomic():
            response = client.post(self.path, self.data)
            transaction.set_rollback(True)
        return response


class Page(NamedTuple):
    name: str
    ours: Callable[[Place], Ask]
    peer: Callable[[Place], Ask] | None = None
    posts_form: bool = False  # the peer at full size would have to open the form first


def pages():
    yield Page("index", lambda place: Ask("/admin/"), lambda place: Ask("/peer/"))
    yield from employee_lists()
    yield from searches()
    yield from filters()
    yield from department_lists()
    yield from department_forms()
    yield from employee_forms()
    yield from autocompletes()
    yield from deletions()
    yield from bulk_previews()


def link(path, **params):
    return lambda place: Ask(f"{path}?{urlencode(params, doseq=True)}" if params else path)


def asking(path, build):
    """A link whose parameters depend on the place."""
    return lambda place: Ask(f"{path}?{urlencode(build(place), doseq=True)}")


EMPLOYEES, PEER_EMPLOYEES = f"{OURS}employee/", f"{PEER}employee/"
DEPARTMENTS, PEER_DEPARTMENTS = f"{OURS}department/", f"{PEER}department/"


def employee_lists():
    yield Page("employees", link(EMPLOYEES), link(PEER_EMPLOYEES))
    yield from _sorted_lists("employees", Employee, EMPLOYEES, PEER_EMPLOYEES)
    yield Page("employees from M", link(EMPLOYEES, **{"from": "M"}), link(PEER_EMPLOYEES, o=1))
    hired = link(EMPLOYEES, o=_number("hire_date"), **{"from": "2019"})
    yield Page("employees hired from 2019", hired, link(PEER_EMPLOYEES, o=1))


def _number(column):
    """Which column of the employee list that is, as its links say it."""
    return next(number for number, name in sortable(Employee) if name == column)


def department_lists():
    yield Page("departments", link(DEPARTMENTS), link(PEER_DEPARTMENTS))
    yield from _sorted_lists("departments", Department, DEPARTMENTS, PEER_DEPARTMENTS)
    searched = link(PEER_DEPARTMENTS, q="fin")
    yield Page("departments, search “fin”", link(DEPARTMENTS, q="fin"), searched)
    yield Page(
        "departments, search code", asking(DEPARTMENTS, lambda place: {"q": place.largest.code}), searched
    )
    yield Page(
        "departments below the root",
        asking(DEPARTMENTS, lambda place: {"parent": place.root.pk, "parent__below": 1}),
        link(PEER_DEPARTMENTS),
    )
    yield Page(
        "departments at a location",
        asking(DEPARTMENTS, lambda place: {"location": place.located}),
        link(PEER_DEPARTMENTS),
    )


def _sorted_lists(what, model, path, peer_path):
    """First, ten-thousandth and last page by each column both ways.

    The peer sorts by name where it has no such column.
    """
    rows = "employees" if model is Employee else "departments"
    peer_columns = peer_site.get_model_admin(apps.get_model(PEER_LABEL, model.__name__)).list_display
    for number, name in sortable(model):
        theirs = (*peer_columns, name).index(name) % len(peer_columns) + 1
        for sign in ("", "-"):
            yield Page(
                f"{what} by {sign}{name}",
                link(path, o=f"{sign}{number}"),
                link(peer_path, o=f"{sign}{theirs}"),
            )
            yield Page(
                f"{what} by {sign}{name}, page 10,000",
                asking(
                    path,
                    lambda place, o=f"{sign}{number}", column=f"{sign}{name}": {
                        "o": o,
                        "after": place.deep_position(model, column),
                    },
                ),
                asking(
                    peer_path,
                    lambda place, o=f"{sign}{theirs}": {
                        "o": o,
                        "p": place.deep_offset(getattr(place, rows)) // PEER_PER_PAGE + 1,
                    },
                ),
            )
            yield Page(
                f"{what} by {sign}{name}, last page",
                link(path, o=f"{sign}{number}", last=1),
                asking(
                    peer_path,
                    lambda place, o=f"{sign}{theirs}": {
                        "o": o,
                        "p": max(-(-getattr(place, rows) // PEER_PER_PAGE), 1),
                    },
                ),
            )


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
    for words in ("ivanov", "a"):
        for sign, (number, column) in itertools.product(("", "-"), sortable(Employee)[1:]):
            yield Page(
                f"search “{words}” by {sign}{column}", link(EMPLOYEES, q=words, o=f"{sign}{number}"), full
            )


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
    yield filtered("status left by hire_date", lambda place: {"status": "left", "o": _number("hire_date")})
    yield filtered(
        "two statuses by -name", lambda place: {"status": ["planned", "suspended"], "o": -_number("name")}
    )
    yield filtered("employment type", lambda place: {"employment_type": "permanent"})
    yield filtered("employment type intern", lambda place: {"employment_type": "intern"})
    yield filtered("employment type empty", lambda place: {"employment_type": "none"})
    hired = {"hire_date__from": "2019-01-01", "hire_date__to": "2019-02-01"}
    yield filtered("hire date", lambda place: hired)
    yield filtered("hire date by job_title", lambda place: {**hired, "o": _number("job_title")})
    yield filtered("hire date empty", lambda place: {"hire_date": "none"})
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


def department_forms():
    def form(name, **params):
        def ask(place):
            values = {key: value(place) if callable(value) else value for key, value in params.items()}
            query = urlencode({f"employee_set-{key}": value for key, value in values.items()})
            return Ask(f"{DEPARTMENTS}{place.largest.pk}/change/?{query}")

        return Page(f"largest department{name}", ask, _peer_form)

    yield form("")
    yield form(", middle page of its inline", after=lambda place: place.inline_position())
    yield form(", last page of its inline", last=1)
    yield form(", inline from M", **{"from": "M"})
    yield form(", inline search “anna”", q="anna")
    yield form(", inline search “zzzznope”", q="zzzznope")
    yield form(", inline search “a”", q="a")
    for column in ("job_title", "status", "hire_date"):
        for sign in ("", "-"):
            yield form(f", inline by {sign}{column}", o=f"{sign}{column}")
    yield Page("largest department, save a page", _saved_page, _peer_saved_page, posts_form=True)
    yield Page(
        "small department",
        lambda place: Ask(f"{DEPARTMENTS}{place.twig.pk}/change/"),
        lambda place: Ask(f"{PEER_DEPARTMENTS}{place.twig.pk}/change/"),
    )
    yield Page("department, add", link(f"{DEPARTMENTS}add/"), link(f"{PEER_DEPARTMENTS}add/"))
    yield Page(
        "department history",
        lambda place: Ask(f"{DEPARTMENTS}{place.largest.pk}/history/"),
        lambda place: Ask(f"{PEER_DEPARTMENTS}{place.largest.pk}/history/"),
    )


def _peer_form(place):
    return Ask(f"{PEER_DEPARTMENTS}{place.largest.pk}/change/")


def _saved_page(place):
    return _posted(place, f"{DEPARTMENTS}{place.largest.pk}/change/")


def _peer_saved_page(place):
    return _posted(place, _peer_form(place).path)


def _posted(place, path):
    """The form as it was opened, with one changed name."""
    field = "employee_set-0-name"
    data = posted_from(place.client.get(path).content.decode(), field)
    data[field] = [data[field][0] + " B"]
    return Ask(path, data, expected=302)


def employee_forms():
    def both(what, ending):
        return Page(
            what,
            lambda place: Ask(f"{EMPLOYEES}{place.person.pk}/{ending}/"),
            lambda place: Ask(f"{PEER_EMPLOYEES}{place.person.pk}/{ending}/"),
        )

    yield both("employee form", "change")
    yield Page("employee, add", link(f"{EMPLOYEES}add/"), link(f"{PEER_EMPLOYEES}add/"))
    yield both("employee history", "history")
    yield Page("employee, save", _saved_employee, _peer_saved_employee)


def _saved_employee(place):
    return _posted_person(place, f"{EMPLOYEES}{place.person.pk}/change/")


def _peer_saved_employee(place):
    return _posted_person(place, f"{PEER_EMPLOYEES}{place.person.pk}/change/")


def _posted_person(place, path):
    data = posted_from(place.client.get(path).content.decode(), "name")
    data["name"] = [data["name"][0] + " B"]
    return Ask(path, data, expected=302)


def autocompletes():
    def box(what, model, field, term, theirs):
        def path(base, label, name):
            wanted = {"app_label": label, "model_name": model, "field_name": name, "term": term}
            return link(f"{base}autocomplete/", **wanted)

        return Page(
            f"autocomplete {what} “{term}”",
            path("/admin/", "organization", field),
            path("/peer/", PEER_LABEL, "department") if theirs else None,
        )

    for term in ("", "fin", "f", "zzzznope"):
        yield box("department", "employee", "department", term, True)
    for term in ("", "ivanov", "muller", "iv", "a", "zzzznope"):
        yield box("manager", "employee", "manager", term, False)
        yield box("head", "department", "head", term, False)
    yield box("parent", "department", "parent", "fin", False)
    yield box("account", "employee", "user", "b", False)


def deletions():
    def page(what, which, ending="delete/"):
        return Page(
            f"delete {what}",
            lambda place: Ask(f"{DEPARTMENTS}{getattr(place, which).pk}/{ending}"),
            lambda place: Ask(f"{PEER_DEPARTMENTS}{getattr(place, which).pk}/delete/"),
        )

    yield page("largest department", "largest")
    yield page("largest department, counted", "largest", "delete/?count=exact")
    yield page("small department", "twig")
    yield page("root department", "root")
    yield Page(
        "delete employee",
        lambda place: Ask(f"{EMPLOYEES}{place.person.pk}/delete/"),
        lambda place: Ask(f"{PEER_EMPLOYEES}{place.person.pk}/delete/"),
    )


def bulk_previews():
    def previewed(action, **answers):
        def ask(place):
            chosen = place.client.post(EMPLOYEES, {"action": action, "select_across": "1", "index": "0"})
            url = chosen["Location"]
            token = parse_qs(urlsplit(url).query)["selection"][0]
            values = {name: value(place) if callable(value) else value for name, value in answers.items()}
            return Ask(urlsplit(url).path, {"selection": token, "stage": "preview", **values})

        return ask

    def started(place):
        return Ask(EMPLOYEES, {"action": "transfer", "select_across": "1", "index": "0"}, expected=302)

    def form(place):
        return Ask(place.client.post(EMPLOYEES, started(place).data)["Location"])

    yield Page("select all, start a transfer", started)
    yield Page("transfer all, form", form)
    yield Page("transfer all, preview", previewed("transfer", department=lambda place: place.largest.pk))
    yield Page("change status of all, preview", previewed("change_status", status="on_leave"))
