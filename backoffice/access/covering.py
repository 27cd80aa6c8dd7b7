"""Whether somebody may do something wherever it may be done by another: there, or for what stands above."""

from collections.abc import Iterable, Mapping
from typing import Any

from backoffice.access.held import Reach
from backoffice.access.trees import Tree, chain

Above = Mapping[Tree, Mapping[Any, Any]]


def covers(one: Reach, other: Reach) -> bool:
    """Whether a permission is held wherever another one is."""
    return cover_all([(one, other)])[0]


def covers_by_roots(one: Reach, other: Reach) -> bool:
    """The same by the roots alone, whatever lies below what."""
    return _covers(one, other, {})


def cover_all(pairs: Iterable[tuple[Reach, Reach]]) -> list[bool]:
    """The same of each pair, by one query for each tree; none where the parts are the very same."""
    asked = list(pairs)
    above = {tree: tree.above(roots) for tree, roots in _elsewhere(asked).items()}
    return [_covers(one, other, above) for one, other in asked]


def _elsewhere(pairs: Iterable[tuple[Reach, Reach]]) -> dict[Tree, set[Any]]:
    """The roots of which it takes the tree to say whether they are below others."""
    found: dict[Tree, set[Any]] = {}
    for one, other in pairs:
        for tree in () if one.everywhere or other.everywhere else one.roots.keys() & other.roots.keys():
            if roots := set(other.roots[tree]).difference(one.roots[tree]):
                found.setdefault(tree, set()).update(roots)
    return found


def _covers(one: Reach, other: Reach, above: Above) -> bool:
    if one.everywhere or other.everywhere:
        return one.everywhere
    return all(
        root in one.roots.get(tree, ())
        or not chain(above.get(tree, {}), root).isdisjoint(one.roots.get(tree, ()))
        for tree, roots in other.roots.items()
        for root in roots
    )
