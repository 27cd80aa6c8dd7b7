"""Rows of which several have the name that a line says: told apart by the row above them, or by the way to them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from backoffice.exchange.letters import folded
from backoffice.exchange.noting import note
from backoffice.exchange.paths import (
    CHUNK,
    LEVELS,
    NOT_TOLD,
    SEPARATOR,
    SIGNS,
    by_way,
    ends,
    on_ways,
    parts,
    stored,
)
from backoffice.exchange.plan import Plan
from backoffice.exchange.reach import seen
from backoffice.exchange.scratch import NODES, STAGED
from backoffice.exchange.sheet import Column

WAYS = [f"%{sign}%" for sign in ("/", *SIGNS)]
ABOVE, CONTESTED, MATCHED = "import_above", "import_contested", "import_matched"
GIVEN = "import_given"


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
    names = [("key", "text"), ("letters", "text"), ("text", "text")]
    scratch.table(CONTESTED, [("line", "bigint"), *names], key="line", sought=["key", "letters"])
    rest = without_keys_before(place)
    often = f"SELECT node FROM {NODES} GROUP BY node HAVING COUNT(*) > 1"  # noqa: S608
    scratch.run(
        f"INSERT INTO {CONTESTED} "  # noqa: S608
        f"SELECT n.line, n.key_{place}, n.letters_{place}, COALESCE(s.{quote(above.attname)}, '') "
        f"FROM {NODES} n JOIN {STAGED} s ON s.line = n.line "
        f"WHERE n.node > 0 AND {rest} AND (n.held > 1 OR n.node IN ({often}))"
    )
    scratch.known(CONTESTED)
    _look_up_above(plan, column, f"SELECT DISTINCT text FROM {CONTESTED} WHERE text <> ''")  # noqa: S608
    scratch.known(ABOVE)
    _place(plan, field, above)


def _look_up_above(plan: Plan, column: Column, query: str) -> None:
    """ABOVE: the stored rows that each text of the query may mean in a cell of `column`."""
    plan.scratch.table(ABOVE, [("text", "text"), ("key", "bigint")], sought=["text"])
    for texts in _texts(plan, query):
        meant = stored(plan, column, texts)
        found = [(text, key) for text, keys in meant.items() for key in keys]
        plan.scratch.load(ABOVE, ["text", "key"], found)


def _place(plan: Plan, field: Any, above: Any) -> None:
    scratch, quote = plan.scratch, plan.scratch.quote
    rows, params = seen(plan, field, above)
    pk, name = quote(plan.sheet.model._meta.pk.column), f"r.{quote(field.column)}"
    scratch.table(MATCHED, [("line", "bigint"), ("node", "bigint"), ("held", "bigint")], key="line")
    for called in (f"{name} = c.{quote('key')}", f"{scratch.folded(name)} = c.letters"):
        scratch.run(
            f"INSERT INTO {MATCHED} SELECT c.line, MIN(r.{pk}), COUNT(DISTINCT r.{pk}) FROM {rows} r "  # noqa: S608
            f"CROSS JOIN {CONTESTED} c "
            f"LEFT JOIN {ABOVE} a ON a.text = c.text AND a.{quote('key')} = r.{quote(above.column)} "
            f"WHERE {called} AND c.line NOT IN (SELECT line FROM {MATCHED}) "
            f"AND (a.text IS NOT NULL OR (c.text = '' AND r.{quote(above.column)} IS NULL)) GROUP BY c.line",
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


def give_keys(plan: Plan, place: int, field: Any, key: Any) -> None:
    """NODES of the lines with a key that nobody has: the row of their name in their place gets it, if it has none.

    Those at the top come first: by the key that one gets, other lines say that they lie below it.
    """
    column, scratch, quote = plan.sheet.apart, plan.scratch, plan.scratch.quote
    lines = f"FROM {NODES} n JOIN {STAGED} s ON s.line = n.line WHERE n.node < 0 AND n.key_0 <> ''"
    if column is None or not scratch.rows(f"SELECT n.line {lines} AND n.key_{place} <> '' LIMIT 1"):
        return
    above, pk = plan.sheet.field(column.name), quote(plan.sheet.model._meta.pk.column)
    below = f"COALESCE(s.{quote(above.attname)}, '')" if column.name in plan.names else "''"
    _look_up_above(plan, column, f"SELECT DISTINCT {below} {lines} AND {below} <> ''")
    rows, params = seen(plan, field, key, above)
    name, lacking = f"r.{quote(field.column)}", f"COALESCE(r.{quote(key.column)}, '') = ''"
    for _level in range(LEVELS):
        scratch.known(ABOVE)
        scratch.table(GIVEN, [("line", "bigint"), ("node", "bigint")], key="line")
        for called in (f"{name} = n.key_{place}", f"{scratch.folded(name)} = n.letters_{place}"):
            scratch.run(
                f"INSERT INTO {GIVEN} SELECT n.line, MIN(r.{pk}) "  # noqa: S608
                f"FROM {rows} r CROSS JOIN {NODES} n JOIN {STAGED} s ON s.line = n.line "
                f"LEFT JOIN {ABOVE} a ON a.text = {below} AND a.{quote('key')} = r.{quote(above.column)} "
                f"WHERE {called} AND n.node < 0 AND n.key_0 <> '' AND {lacking} "
                f"AND (a.text IS NOT NULL OR ({below} = '' AND r.{quote(above.column)} IS NULL)) "
                f"AND r.{pk} NOT IN (SELECT node FROM {NODES}) AND n.line NOT IN (SELECT line FROM {GIVEN}) "
                f"GROUP BY n.line HAVING COUNT(DISTINCT r.{pk}) = 1",
                params,
            )
        scratch.known(GIVEN)
        if not scratch.update_from(NODES, GIVEN, "s.line = t.line", {"node": "s.node", "held": "1"}):
            return
        given = f"SELECT n.key_0, n.node FROM {GIVEN} g JOIN {NODES} n ON n.line = g.line"  # noqa: S608
        scratch.run(f"INSERT INTO {ABOVE} {given}")


def find_by_way(plan: Plan, place: int, field: Any) -> None:
    """NODES of the lines that say "Research / Chemistry" of a row, and have no other place for what is above it."""
    column = plan.sheet.apart
    if column is None or column.name in plan.names:
        return
    scratch = plan.scratch
    columns = [("text", "text"), ("node", "bigint"), ("held", "bigint")]
    ways = scratch.table("import_ways", columns, sought=["text"])
    for texts in _new_ways(plan, place):
        found = by_way(plan, column, texts)
        rows = [(text, min(keys), len(keys)) for text, keys in found.items()]
        scratch.load(ways, ["text", "node", "held"], rows)
    scratch.known(ways)
    values = {"node": "s.node", "held": "s.held"}
    where = f"t.node < 0 AND {without_keys_before(place).replace('n.', 't.')}"
    scratch.update_from(NODES, ways, f"s.text = t.key_{place}", values, where)


def refuse_new_ways(plan: Plan, place: int, field: Any) -> None:
    """New rows with a name that leads below a row that is there, or that another line makes: it would not lie there.

    But those that say themselves what they lie below.
    """
    column = plan.sheet.apart
    if column is None:
        return
    scratch, told_above = plan.scratch, ""
    if column.name in plan.names:
        above_cell = f"s.{scratch.quote(plan.sheet.field(column.name).attname)}"
        told_above = f"AND n.line IN (SELECT s.line FROM {STAGED} s WHERE COALESCE({above_cell}, '') = '')"  # noqa: S608
    ways = scratch.table("import_new_ways", [("text", "text")], sought=["text"])
    heads = scratch.table("import_heads", [("text", "text")])
    for texts in _new_ways(plan, place):
        above = {text: parts(text)[:-1] for text in texts}
        scratch.run(f"DELETE FROM {heads}")  # noqa: S608
        scratch.load(heads, ["text"], [(SEPARATOR.join(way),) for way in above.values()])
        scratch.known(heads)
        told = {
            folded(name)
            for (name,) in scratch.rows(
                f"SELECT DISTINCT n.key_{place} FROM {heads} h "  # noqa: S608
                f"JOIN {NODES} n ON n.letters_{place} = {scratch.folded('h.text')}"
            )
        }
        stored_rows, parents = on_ways(plan, column, plan.sheet.model, above.values())
        found = [
            (text,)
            for text, way in above.items()
            if folded(SEPARATOR.join(way)) in told or ends(way, stored_rows, parents)
        ]
        scratch.load(ways, ["text"], found)
    scratch.known(ways)
    reason = _(
        "This reads as the way to what lies below another row. Say in a column “%(column)s” what it lies below."
    )
    chosen = f"FROM {NODES} n JOIN {ways} w ON w.text = n.key_{place} WHERE n.node < 0 {told_above}"
    note(plan, chosen, "n.line", plan.position(field.name), reason % {"column": column.header})


def _new_ways(plan: Plan, place: int) -> Iterator[list[str]]:
    """The names of lines that mean no stored row, and may be ways."""
    may_be = " OR ".join([f"n.key_{place} LIKE %s"] * len(WAYS))
    query = f"SELECT DISTINCT n.key_{place} FROM {NODES} n WHERE n.node < 0 AND ({may_be})"  # noqa: S608
    for texts in _texts(plan, query, WAYS):
        if ways := [text for text in texts if len(parts(text)) > 1]:
            yield ways


def without_keys_before(place: int) -> str:
    """Of NODES n: a row that has another key is not found by this one."""
    return " AND ".join(["1 = 1", *(f"COALESCE(n.key_{other}, '') = ''" for other in range(place))])


def _texts(plan: Plan, query: str, params: Sequence[str] = ()) -> Iterator[list[str]]:
    """The texts of a query of distinct ones, some at a time."""
    scratch = plan.scratch
    asked = scratch.table("import_asked", [("text", "text")], sought=["text"])
    if not scratch.run(f"INSERT INTO {asked} {query}", params):
        return
    scratch.known(asked)
    last = ""
    page = f"SELECT text FROM {asked} WHERE text > %s ORDER BY text LIMIT {CHUNK}"  # noqa: S608
    while texts := [text for (text,) in scratch.rows(page, [last])]:
        last = texts[-1]
        yield texts
