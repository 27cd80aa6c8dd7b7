"""New keys that are others but for letters in front: E00042 where 42 is there, which came without them once."""

from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from backoffice.exchange.noting import note
from backoffice.exchange.plan import Plan
from backoffice.exchange.reach import seen
from backoffice.exchange.scratch import NODES, STAGED
from backoffice.exchange.zeros import WITH_ZERO

LETTERED, KNOWN = "import_lettered", "import_known"
# What an index finds on every engine, whichever letters come first there.
BEGINS_WITH_LETTER = "(%s >= 'A' OR %s >= 'a')"
BEGINS_WITH_DIGIT = "%s >= '0' AND %s < 'A' AND %s < 'a'"


def refuse_doubled(plan: Plan) -> int:
    """Refuse lines of new rows whose key is that of a row which the person sees, with letters or zeros in front, and
    which are called as that is; how many. Where they are called otherwise, it is told.

    A row that is meant by another line is another one: the file knows both.
    """
    field = plan.sheet.field(plan.sheet.key)
    if plan.sheet.key not in plan.keys or not isinstance(field, models.CharField) or not _note_lettered(plan):
        return 0
    _note_known(plan, field)
    names = {"field": str(field.verbose_name).replace("%", "%%"), "key": "%(key)s"}
    warning = _(
        "“%(key)s” is there: the same %(field)s but for letters and zeros in front. If both are the same, leave this "
        "row out and give that one the whole %(field)s by hand."
    )
    reason = _(
        "“%(key)s” is there, of the same name: the same %(field)s but for letters and zeros in front. If both are the "
        "same, undo the import that brought it or give it the whole %(field)s by hand; else add this row by hand."
    )
    position, key = plan.position(field.name), f"k.{plan.scratch.quote('key')}"
    note(plan, f"FROM {KNOWN} k WHERE k.same = 0", "k.line", position, warning % names, warning=True, key=key)
    return note(plan, f"FROM {KNOWN} k WHERE k.same = 1", "k.line", position, reason % names, key=key)


def _note_lettered(plan: Plan) -> int:
    """LETTERED: the new keys of letters and digits behind them, with the digits alone, from the first that is no zero
    on; how many. None where no stored key begins with a digit.
    """
    scratch, field = plan.scratch, plan.sheet.field(plan.sheet.key)
    key = f"n.key_{plan.keys.index(field.name)}"
    rows, params = seen(plan, field)
    column = f"r.{scratch.quote(field.column)}"
    begins, stored = BEGINS_WITH_LETTER % (key, key), BEGINS_WITH_DIGIT % (column, column, column)
    there = f"EXISTS (SELECT 1 FROM {rows} r WHERE {stored})"  # noqa: S608
    query = f"SELECT 1 FROM {NODES} n WHERE n.node < 0 AND {begins} AND {there} LIMIT 1"  # noqa: S608
    if not scratch.rows(query, params):
        return 0
    scratch.table(LETTERED, [("line", "bigint"), ("bare", "text")], key="line", sought=["bare"])
    digits = scratch.without_letters(key)
    number = scratch.run(
        f"INSERT INTO {LETTERED} SELECT n.line, {scratch.without_zeros(digits)} FROM {NODES} n "  # noqa: S608
        f"WHERE n.node < 0 AND {digits} <> {key} AND {scratch.has_digits_alone(digits)}"
    )
    scratch.known(LETTERED)
    return number


def _note_known(plan: Plan, field: models.Field) -> None:
    """KNOWN: the lines of LETTERED with the stored key that is theirs without the letters, and whether both are called
    the same.
    """
    scratch, sheet, quote = plan.scratch, plan.sheet, plan.scratch.quote
    called = [sheet.field(sheet.loose_key)] if sheet.loose_key in plan.names else []
    others = [other for name in plan.keys[1:] if (other := sheet.field(name)).unique]
    rows, params = seen(plan, field, *called, *others)
    column, pk = f"r.{quote(field.column)}", f"r.{quote(sheet.model._meta.pk.column)}"
    pairs = [[scratch.folded(name) for name in _both(plan, each)] for each in called]
    same = " AND ".join(f"{stored} = {said}" for stored, said in pairs) or "1 = 0"
    chosen = f"SELECT l.line, {column} AS found, CASE WHEN {same} THEN 1 ELSE 0 END AS same FROM"
    line = f"JOIN {STAGED} s ON s.line = l.line LEFT JOIN {NODES} o ON o.node = {pk}"
    # Whose address the line has, too, is refused for that.
    apart = ["COALESCE({} <> {}, 1 = 1)".format(*_both(plan, each)) for each in others]
    alone = " AND ".join(["o.line IS NULL", *apart])
    without = f"{chosen} {LETTERED} l JOIN {rows} r ON {column} = l.bare {line} WHERE {alone}"
    # From the few stored keys with a zero to the lines: SQLite finds these by their index.
    within = (
        f"{chosen} {rows} r CROSS JOIN {LETTERED} l {line} WHERE {WITH_ZERO % (column, column)} "
        f"AND l.bare = {scratch.without_zeros(column)} AND {scratch.has_digits_alone(column)} AND {alone}"
    )
    scratch.table(KNOWN, [("line", "bigint"), ("key", "text"), ("same", "integer")], key="line")
    scratch.run(
        f"INSERT INTO {KNOWN} SELECT f.line, COALESCE(MIN(CASE WHEN f.same = 1 THEN f.found END), MIN(f.found)), "  # noqa: S608
        f"MAX(f.same) FROM ({without} UNION ALL {within}) f GROUP BY f.line",
        [*params, *params],
    )
    scratch.known(KNOWN)


def _both(plan: Plan, field: Any) -> tuple[str, str]:
    """The field of the stored row, and what the line says of it."""
    return f"r.{plan.scratch.quote(field.column)}", f"s.{plan.scratch.quote(field.attname)}"
