"""The part of the tree that a page tells of: the scope of a person, or one row in it and what is below."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from backoffice import tree
from backoffice.access import reach_of
from backoffice.access.scope import NOTHING, named_limit
from backoffice.access.trees import Tree
from backoffice.dashboard.counts import EVERYTHING
from backoffice.dashboard.declared import Board


class Place(NamedTuple):
    key: int
    name: str


class Part(NamedTuple):
    """`places` are summed. `path` leads to the one that was asked for, from the outermost that the person sees; without
    `is_told` they may not see what places are called.
    """

    places: list[int]
    path: list[Place]
    is_told: bool = True

    @property
    def chosen(self) -> int | None:
        return self.path[-1].key if self.path else None


def part(user: Any, board: Board, asked: str = "") -> Part | None:
    """None where the person sees nothing, or not what they ask for."""
    reach = reach_of(user, board.model)
    roots = [EVERYTHING] if reach.everywhere else list(reach.roots.get(board.tree, []))
    is_told = named_limit(user, board.tree.model) != NOTHING
    if not asked:
        return Part(outermost(board.tree, roots), [], is_told) if roots else None
    if not is_told or not (asked.isdecimal() and asked.isascii() and len(asked) < 19):
        return None
    path = _path(board, int(asked))
    seen = next((n for n, place in enumerate(path) if reach.everywhere or place.key in roots), None)
    return None if seen is None else Part([int(asked)], path[seen:])


def outermost(declared: Tree, keys: list[int]) -> list[int]:
    """Those of `keys` that are below none of the others."""
    if len(keys) < 2 or not declared.parent:
        return keys
    above = dict(
        declared.model._base_manager.order_by()
        .filter(pk__in=tree.ancestors(declared.model, declared.parent, keys))
        .values_list("pk", declared.parent)
    )
    return [key for key in keys if not set(_climb(above, above.get(key))) & set(keys)]


def _climb(above: dict[int, int | None], key: int | None) -> Iterator[int]:
    seen: set[int] = set()
    while key is not None and key not in seen:
        yield key
        seen.add(key)
        key = above.get(key)


def _path(board: Board, key: int) -> list[Place]:
    """From the root of the tree down to `key`; empty where there is no such row."""
    model, parent = board.tree.model, board.tree.parent
    rows: Any = model._base_manager.order_by()
    if not parent:
        return [Place(row.pk, str(row)) for row in rows.filter(pk=key)]
    found = {row.pk: row for row in rows.filter(pk__in=tree.ancestors(model, parent, [key]))}
    path: list[Place] = []
    at = found.pop(key, None)
    while at is not None:
        path.insert(0, Place(at.pk, str(at)))
        at = found.pop(getattr(at, f"{parent}_id"), None)
    return path


def names(board: Board, keys: list[int]) -> dict[int, str]:
    return {row.pk: str(row) for row in board.tree.model._base_manager.filter(pk__in=keys).order_by()}
