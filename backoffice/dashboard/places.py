"""The part of the tree that a page tells of: the scope of a person, or one row in it and what is below."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from backoffice import tree
from backoffice.access import hidden, reach_of
from backoffice.access.trees import Tree
from backoffice.dashboard.counts import EVERYTHING
from backoffice.dashboard.declared import Board


class Place(NamedTuple):
    key: int
    name: str


class Part(NamedTuple):
    """`places` are summed. `path` leads to the one that was asked for, from the outermost that the person sees."""

    places: list[int]
    path: list[Place]

    @property
    def chosen(self) -> int | None:
        return self.path[-1].key if self.path else None


def part(user: Any, board: Board, asked: str = "") -> Part | None:
    """None where the person sees nothing, or not what they ask for, be it by its name alone."""
    reach = reach_of(user, board.model)
    roots = [EVERYTHING] if reach.everywhere else list(reach.roots.get(board.tree, []))
    if not asked:
        return Part(outermost(board.tree, roots), []) if roots else None
    if not (asked.isdecimal() and asked.isascii() and len(asked) < 19):
        return None
    path = _path(board, int(asked))
    seen = next((n for n, place in enumerate(path) if reach.everywhere or place.key in roots), len(path))
    unnamed = hidden(user, board.tree.model, [place.key for place in path[seen:]])
    named = [place for place in path[seen:] if place.key not in unnamed]
    return Part([int(asked)], named) if named and named[-1] is path[-1] else None


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


def names(user: Any, board: Board, keys: list[int]) -> dict[int, str]:
    """Of those that are there, and that the person sees."""
    model = board.tree.model
    shown = set(keys) - hidden(user, model, keys)
    return {row.pk: str(row) for row in model._base_manager.filter(pk__in=shown).order_by()}
