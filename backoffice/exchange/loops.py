"""Relations to the same model that must not close a loop, followed through the file and the database.

Each row points at one other at the most. Take away, again and again, the rows that nobody points at: what is left
are the loops. A tree loses most of its rows in the first rounds.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from backoffice.exchange.plan import Objection, Plan, changed, sentence
from backoffice.exchange.scratch import PLANNED, STAGED

EDGES = "import_edges"
ROUNDS = 40  # of a chain longer than that the rest is followed here
PAGE = 20_000  # edges
UNSEEN, ON_THE_WAY, SEEN = range(3)


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
    # Numbers in arrays: as objects, the edges of a million rows would take 250 MB.
    nodes = array("q", (node for node, _above in _edges(plan)))
    following = array("q", (_place(nodes, above) for _node, above in _edges(plan)))
    looping = _loops(following)
    scratch.run(f"DELETE FROM {EDGES}")  # noqa: S608
    while places := list(islice(looping, PAGE)):
        scratch.load(EDGES, ["node", "above"], [(nodes[place], nodes[following[place]]) for place in places])


def _edges(plan: Plan) -> Iterator[tuple[int, int]]:
    """By their nodes."""
    query = f"SELECT node, above FROM {EDGES} WHERE node > %s ORDER BY node LIMIT %s"  # noqa: S608
    last = -(1 << 62)
    while page := plan.scratch.rows(query, [last, PAGE]):
        yield from page
        last = page[-1][0]


def _place(nodes: Sequence[int], node: int) -> int:
    place = bisect_left(nodes, node)
    return place if place < len(nodes) and nodes[place] == node else -1


def _loops(following: Sequence[int]) -> Iterator[int]:
    """The places that lead back to themselves; `following` says of each place which one it leads to, or -1."""
    states = bytearray(len(following))
    for start in range(len(following)):
        way = array("q")
        place = start
        while place >= 0 and states[place] == UNSEEN:
            states[place] = ON_THE_WAY
            way.append(place)
            place = following[place]
        if place >= 0 and states[place] == ON_THE_WAY:
            yield from way[way.index(place) :]
        for place in way:
            states[place] = SEEN
