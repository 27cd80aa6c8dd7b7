"""Ways to rows that the file itself has: "Research / Chemistry" where a line makes Chemistry, below Research."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from backoffice.exchange.letters import folded
from backoffice.exchange.paths import CHUNK, ends, on_ways, ways_in
from backoffice.exchange.plan import Plan
from backoffice.exchange.scratch import NODES, STAGED
from backoffice.exchange.sheet import Column

WANTED = "import_wanted"
ROUNDS = 40  # a way may lead through a line whose own way comes later


def look_up_among_lines(plan: Plan, column: Column, rest: str, table: str, model: Any) -> None:
    """Add to `table` what those texts of `rest` mean that it does not know and that lead through lines of the file."""
    if not (column.path and plan.sheet.is_self_reference(column) and column.or_by[0] in plan.keys):
        return
    for _round in range(ROUNDS):
        if not _look_up_once(plan, column, rest, table, model):
            return


def _look_up_once(plan: Plan, column: Column, rest: str, table: str, model: Any) -> bool:
    last, any_found = "", False
    query = (
        f"SELECT t.text FROM {rest} t LEFT JOIN {table} r ON r.text = t.text "  # noqa: S608
        f"WHERE r.text IS NULL AND t.text > %s ORDER BY t.text LIMIT {CHUNK}"
    )
    while texts := [text for (text,) in plan.scratch.rows(query, [last])]:
        last = texts[-1]
        ways = ways_in(texts)
        found = _meanings(plan, column, model, table, ways) if ways else {}
        rows = [(text, min(keys), len(keys)) for text, keys in found.items()]
        plan.scratch.load(table, ["text", "key", "fits"], rows)
        any_found |= bool(found)
    return any_found


def _meanings(
    plan: Plan, column: Column, model: Any, table: str, ways: dict[str, list[str]]
) -> dict[str, set[Any]]:
    rows, parents = on_ways(plan, column, model, ways.values())
    waiting: dict[str, list[int]] = defaultdict(list)
    for name, node, text, key in _lines(plan, column, table, {part for way in ways.values() for part in way}):
        rows.setdefault(folded(name), {})[node] = name
        if text:
            parents[node] = key
            waiting[text].append(node)
    found: dict[str, set[Any]] = {}
    for text in sorted(ways, key=lambda each: len(ways[each])):  # those above come first
        if keys := ends(ways[text], rows, parents):
            found[text] = keys
            parents |= dict.fromkeys(waiting[text], min(keys)) if len(keys) == 1 else {}
    return found


def _lines(plan: Plan, column: Column, table: str, names: Iterable[str]) -> list[Any]:
    """Of each line of these names: name, node, the text of what it lies below, and the row that this means."""
    scratch, place = plan.scratch, plan.keys.index(column.or_by[0])
    above = f"s.{scratch.quote(plan.sheet.field(column.name).attname)}"
    wanted = scratch.table(WANTED, [("text", "text")])
    scratch.load(wanted, ["text"], [(name,) for name in names])
    scratch.known(wanted)
    return scratch.rows(
        f"SELECT DISTINCT n.key_{place}, n.node, {above}, r.key FROM {WANTED} w "  # noqa: S608
        f"JOIN {NODES} n ON n.letters_{place} = {scratch.folded('w.text')} JOIN {STAGED} s ON s.line = n.line "
        f"LEFT JOIN {table} r ON r.text = {above} AND r.fits = 1"
    )
