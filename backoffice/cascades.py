"""What a deletion takes with it, as querysets: nothing is loaded, however many rows there are.

A plan starts at `roots` and follows every relation that points at what goes: CASCADE makes more rows go, SET_NULL
and its kin change rows that stay, PROTECT and RESTRICT block. `apply()` does that with a statement a relation.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from operator import or_
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.models import Exists, OuterRef, Q
from django.db.models.deletion import ProtectedError
from django.db.models.signals import post_delete, pre_delete

from backoffice import tree
from backoffice.links import Link, Model, Rows, bare, links_to
from backoffice.operations.current import operation
from backoffice.operations.recorder import record_deleted
from backoffice.operations.tables import is_recorded
from backoffice.operations.unordered import looked_at, unordered
from backoffice.security import leaving
from backoffice.sql.limited import first_keys

KEYS = 500  # so many roots are named by their keys; more are described by their query


@dataclass(frozen=True)
class Going:
    """The rows of one model that go."""

    model: Model
    rows: Rows
    links: list[Link]  # by which they hang on others that go; none for roots
    keys: list[Any] | None = None  # of roots, when they are few
    where: Q | None = None  # when a condition on the row's own columns says it all

    @property
    def is_everything(self) -> bool:
        query = self.rows.query
        return not query.where and not query.is_sliced

    @property
    def is_simple(self) -> bool:
        """Whether a planner can tell about how many they are: nothing but columns of the table itself is asked."""
        return bool(self.where) or self.is_everything or not self.links

    def others(self, rows: Rows) -> Rows:
        """Those of `rows` that stay."""
        if self.is_everything:
            return rows.none()
        if self.where is not None:
            return rows.exclude(self.where)
        # Not NOT IN: for a large set PostgreSQL would search a list for every row.
        return rows.filter(~Exists(self.rows.order_by().filter(pk=OuterRef("pk"))))


class CascadePlan:
    def __init__(self, roots: Rows, settled: Collection[Link] = ()) -> None:
        """`settled` are relations by which nothing more goes and nothing blocks: their rows are among the roots, or
        get another parent before anything is deleted.
        """
        self.using = roots.db
        self.model: Model = roots.model._meta.concrete_model
        found = list(roots.order_by().values_list("pk", flat=True)[: KEYS + 1])
        self.keys = found if len(found) <= KEYS else None
        links = list(_reachable(self.model, settled))
        self.going: dict[Model, Going] = {}  # parents before children
        for model in _parents_first(self.model, links):
            self.going[model] = self._going(model, roots, [link for link in links if link.model is model])
        self.emptied = [link for link in links if link.empties]
        self.blocking = [link for link in links if link.blocks]

    @property
    def roots(self) -> Going:
        return self.going[self.model]

    @property
    def chosen(self) -> Rows:
        """The roots without what hangs on them."""
        return self.model._base_manager.using(self.using).filter(pk__in=self.keys or [])

    def lock(self) -> None:
        """Keep others from hanging rows on the roots until the end of the transaction, where they are few."""
        list(self.chosen.order_by("pk").select_for_update().values_list("pk"))

    def staying(self, link: Link, *, parents: int | None = None) -> Rows:
        """The rows that stay but point through `link` at what goes, or only at so many `parents` of that."""
        rows = self._pointing(link, parents)
        return self.going[link.model].others(rows) if link.model in self.going else rows

    def apply(self) -> dict[Model, int]:
        """Delete, and say how many rows of each model went. Raises ProtectedError when rows stand in the way.

        No row is loaded and no delete signal sent; only the rows of a model whose signals somebody listens to,
        or that spans several tables by inheritance, are deleted Django's way.
        """
        gone: Counter[str] = Counter()
        with operation(using=self.using), unordered(self.using):
            for link in self.blocking:
                if example := self.staying(link).first():
                    raise ProtectedError(f"{link.field} protects rows.", {example})
            if accounts := self.going.get(get_user_model()):
                keys = accounts.keys
                leaving.announce(
                    accounts.rows.values_list("pk", flat=True) if keys is None else keys, self.using
                )
            for link in self.emptied:
                link.empty(self.staying(link), self.using)
            for going in reversed(self.going.values()):  # children first
                rows = going.rows.order_by()
                if is_recorded(going.model):
                    gone[going.model._meta.label] += record_deleted(
                        rows, one_by_one=_needs_instances(going.model)
                    )
                    continue
                with nullcontext() if _refers_to_itself(going) else looked_at(self.using):
                    if _needs_instances(going.model):
                        gone.update(rows.delete()[1])
                    else:
                        gone[going.model._meta.label] += rows._raw_delete(self.using)
        return {model: gone[model._meta.label] for model in self.going}

    def _going(self, model: Model, roots: Rows, links: list[Link]) -> Going:
        links = [link for link in links if link.cascades]
        above = [link for link in links if link.parent is not model]
        within = [link for link in links if link.parent is model]
        every = model._base_manager.using(self.using)
        if model is self.model:
            where = None if self.keys is None else Q(pk__in=self.keys)
            rows = bare(roots) if where is None else every.filter(where)
            going = Going(model, rows, [], self.keys, where)
        else:
            going = Going(model, *self._hanging(every, above))
        for link in within if not going.is_everything else []:
            rows = every.filter(pk__in=tree.below(going.rows, link.field.name))
            going = Going(model, rows, [*going.links, link])
        return going

    def _hanging(self, every: Rows, links: list[Link]) -> tuple[Rows, list[Link], None, Q | None]:
        parents = [self.going[link.parent] for link in links]
        if any(link.is_total and parent.is_everything for link, parent in zip(links, parents, strict=True)):
            return every.all(), links, None, None
        hangs = (link.to(parent.rows, parent.keys) for link, parent in zip(links, parents, strict=True))
        where = reduce(or_, hangs)
        plain = all(link.is_plain and self.going[link.parent].keys is not None for link in links)
        return every.filter(where), links, None, where if plain else None

    def _pointing(self, link: Link, limit: int | None = None) -> Rows:
        parents = self.going[link.parent]
        few = parents.rows
        if limit is not None:
            few = few.order_by()[:limit]
            if not connections[self.using].features.allow_sliced_subqueries_with_in:
                every = parents.model._base_manager.using(self.using)
                few = every.filter(pk__in=first_keys(parents.rows.order_by(), limit))
        return link.rows(self.using).filter(link.to(few, parents.keys))


def _reachable(root: Model, settled: Collection[Link]) -> Iterator[Link]:
    """Every relation that points at a model of which rows go, but those that are `settled`."""
    seen, waiting = {root}, [root]
    while waiting:
        for link in links_to(waiting.pop()):
            if link in settled:
                continue
            yield link
            if link.cascades and link.model not in seen:
                seen.add(link.model)
                waiting.append(link.model)


def _parents_first(root: Model, links: list[Link]) -> list[Model]:
    sorter: TopologicalSorter[Model] = TopologicalSorter({root: ()})
    for link in links:
        if link.cascades and link.model is not link.parent:
            sorter.add(link.model, link.parent)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = ", ".join(model._meta.label for model in error.args[1])
        raise ImproperlyConfigured(
            f"Deleting a {root._meta.label} goes round in a circle of cascades: {circle}. "
            "Make one of these relations SET_NULL or PROTECT."
        ) from error


def _refers_to_itself(going: Going) -> bool:
    return any(link.model is going.model for link in links_to(going.model))


def _needs_instances(model: Model) -> bool:
    listened = pre_delete.has_listeners(model) or post_delete.has_listeners(model)
    return bool(model._meta.parents) or listened
