"""Rows that hang on what is deleted and are given another parent, so that they stay."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from backoffice import operations
from backoffice.cascades import KEYS, CascadePlan
from backoffice.frozen import key_set
from backoffice.links import Link, Rows


class Part(NamedTuple):
    """Rows with the same new parent; None for the top of a tree."""

    rows: Rows
    target: Any


@dataclass(frozen=True)
class Move:
    link: Link
    rows: Rows
    parts: list[Part]

    @property
    def key(self) -> str:
        """Which rows move where, as a text that is the same as long as nobody chooses otherwise."""
        targets = ",".join(str(getattr(part.target, "pk", None)) for part in self.parts)
        return f"{self.question}{targets}"

    @property
    def question(self) -> str:
        """How `key` begins, wherever they move."""
        return f"{self.link.model._meta.label}.{self.link.field.name}>"

    @property
    def target(self) -> Any:
        """Where all of them move; None without one, or with several."""
        return self.parts[0].target if len(self.parts) == 1 else None

    @property
    def is_to_the_top(self) -> bool:
        return all(part.target is None for part in self.parts)

    def changes(self, part: Part) -> dict[str, Any]:
        return {self.link.field.name: part.target}

    def apply(self) -> int:
        """Give the rows their new parents, inside the operation that is under way; how many there were."""
        return sum(
            operations.update(part.rows, self.changes(part), actor=None, kind="") for part in self.parts
        )


def moved_to(plan: CascadePlan, link: Link, target: Any) -> Move:
    rows = plan.staying(link)
    return Move(link, rows, [Part(rows, target)])


def moved_up(plan: CascadePlan, link: Link) -> Move:
    """To the nearest that stays above the parent that goes."""
    leaving = _leaving(plan, link)
    targets = plan.model._base_manager.using(plan.using).in_bulk([key for key in leaving if key is not None])
    rows = plan.staying(link)
    parts = [
        Part(rows.filter(**{f"{link.field.name}__in": key_set(plan.model, keys)}), targets.get(key))
        for key, keys in leaving.items()
    ]
    return Move(link, rows, parts)


def can_move_up(plan: CascadePlan, link: Link) -> bool:
    """Whether the places that all would move to are few enough to be looked at one by one."""
    return plan.keys is not None or len(_leaving(plan, link)) <= KEYS


def _leaving(plan: CascadePlan, link: Link) -> dict[Any, list[Any]]:
    """What stays above (None for the top) → the rows that go from below it."""
    above = dict(plan.roots.rows.order_by("pk").values_list("pk", link.field.attname))
    leaving: dict[Any, list[Any]] = {}
    for key in above:
        leaving.setdefault(_staying(key, above), []).append(key)
    return leaving


def _staying(key: Any, above: dict[Any, Any]) -> Any:
    for _step in above:
        if key not in above:
            return key
        key = above[key]
    return None if key in above else key  # a loop leads nowhere
