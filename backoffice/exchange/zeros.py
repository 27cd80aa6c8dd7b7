"""New keys that are others but for zeros in front: a spreadsheet drops them where it takes a key for a number."""

from django.db import models
from django.utils.translation import gettext as _

from backoffice.exchange.noting import note
from backoffice.exchange.plan import Plan
from backoffice.exchange.reach import seen
from backoffice.exchange.scratch import NODES

BARE, ALIKE = "import_bare", "import_alike"
WITH_ZERO = "%s > '0' AND %s < '1'"  # what an index finds on every engine; few keys begin so, or all of them


def refuse_lost_zeros(plan: Plan) -> int:
    """Refuse lines of new rows whose key consists of digits and is that of a row which the person sees, or of an
    earlier line, with more or fewer zeros in front; how many.
    """
    field = plan.sheet.field(plan.sheet.key)
    if plan.sheet.key not in plan.keys or not isinstance(field, models.CharField) or not _note_bare(plan):
        return 0
    names = {"field": str(field.verbose_name).replace("%", "%%"), "key": "%(key)s", "line": "%(line)s"}
    reason = _(
        "It differs from “%(key)s”, which is there, by zeros in front alone. Spreadsheets drop them: enter the whole "
        "%(field)s, in a column that is formatted as text."
    )
    _note_alike(plan, field)
    position, key = plan.position(field.name), plan.scratch.quote("key")
    number = note(plan, f"FROM {ALIKE} a", "a.line", position, reason % names, key=f"a.{key}")
    reason = _(
        "It differs from “%(key)s” in line %(line)s by zeros in front alone. Spreadsheets drop them: enter the whole "
        "%(field)s, in a column that is formatted as text."
    )
    first = f"SELECT bare, MIN(line) AS line FROM {BARE} GROUP BY bare HAVING COUNT(*) > 1"  # noqa: S608
    chosen = (
        f"FROM ({first}) f JOIN {BARE} o ON o.line = f.line JOIN {BARE} b ON b.bare = f.bare AND b.line > f.line "  # noqa: S608
        f"WHERE b.line NOT IN (SELECT line FROM {ALIKE})"
    )
    return number + note(plan, chosen, "b.line", position, reason % names, key=f"o.{key}", line="o.line")


def _note_bare(plan: Plan) -> int:
    """BARE: the new keys of digits, as they are and without the zeros; how many. None where no key begins with one."""
    scratch, field = plan.scratch, plan.sheet.field(plan.sheet.key)
    key = f"n.key_{plan.keys.index(field.name)}"
    rows, params = seen(plan, field)
    column = f"r.{scratch.quote(field.column)}"
    begins, stored = WITH_ZERO % (key, key), WITH_ZERO % (column, column)
    there = f"EXISTS (SELECT 1 FROM {rows} r WHERE {stored})"  # noqa: S608
    query = f"SELECT 1 FROM {NODES} n WHERE n.node < 0 AND ({begins} OR {there}) LIMIT 1"  # noqa: S608
    if not scratch.rows(query, params):
        return 0
    scratch.table(BARE, [("line", "bigint"), ("key", "text"), ("bare", "text")], key="line", sought=["bare"])
    number = scratch.run(
        f"INSERT INTO {BARE} SELECT n.line, {key}, {scratch.without_zeros(key)} FROM {NODES} n "  # noqa: S608
        f"WHERE n.node < 0 AND {scratch.has_digits_alone(key)}"
    )
    scratch.known(BARE)
    return number


def _note_alike(plan: Plan, field: models.Field) -> None:
    """ALIKE: the lines of BARE, with the stored key that is theirs but for the zeros."""
    scratch, key = plan.scratch, plan.scratch.quote("key")
    rows, params = seen(plan, field)
    column = f"r.{scratch.quote(field.column)}"
    without = (
        f"SELECT b.line, {column} AS found FROM {BARE} b JOIN {rows} r ON {column} = b.bare "  # noqa: S608
        f"WHERE b.{key} <> b.bare"
    )
    # From the few stored keys with a zero to the lines: SQLite finds these by their index.
    within = (
        f"SELECT b.line, {column} AS found FROM {rows} r CROSS JOIN {BARE} b "  # noqa: S608
        f"WHERE {WITH_ZERO % (column, column)} AND b.bare = {scratch.without_zeros(column)} AND b.{key} <> {column}"
    )
    scratch.table(ALIKE, [("line", "bigint"), ("key", "text")], key="line")
    scratch.run(
        f"INSERT INTO {ALIKE} SELECT f.line, MIN(f.found) FROM ({without} UNION ALL {within}) f GROUP BY f.line",  # noqa: S608
        [*params, *params],
    )
    scratch.known(ALIKE)
