"""The search of a chart: rows of the tree and what hangs on them, each with the address that opens the way to it."""

from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from backoffice import tree
from backoffice.access import visible
from backoffice.access.scope import ROW_BY_ROW, asked
from backoffice.admin.rights import may
from backoffice.chart.declared import Chart
from backoffice.chart.state import MOST_OPEN, State
from backoffice.dashboard.searching import first_found


class Way(NamedTuple):
    name: str
    where: str
    query: str
    anchor: str


def ways(site: AdminSite, request: HttpRequest, model: Any, chart: Chart, words: str) -> list[Way]:
    """Of the rows of the tree first."""
    branches = first_found(site, request, model, words)
    leaves = (
        first_found(site, request, chart.leaves, words) if may(site, request, "view", chart.leaves) else []
    )
    hanging = {leaf.pk: getattr(leaf, f"{chart.path}_id") for leaf in leaves}
    above = _above(request.user, model, chart, [*(row.pk for row in branches), *hanging.values()])
    found = [_way(above, row, row.pk, None) for row in branches]
    return [*found, *(_way(above, leaf, hanging[leaf.pk], leaf.pk) for leaf in leaves)]


def _above(user: Any, model: Any, chart: Chart, keys: list[int]) -> dict[int, tuple[int | None, str]]:
    """Of everything from `keys` upwards, as far as this person sees it: (the key above, its name)."""
    with asked(ROW_BY_ROW):
        rows = visible(user, model._base_manager.order_by())
    if not chart.parent:
        return {row.pk: (None, str(row)) for row in rows.filter(pk__in=keys)}
    found = rows.filter(pk__in=tree.ancestors(model, chart.parent, keys)) if keys else []
    return {row.pk: (getattr(row, f"{chart.parent}_id"), str(row)) for row in found}


def way_to(user: Any, model: Any, chart: Chart, key: int) -> State:
    """What must be open for a row of the tree to be seen."""
    return _state(_path(_above(user, model, chart, [key]), key), None)


def _path(above: dict[int, tuple[int | None, str]], key: int) -> list[int]:
    path: list[int] = []
    at: int | None = key
    while at is not None and at in above and at not in path:
        path.insert(0, at)
        at = above[at][0]
    return path


def _state(path: list[int], leaf: int | None) -> State:
    """Where a level has more than a page, it is shown from the row that is looked for."""
    path = path[:MOST_OPEN]
    pages = {f"d{upper}": lower for upper, lower in zip([0, *path], path, strict=False)}
    if leaf and path:
        return State(tuple(path), {**pages, f"p{path[-1]}": leaf})
    return State(tuple(path[:-1]), pages)


def _way(above: dict[int, tuple[int | None, str]], row: Any, key: int, leaf: int | None) -> Way:
    state = _state(_path(above, key), leaf)
    where = " › ".join(above[step][1] for step in state.open)
    return Way(str(row), where, state.query(), f"p{leaf}" if leaf else f"d{key}")
