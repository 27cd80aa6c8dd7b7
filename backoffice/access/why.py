"""Why somebody sees a row: which role, where it comes from, and the way down the tree to the row."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from backoffice import tree
from backoffice.access.held import Held, access_of
from backoffice.access.scope import names
from backoffice.access.trees import Tree, trees_of


class Reason(NamedTuple):
    role: str  # empty for a permission of the account itself
    is_head: bool  # whether it comes from heading the first of the path
    path: list[str]  # from where the role holds down to where the row is; empty where it holds for everything
    is_superuser: bool = False


def reasons(user: Any, row: Any) -> list[Reason]:
    """None for a model that no tree scopes."""
    declared = trees_of(type(row))
    if not declared:
        return []
    if user.is_superuser:
        return [Reason("", False, [], is_superuser=True)]
    access = access_of(user)
    asked = set(names(type(row), "view"))
    found = [Reason("", False, [])] if asked & access.plain else []
    held = [one for one in access.held if asked & access.permissions[one.role].keys()]
    found += [Reason(one.role, False, []) for one in held if one.root is None]
    for each in declared:
        bound = [one for one in held if one.tree is each and one.root is not None]
        found += _on_the_way(each, row, bound) if bound else []
    return found


def _on_the_way(declared: Tree, row: Any, bound: list[Held]) -> Iterator[Reason]:
    """For each role whose root is above the row: two queries for all of them."""
    path = str(declared.path(type(row)))
    place = type(row)._base_manager.filter(pk=row.pk).values_list(path, flat=True).first()
    way = _way_up(declared, place)
    for one in bound:
        keys = [key for key, _name in way]
        if one.root in keys:
            down = way[: keys.index(one.root) + 1][::-1]
            yield Reason(one.role, one.grant is None, [name for _key, name in down])


def _way_up(declared: Tree, place: Any) -> list[tuple[Any, str]]:
    """(key, name) of the row's place and of everything above it."""
    every = declared.model._base_manager
    if not declared.parent:
        return [(row.pk, str(row)) for row in every.filter(pk=place)]
    above = {
        row.pk: row for row in every.filter(pk__in=tree.ancestors(declared.model, declared.parent, [place]))
    }
    way: list[tuple[Any, str]] = []
    attname = f"{declared.parent}_id"
    while place in above:
        row = above.pop(place)
        way.append((row.pk, str(row)))
        place = getattr(row, attname)
    return way
