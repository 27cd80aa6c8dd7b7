"""What the file says and what is stored → the rows as they will be (PLANNED), in one INSERT … SELECT."""

from typing import Any

from backoffice.exchange.cells import is_day, is_text
from backoffice.exchange.plan import Plan
from backoffice.exchange.planned import CHANGES, KEY, LINE, NEW, REFUSED
from backoffice.exchange.scratch import NODES, PLANNED, PROBLEMS, STAGED
from backoffice.exchange.sheet import Column
from backoffice.operations.tables import recorded_fields

Expression = tuple[str, list[Any]]


def compose(plan: Plan, related: dict[str, str]) -> None:
    """`related` are the tables of what the texts of a column mean, by its name."""
    scratch, model = plan.scratch, plan.sheet.model
    quote = scratch.quote
    fields = recorded_fields(model)
    kinds = [(field.attname, _kind(plan, field)) for field in fields]
    marks = [(LINE, "bigint"), (KEY, "bigint"), (NEW, "boolean"), (REFUSED, "boolean"), (CHANGES, "text")]
    used = {column.name: column for _position, column in plan.used}
    above = [field.attname for field in fields if field.name in used and field.related_model is model]
    found = [field.attname for field in fields if field.name in used and (field.unique or field.is_relation)]
    others = [name for name in found if name not in above]
    # A chain of rows is followed from one to the next, and rules look at the row that another one names.
    scratch.table(PLANNED, [*marks, *kinds], key=LINE, sought=[KEY, *above], joined=others)
    table, pk = quote(model._meta.db_table), quote(model._meta.pk.column)
    joins = f"{NODES} n JOIN {STAGED} s ON s.line = n.line LEFT JOIN {table} e ON e.{pk} = n.node"
    values, params = [], []
    for place, field in enumerate(fields):
        column = used.get(field.name)
        if column and column.by:
            joins += f" LEFT JOIN {related[column.name]} r{place} ON r{place}.text = s.{quote(field.attname)}"
        value, more = _value(plan, field, column, f"r{place}")
        values.append(f"{value} AS {quote(field.attname)}")
        params += more
    olds = ", ".join(f"e.{quote(field.column)} AS old_{place}" for place, field in enumerate(fields))
    # PostgreSQL would merge the two queries and work each value out twice: to store it and to compare it.
    apart = " OFFSET 0" if scratch.vendor == "postgresql" else ""
    inner = f"SELECT n.line, n.node, n.node < 0 AS fresh, s.wrong, {', '.join(values)}, {olds} FROM {joins}{apart}"  # noqa: S608
    changes = [_change(plan, field, place) for place, field in enumerate(fields) if field.name in used]
    defaults = [field for field in fields if field.name not in used and field.has_default()]
    changes += [f"CASE WHEN q.fresh THEN '{field.name},' ELSE '' END" for field in defaults]
    names = ", ".join(quote(name) for name, _kind in [*marks, *kinds])
    text = scratch.joined("''", *changes)
    told, new = (
        scratch.joined("','", f"NULLIF({text}, '')"),
        ", ".join("q." + quote(field.attname) for field in fields),
    )
    scratch.run(
        f"INSERT INTO {PLANNED} ({names}) SELECT q.line, q.node, q.fresh, q.wrong, "  # noqa: S608
        f"COALESCE({told}, ''), {new} FROM ({inner}) q",
        params,
    )
    scratch.known(PLANNED)
    scratch.known(PROBLEMS)


def _kind(plan: Plan, field: Any) -> str:
    return "bigint" if field.is_relation else str(field.db_type(plan.scratch.connection))


def _value(plan: Plan, field: Any, column: Column | None, related: str) -> Expression:
    quote = plan.scratch.quote
    stored, default = f"e.{quote(field.column)}", _default(plan, field)
    kept = f"CASE WHEN e.{quote(plan.sheet.model._meta.pk.column)} IS NULL THEN %s ELSE {stored} END"
    if plan.scratch.vendor == "postgresql":
        kept = kept.replace("%s", f"%s::{_kind(plan, field)}")
    if column is None:
        return kept, [default]
    staged = f"s.{quote(field.attname)}"
    if column.by:
        unknown = (
            f"WHEN {staged} <> '' AND {related}.key IS NULL THEN {stored} " if column.may_come_later else ""
        )
        is_kept = f"s.kept LIKE '%%,{field.name},%%'"
        return f"CASE WHEN {is_kept} THEN {stored} {unknown}ELSE {related}.key END", []
    if is_text(field):
        # A cell loses the blanks at its ends: where a stored text differs by these alone, nothing is to change.
        same = f"{plan.scratch.stripped(stored)} = COALESCE({staged}, '')"
        staged = (
            f"CASE WHEN {plan.scratch.differs(staged, stored)} AND {same} THEN {stored} ELSE {staged} END"
        )
    if is_day(field):
        staged = _day(plan, field, staged, stored)
    return f"CASE WHEN s.kept LIKE '%%,{field.name},%%' THEN {kept} ELSE {staged} END", [default]


def _day(plan: Plan, field: Any, staged: str, stored: str) -> str:
    """The last day of all says in a file that there is none; where that very day is stored, it is no other."""
    cell = plan.scratch.cell("s.cells", str(plan.position(field.name)))
    said = f"CASE WHEN {cell} LIKE '%%9999%%' THEN {stored} END"
    return f"CASE WHEN {staged} IS NULL AND {stored} = '9999-12-31' THEN {said} ELSE {staged} END"


def _default(plan: Plan, field: Any) -> Any:
    if not field.has_default() and (field.null or not field.empty_strings_allowed or not field.blank):
        return None
    return field.get_db_prep_save(field.get_default(), plan.scratch.connection)


def _change(plan: Plan, field: Any, place: int) -> str:
    differs = plan.scratch.differs(f"q.{plan.scratch.quote(field.attname)}", f"q.old_{place}")
    return f"CASE WHEN {differs} THEN '{field.name},' ELSE '' END"
