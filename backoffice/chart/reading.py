"""Read what is open of a tree: a page of each level, never a level of thousands as a whole."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin import AdminSite
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.lookups import Exact
from django.http import HttpRequest

from backoffice.access import reach_of, sees, visible
from backoffice.access.scope import ROW_BY_ROW, asked
from backoffice.access.trees import trees_of
from backoffice.admin.rights import may
from backoffice.chart.declared import Chart
from backoffice.chart.state import State
from backoffice.dashboard.places import outermost

PER_PAGE = 50  # rows of a level, and of what hangs on a row
MOST_NODES = 600  # on a page that is loaded as a whole: what is open beyond stays closed


@dataclass
class Node:
    """A row of the tree (`key`), or one that hangs on it (`leaf`)."""

    row: Any
    level: int
    key: int = 0
    leaf: int = 0
    may_open: bool = False
    is_open: bool = False
    below: list["Node"] = field(default_factory=list)
    leaves: list["Node"] = field(default_factory=list)
    pages: dict[str, "Turn"] = field(default_factory=dict)


@dataclass
class Turn:
    """Whether a level is shown from its beginning (else `first`), and the key that its next page begins with."""

    is_first: bool = True
    next: int | None = None


class Reader:
    """Reads what this person may do `deeds` with: one with rows of the tree, one with what hangs on them."""

    def __init__(
        self,
        site: AdminSite,
        request: HttpRequest,
        model: Any,
        chart: Chart,
        state: State,
        deeds: tuple[str, str] = ("view", "view"),
        most: float | None = None,
    ) -> None:
        """What is open beyond `most` rows (MOST_NODES) stays closed."""
        self.user: Any = request.user
        self.model, self.chart, self.state = model, chart, state
        self.deed, self.leaf_deed = deeds
        asked = {"view", self.leaf_deed}
        self.shows_leaves = all(may(site, request, deed, chart.leaves) for deed in asked)
        self.nodes, self.most = 0, MOST_NODES if most is None else most
        self.as_of: datetime.datetime | None = None

    def top(self) -> Node:
        """What this person sees, from the outermost; the node itself stands for nothing."""
        top = Node(None, 0, is_open=True)
        self._fill(top, self._roots())
        self._prepare(top)
        return top

    def one(self, key: int, level: int) -> Node | None:
        """One row with what is open below it; None where the person does not see it."""
        row = self._rows().filter(pk=key).first()
        if row is None or not sees(self.user, row, self.deed):
            return None
        node = self._node(row, level)
        self._prepare(node)
        return node

    def _roots(self) -> Any:
        reach, rows = reach_of(self.user, self.model, self.deed), self._rows()
        if reach.everywhere and self.deed != "view":
            reach = reach_of(self.user, self.model)
        elif self.deed != "view":
            rows = visible(self.user, rows)
        if reach.everywhere:
            return rows.filter(**{f"{self.chart.parent}__isnull": True}) if self.chart.parent else rows
        for declared in trees_of(self.model):
            if declared in reach.roots:
                return rows.filter(pk__in=outermost(declared, reach.roots[declared]))
        return rows.none()

    def _rows(self) -> Any:
        """Rows of the tree in their order, each with whether anything is below."""
        below = Q(pk__in=[])
        if self.shows_leaves:
            below |= self._has_any(self._leaf_rows(), self.chart.path)
        if self.chart.parent:
            below |= self._has_any(self.model._base_manager, self.chart.parent)
        rows = self.model._base_manager.select_related(*self.chart.select_related)
        return rows.annotate(chart_may_open=models.ExpressionWrapper(below, models.BooleanField()))

    @staticmethod
    def _has_any(rows: Any, path: str) -> Q:
        """Whether the next row in the order of parents is one of this parent: read from the index of `path`.

        For EXISTS, PostgreSQL reads the whole table into memory where few parents have most of its rows.
        """
        following = rows.filter(**{f"{path}__gte": OuterRef("pk")}).order_by(path)
        return Q(Exact(Subquery(following.values(path)[:1]), F("pk")))

    def _leaf_rows(self) -> Any:
        return self.chart.leaves._base_manager.order_by().filter(self.chart.shown)

    def _node(self, row: Any, level: int) -> Node:
        self.nodes += 1
        node = Node(row, level, key=row.pk, may_open=row.chart_may_open)
        if node.may_open and row.pk in self.state.open and self.nodes < self.most:
            node.is_open = True
            below = self._rows().filter(**{self.chart.parent: row.pk}) if self.chart.parent else None
            self._fill(node, below)
        return node

    def _fill(self, node: Node, rows: Any) -> None:
        """What is below a row that is seen is seen as well: scope goes down the tree."""
        if rows is not None:
            found, node.pages["d"] = self._page(rows, f"d{node.key}")
            node.below = [self._node(row, node.level + 1) for row in found]
        if node.key and self.shows_leaves:
            with asked(ROW_BY_ROW):
                rows = self._leaf_rows().filter(**{self.chart.path: node.key})
                hanging = visible(self.user, rows, self.leaf_deed)
            found, node.pages["p"] = self._page(hanging, f"p{node.key}")
            node.leaves = [Node(row, node.level + 1, leaf=row.pk) for row in found]
            self.nodes += len(node.leaves)

    def _page(self, rows: Any, name: str) -> tuple[list[Any], Turn]:
        order = self._order(rows.model)
        found = list(rows.order_by(*order)[: PER_PAGE + 1])
        start, turn = self.state.pages.get(name), Turn()
        if start and start not in [row.pk for row in found[:PER_PAGE]]:
            later = self._from(rows, order, start)
            if later:
                found, turn.is_first = later, False
        if len(found) > PER_PAGE:
            turn.next = found[PER_PAGE].pk
        return found[:PER_PAGE], turn

    def _from(self, rows: Any, order: list[str], start: int) -> list[Any]:
        """A page from the row `start` on, by its key: as quick in a level of 300,000 as at its beginning."""
        first = rows.filter(pk=start).first()
        if first is None:
            return []
        column = order[0]
        value = getattr(first, column)
        behind = Q(**{f"{column}__gte": value}) & (Q(**{f"{column}__gt": value}) | Q(pk__gte=start))
        return list(rows.filter(behind).order_by(*order)[: PER_PAGE + 1])

    @staticmethod
    def _order(model: Any) -> list[str]:
        """By the first column of the model's own order, then by key."""
        named = [str(name) for name in model._meta.ordering if name not in ("pk", "id")]
        return [named[0] if named else "pk", "pk"]

    def _prepare(self, top: Node) -> None:
        self.as_of = self.chart.prepare([node.row for node in walk(top) if node.key])


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, as they stand below each other."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed([*each.below, *each.leaves])
