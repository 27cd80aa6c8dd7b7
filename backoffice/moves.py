"""Rows that hang on what is deleted and are given another parent, so that they stay."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from backoffice import operations, tree
from backoffice.cascades import CascadePlan
from backoffice.links import Link, Rows
from backoffice.sql.by_key import by_key


@dataclass(frozen=True)
class Move:
    """`parent` is the new one of all `rows`, None for the top of a tree; an expression where they get several."""

    link: Link
    rows: Rows
    parent: Any
    targets: list[Any]  # the keys of all new parents
    is_up: bool = False  # nobody chose them: they are what stays above
    is_named: bool = True  # else whoever asks does not see where they move

    @property
    def key(self) -> str:
        """Which rows move where, as a text that is the same as long as nobody chooses otherwise."""
        targets = ",".join(str(key) for key in self.targets)
        return f"{self.question}{sha256(targets.encode()).hexdigest()}"

    @property
    def question(self) -> str:
        """How `key` begins, wherever they move."""
        return f"{self.link.model._meta.label}.{self.link.field.name}>"

    @property
    def target(self) -> Any:
        """Where all of them move; None without one, or with several."""
        return self.parent if len(self.targets) == 1 else None

    @property
    def is_to_the_top(self) -> bool:
        return self.parent is None

    @property
    def is_loss(self) -> bool:
        """Whether its rows have none afterwards, as if nobody had chosen anything."""
        return self.link.empties and self.is_to_the_top

    @property
    def changes(self) -> dict[str, Any]:
        return {self.link.field.name: self.parent}

    def apply(self) -> int:
        """Give the rows their new parents, inside the operation that is under way; how many got another."""
        return operations.update(self.rows, self.changes, actor=None, kind="")


def moved_to(plan: CascadePlan, link: Link, target: Any) -> Iterator[Move]:
    """A row of a tree that takes over from its own parent gets what stays above that."""
    rows = plan.staying(link)
    if link.model is not plan.model:
        yield Move(link, rows, target, [target.pk])
        return
    yield Move(link, rows.exclude(pk=target.pk), target, [target.pk])
    above = _above(plan, link, target.pk)
    yield Move(link, rows.filter(pk=target.pk), above, [above and above.pk], is_up=True)


def _above(plan: CascadePlan, link: Link, key: Any) -> Any:
    """The nearest row above this one that stays; None at the top."""
    every = plan.model._base_manager.using(plan.using)
    path = every.filter(pk__in=tree.ancestors(plan.model, link.field.name, [key])).in_bulk()
    going = set(plan.roots.rows.filter(pk__in=list(path)).order_by().values_list("pk", flat=True))
    parents = {row.pk: getattr(row, link.field.attname) for row in path.values() if row.pk in going}
    start = getattr(path[key], link.field.attname) if key in path else None
    return path.get(_nearest(parents).get(start, start))


def moved_up(plan: CascadePlan, link: Link) -> Move:
    """To the nearest that stays above the parent that goes."""
    found = _nearest(dict(plan.roots.rows.order_by("pk").values_list("pk", link.field.attname)))
    targets = list(dict.fromkeys(found.values()))
    if len(targets) > 1:
        parent: Any = by_key(link.field.attname, found, link.field)
    else:
        parent = plan.model._base_manager.using(plan.using).filter(pk__in=targets).first()
    return Move(link, plan.staying(link), parent, targets, is_up=True)


def _nearest(above: dict[Any, Any]) -> dict[Any, Any]:
    """Each row that goes → the nearest above it that stays; None for the top, where a loop leads as well."""
    found: dict[Any, Any] = {}
    for key in above:
        passed: dict[Any, Any] = {}
        at = key
        while at in above and at not in found and at not in passed:
            passed[at] = None
            at = above[at]
        found |= dict.fromkeys(passed, found.get(at, None if at in above else at))
    return found
