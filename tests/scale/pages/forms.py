"""Forms, opened and saved; histories and delete pages."""

from urllib.parse import urlencode

from tests.scale.forms import posted_from
from tests.scale.pages.ask import DEPARTMENTS, EMPLOYEES, PEER_DEPARTMENTS, PEER_EMPLOYEES, Ask, Page, link


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
    yield Page(
        "largest department, save a page",
        _saved(lambda place: f"{DEPARTMENTS}{place.largest.pk}/change/", "employee_set-0-name"),
        _saved(lambda place: f"{PEER_DEPARTMENTS}{place.largest.pk}/change/", "employee_set-0-name"),
        posts_form=True,
    )
    yield Page(
        "small department",
        lambda place: Ask(f"{DEPARTMENTS}{place.twig.pk}/change/"),
        lambda place: Ask(f"{PEER_DEPARTMENTS}{place.twig.pk}/change/"),
    )
    yield Page(
        "small department, inline by hire_date",
        lambda place: Ask(f"{DEPARTMENTS}{place.twig.pk}/change/?employee_set-o=hire_date"),
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


def _saved(path, field):
    """The form of a page as it was opened, with one changed name."""

    def ask(place):
        data = posted_from(place.client.get(path(place)).content.decode(), field)
        return Ask(path(place), {**data, field: [data[field][0] + " B"]}, expected=302)

    return ask


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
    yield Page(
        "employee, save",
        _saved(lambda place: f"{EMPLOYEES}{place.person.pk}/change/", "name"),
        _saved(lambda place: f"{PEER_EMPLOYEES}{place.person.pk}/change/", "name"),
    )


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
