"""Relations to the same model that must not close a loop, followed through the file and the database.

Each row points at one other at the most. Take away, again and again, the rows that nobody points at: what is left
are the loops. A tree loses most of its rows in the first rounds.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from backoffice.exchange.plan import Objection, Plan, changed, sentence
from backoffice.exchange.scratch import PLANNED, STAGED

EDGES = "import_edges"
ROUNDS = 40  # of a chain longer than that the rest is followed here


def closes_loops(plan: Plan) -> Iterator[Objection]:
    for position, column in plan.used:
        if column.loop and plan.rows.filter(changed(column.name)).exists():
            _follow(plan, plan.sheet.field(column.name))
            _keep_loops(plan)
            on_loop = plan.rows.filter(
                changed(column.name),
                plan_key__in=RawSQL(f"SELECT node FROM {EDGES}", []),  # noqa: S608, S611
            )
            yield Objection(on_loop, column.name, sentence(str(column.loop), target=cell(plan, position)))


def cell(plan: Plan, position: int) -> RawSQL:
    """The text of a cell of a planned row."""
    text = plan.scratch.cell("s.cells", str(position))
    query = f"SELECT TRIM({text}) FROM {STAGED} s WHERE s.line = {PLANNED}.plan_line"  # noqa: S608
    return RawSQL(query, [], output_field=models.TextField())  # noqa: S611


def _follow(plan: Plan, field: Any) -> None:
    """EDGES: from each row of the plan to the one above it, and from the stored rows further up."""
    scratch, meta = plan.scratch, plan.sheet.model._meta
    quote = scratch.quote
    scratch.table(EDGES, [("node", "bigint"), ("above", "bigint")], key="node", sought=["above"])
    column = quote(field.attname)
    scratch.run(
        f"INSERT INTO {EDGES} SELECT plan_key, {column} FROM {PLANNED} "  # noqa: S608
        f"WHERE NOT plan_refused AND {column} IS NOT NULL"
    )
    climb = (
        f"INSERT INTO {EDGES} SELECT e.{quote(meta.pk.column)}, e.{quote(field.column)} "  # noqa: S608
        f"FROM (SELECT DISTINCT above FROM {EDGES}) a "
        f"JOIN {quote(meta.db_table)} e ON e.{quote(meta.pk.column)} = a.above "
        f"WHERE e.{quote(field.column)} IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {EDGES} o WHERE o.node = a.above) "
        f"AND NOT EXISTS (SELECT 1 FROM {PLANNED} p WHERE p.plan_key = a.above AND NOT p.plan_refused)"
    )
    scratch.known(EDGES)
    while scratch.run(climb):
        pass


def _keep_loops(plan: Plan) -> None:
    scratch = plan.scratch
    peel = f"DELETE FROM {EDGES} WHERE NOT EXISTS (SELECT 1 FROM {EDGES} o WHERE o.above = {EDGES}.node)"  # noqa: S608
    for _round in range(ROUNDS):
        if not scratch.run(peel):
            return
    edges = dict(scratch.rows(f"SELECT node, above FROM {EDGES}"))  # noqa: S608
    looping = list(_loops(edges))
    scratch.run(f"DELETE FROM {EDGES}")  # noqa: S608
    scratch.load(EDGES, ["node", "above"], [(node, edges[node]) for node in looping])


def _loops(edges: dict[int, int]) -> Iterator[int]:
    seen: set[int] = set()
    for start in edges:
        path: dict[int, int] = {}
        node: int | None = start
        while node is not None and node in edges and node not in seen and node not in path:
            path[node] = len(path)
            node = edges.get(node)
        if node in path:
            yield from list(path)[path[node] :]
        seen.update(path)
