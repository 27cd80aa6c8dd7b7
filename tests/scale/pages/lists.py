"""Lists: by each column, at every depth; and the boxes that look rows up."""

from django.apps import apps

from organization.models import Department, Employee
from tests.scale.pages.ask import (
    DEPARTMENTS,
    EMPLOYEES,
    PEER_DEPARTMENTS,
    PEER_EMPLOYEES,
    PEER_LABEL,
    Page,
    asking,
    link,
)
from tests.scale.peer.admin import site as peer_site
from tests.scale.places import column_number, sortable

PEER_PER_PAGE = 100


def employee_lists():
    yield Page("employees", link(EMPLOYEES), link(PEER_EMPLOYEES))
    yield from _sorted_lists("employees", Employee, EMPLOYEES, PEER_EMPLOYEES)
    yield Page("employees from M", link(EMPLOYEES, **{"from": "M"}), link(PEER_EMPLOYEES, o=1))
    hired = link(EMPLOYEES, o=column_number("hire_date"), **{"from": "2019"})
    yield Page("employees hired from 2019", hired, link(PEER_EMPLOYEES, o=1))


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

    The peer sorts by its first column where it has no such column.
    """
    peer_columns = peer_site.get_model_admin(apps.get_model(PEER_LABEL, model.__name__)).list_display
    for number, name in sortable(model):
        theirs = (*peer_columns, name).index(name) % len(peer_columns) + 1
        for sign in ("", "-"):
            order, peer_order = {"o": f"{sign}{number}"}, {"o": f"{sign}{theirs}"}
            title = f"{what} by {sign}{name}"
            yield Page(title, link(path, **order), link(peer_path, **peer_order))
            yield Page(
                f"{title}, page 10,000",
                asking(path, _deep(model, f"{sign}{name}", order)),
                asking(peer_path, _peer_deep(model, peer_order)),
            )
            yield Page(
                f"{title}, last page",
                link(path, **order, last=1),
                asking(peer_path, _peer_last(model, peer_order)),
            )


def _deep(model, column, order):
    return lambda place: {**order, "after": place.deep_position(model, column)}


def _peer_deep(model, order):
    return lambda place: {**order, "p": place.deep_offset(model) // PEER_PER_PAGE + 1}


def _peer_last(model, order):
    return lambda place: {**order, "p": max(-(-place.rows(model) // PEER_PER_PAGE), 1)}


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
