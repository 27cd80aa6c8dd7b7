"""Rows of which several have the name that a line says: told apart by the row above them, or by the way to them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from backoffice.exchange.noting import note
from backoffice.exchange.paths import (
    CHUNK,
    NOT_TOLD,
    SEPARATOR,
    SIGNS,
    by_way,
    ends,
    folded,
    on_ways,
    parts,
    stored,
)
from backoffice.exchange.plan import Plan
from backoffice.exchange.reach import seen
from backoffice.exchange.scratch import NODES, STAGED

WAYS = [f"%{sign}%" for sign in ("/", *SIGNS)]
ABOVE, CONTESTED, MATCHED = "import_above", "import_contested", "import_matched"


def tell_apart(plan: Plan, place: int, field: Any) -> None:
    """NODES of the lines that say this value of a key which several rows may have, with the row above them.

    A line means the one row of its name that lies below what it says. Where none does, it is a new row, if several
    are called so, or if another line means the one that is.
    """
    column = plan.sheet.apart
    if column is None or column.name not in plan.names:
        return
    scratch, quote = plan.scratch, plan.scratch.quote
    above = plan.sheet.field(column.name)
    scratch.table(CONTESTED, [("line", "bigint"), ("key", "text"), ("text", "text")], key="line")
    rest = without_keys_before(place)
    often = f"SELECT key_{place} FROM {NODES} GROUP BY key_{place} HAVING COUNT(*) > 1"  # noqa: S608
    scratch.run(
        f"INSERT INTO {CONTESTED} SELECT n.line, n.key_{place}, COALESCE(s.{quote(above.attname)}, '') "  # noqa: S608
        f"FROM {NODES} n JOIN {STAGED} s ON s.line = n.line "
        f"WHERE n.node > 0 AND {rest} AND (n.held > 1 OR n.key_{place} IN ({often}))"
    )
    scratch.known(CONTESTED)
    scratch.table(ABOVE, [("text", "text"), ("key", "bigint")], sought=["text"])
    for texts in _texts(plan, f"SELECT DISTINCT text FROM {CONTESTED} WHERE text <> ''"):  # noqa: S608
        meant = stored(plan, column, texts)
        scratch.load(ABOVE, ["text", "key"], [(text, key) for text, keys in meant.items() for key in keys])
    scratch.known(ABOVE)
    _place(plan, field, above)


def _place(plan: Plan, field: Any, above: Any) -> None:
    scratch, quote = plan.scratch, plan.scratch.quote
    rows, params = seen(plan, field, above, among=f"SELECT {quote('key')} FROM {CONTESTED}")  # noqa: S608
    pk = quote(plan.sheet.model._meta.pk.column)
    scratch.table(MATCHED, [("line", "bigint"), ("node", "bigint"), ("held", "bigint")], key="line")
    scratch.run(
        f"INSERT INTO {MATCHED} SELECT c.line, MIN(r.{pk}), COUNT(DISTINCT r.{pk}) FROM {CONTESTED} c "  # noqa: S608
        f"JOIN {rows} r ON r.{quote(field.column)} = c.{quote('key')} "
        f"LEFT JOIN {ABOVE} a ON a.text = c.text AND a.{quote('key')} = r.{quote(above.column)} "
        f"WHERE a.text IS NOT NULL OR (c.text = '' AND r.{quote(above.column)} IS NULL) GROUP BY c.line",
        params,
    )
    scratch.known(MATCHED)
    others = (
        f"t.line IN (SELECT c.line FROM {CONTESTED} c WHERE c.text NOT IN (%s, %s)) "  # noqa: S608
        f"AND t.line NOT IN (SELECT line FROM {MATCHED})"
    )
    taken = f"(t.held > 1 OR t.node IN (SELECT node FROM {MATCHED} WHERE held = 1))"  # noqa: S608
    scratch.run(
        f"UPDATE {NODES} {'AS ' if scratch.vendor != 'mysql' else ''}t SET node = -line, held = 0 "  # noqa: S608
        f"WHERE {others} AND {taken}",
        [NOT_TOLD, "" if plan.options.keep_blank else NOT_TOLD],
    )
    scratch.update_from(NODES, MATCHED, "s.line = t.line", {"node": "s.node", "held": "s.held"})


def find_by_way(plan: Plan, place: int, field: Any) -> None:
    """NODES of the lines that say "Research / Chemistry" of a row, and have no other place for what is above it."""
    column = plan.sheet.apart
    if column is None or column.name in plan.names:
        return
    scratch = plan.scratch
    name = scratch.quote(field.attname)
    rows = plan.sheet.model._base_manager.using(scratch.using)
    new = f"FROM {NODES} n WHERE n.node < 0 AND {without_keys_before(place)}"
    query = f"SELECT DISTINCT n.key_{place} {new} AND {_may_be_way(f'n.key_{place}')}"
    found: list[tuple[str, int, int, str]] = []
    for texts in _texts(plan, query, WAYS):
        meant = by_way(plan, column, [text for text in texts if len(parts(text)) > 1])
        names = dict(rows.filter(pk__in=[min(keys) for keys in meant.values()]).values_list("pk", field.name))
        found += [(text, min(keys), len(keys), names[min(keys)]) for text, keys in meant.items()]
    if not found:
        return
    ways = scratch.table(
        "import_ways",
        [("text", "text"), ("node", "bigint"), ("held", "bigint"), ("name", "text")],
        sought=["text"],
    )
    scratch.load(ways, ["text", "node", "held", "name"], found)
    scratch.known(ways)
    lines = f"t.line IN (SELECT n.line {new})"
    scratch.update_from(STAGED, ways, f"s.text = t.{name}", {field.attname: "s.name"}, lines)
    values = {"node": "s.node", "held": "s.held"}
    where = f"t.node < 0 AND {without_keys_before(place).replace('n.', 't.')}"
    scratch.update_from(NODES, ways, f"s.text = t.key_{place}", values, where)


def refuse_new_ways(plan: Plan, field: Any) -> None:
    """New rows with a name that leads below a row that is there, or that another line makes: it would not lie there."""
    column = plan.sheet.apart
    if column is None or column.name in plan.names:
        return
    scratch, name = plan.scratch, plan.scratch.quote(field.attname)
    lines = f"FROM {NODES} n JOIN {STAGED} s ON s.line = n.line"
    may_be = _may_be_way(f"s.{name}")
    texts = [
        text
        for (text,) in scratch.rows(f"SELECT DISTINCT s.{name} {lines} WHERE n.node < 0 AND {may_be}", WAYS)
    ]
    above = {text: way[:-1] for text in texts if len(way := parts(text)) > 1}
    if not above:
        return
    heads = sorted(
        {spelled for way in above.values() for spelled in (SEPARATOR.join(way), SEPARATOR.join(way).lower())}
    )
    told = set()
    for start in range(0, len(heads), CHUNK):
        some = heads[start : start + CHUNK]
        one_of = ", ".join(["%s"] * len(some))
        query = (
            f"SELECT DISTINCT {name} FROM {STAGED} WHERE {name} IN ({one_of}) OR LOWER({name}) IN ({one_of})"  # noqa: S608
        )
        told |= {tuple(map(folded, parts(text))) for (text,) in scratch.rows(query, [*some, *some])}
    stored_rows, parents = on_ways(plan, column, plan.sheet.model, above.values())
    found = [
        text
        for text, way in above.items()
        if tuple(map(folded, way)) in told or ends(way, stored_rows, parents)
    ]
    if found:
        ways = scratch.table("import_new_ways", [("text", "text")], sought=["text"])
        scratch.load(ways, ["text"], [(text,) for text in found])
        scratch.known(ways)
        reason = _(
            "This reads as the way to what lies below another row. Say in a column “%(column)s” what it lies below."
        )
        chosen = f"{lines} JOIN {ways} w ON w.text = s.{name} WHERE n.node < 0"
        note(plan, chosen, "n.line", plan.position(field.name), reason % {"column": column.header})


def without_keys_before(place: int) -> str:
    """Of NODES n: a row that has another key is not found by this one."""
    return " AND ".join(["1 = 1", *(f"COALESCE(n.key_{other}, '') = ''" for other in range(place))])


def _may_be_way(column: str) -> str:
    """Whether a text may be a way, with WAYS as parameters: all others need not be read."""
    return f"({' OR '.join([f'{column} LIKE %s'] * len(WAYS))})"


def _texts(plan: Plan, query: str, params: Sequence[str] = ()) -> Iterator[list[str]]:
    """The texts of a query of distinct ones, some at a time."""
    texts = [text for (text,) in plan.scratch.rows(query, params)]
    for start in range(0, len(texts), CHUNK):
        yield texts[start : start + CHUNK]
