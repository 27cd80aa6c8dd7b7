"""Relations to the same model that must not close a loop, followed through the file and the database."""

from collections.abc import Callable, Iterator
from typing import Any

from backoffice import tree
from backoffice.exchange import lookups
from backoffice.exchange.plan import Objection, Plan, Row
from backoffice.exchange.sheet import Column

# A new row stands for itself; a stored one is known by its key.
Node = Any


def closes_loops(plan: Plan) -> Iterator[Objection]:
    for column in plan.columns:
        if column.loop:
            yield from _closes_loops(plan, column)


def _closes_loops(plan: Plan, column: Column) -> Iterator[Objection]:
    attname = plan.sheet.field(column.name).attname
    changed = [row for row in plan.accepted if row.is_changed(attname)]
    stored = _stored_edges(plan, column.name, attname, changed)

    def above(node: Node) -> Node:
        row = node if isinstance(node, Row) else plan.row_of(node)
        return row.get(attname) if row else stored.get(node)

    for node in _nodes_on_loops(changed, above):
        row = node if isinstance(node, Row) else plan.row_of(node)
        if row and row.is_changed(attname):
            yield Objection(row, column.name, column.loop % {"target": row.cells[column.name]})


def _stored_edges(plan: Plan, name: str, attname: str, changed: list[Row]) -> dict[Any, Any]:
    """Key → key of the row above it, for everything above the rows that the file refers to."""
    model = plan.sheet.model
    targets = (row.get(attname) for row in changed)
    edges: dict[Any, Any] = {}
    for keys in lookups.chunks(target for target in targets if target and not isinstance(target, Row)):
        path = model._default_manager.filter(pk__in=tree.ancestors(model, name, keys))
        edges.update(path.order_by().values_list("pk", attname))
    return edges


def _nodes_on_loops(rows: list[Row], above: Callable[[Node], Node]) -> Iterator[Node]:
    seen: set[Node] = set()
    for row in rows:
        path: dict[Node, int] = {}
        node: Node = row if row.is_new else row.instance.pk
        while node is not None and node not in seen and node not in path:
            path[node] = len(path)
            node = above(node)
        if node in path:
            yield from list(path)[path[node] :]
        seen.update(path)
