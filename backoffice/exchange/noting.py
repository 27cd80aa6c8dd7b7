"""Problems that a query finds, noted by one INSERT … SELECT."""

from backoffice.exchange.plan import Objection, Plan, sentence
from backoffice.exchange.scratch import PLANNED, PROBLEMS, SHOWN, STAGED


def note(
    plan: Plan, chosen: str, at: str, position: int, reason: str, *, warning: bool = False, **parts: str
) -> int:
    """A problem for each row of `chosen` ("FROM … WHERE …"). `parts` are SQL for the %(name)s of `reason`."""
    scratch = plan.scratch
    pieces = (reason % {name: f"\0{name}\0" for name in parts}).split("\0") if parts else [reason]
    kind = "CHAR" if scratch.vendor == "mysql" else "text"
    words = [
        f"CAST({parts[piece]} AS {kind})" if place % 2 else "CAST(%s AS text)".replace("text", kind)
        for place, piece in enumerate(pieces)
    ]
    texts = [piece for place, piece in enumerate(pieces) if place % 2 == 0]
    return scratch.run(
        f"INSERT INTO {PROBLEMS} (line, position, text, reason, warning) "
        f"SELECT {at}, {position}, NULL, {scratch.joined(*words) if len(words) > 1 else words[0]}, %s {chosen}",
        [*texts, warning],
    )


def object_to(plan: Plan, objection: Objection, *, warning: bool = False) -> int:
    """Note a rule's objection; how many rows it is about."""
    position, text = plan.position(objection.field), "NULL"
    if objection.lacking is not None:
        position, text = objection.lacking, "''"
    field = plan.sheet.field(objection.field).name
    reason = (
        objection.reason
        if hasattr(objection.reason, "resolve_expression")
        else sentence(objection.reason.replace("%", "%%"))
    )
    rows = objection.rows.order_by().annotate(plan_reason=reason).values_list("plan_line", "plan_reason")
    sql, params = rows.query.get_compiler(plan.scratch.using, elide_empty=False).as_sql()
    return plan.scratch.run(
        f"INSERT INTO {PROBLEMS} (line, reason, position, text, warning, field) "  # noqa: S608
        f"SELECT o.*, {position}, {text}, %s, %s FROM ({sql}) o",
        [warning, field, *params],
    )


def refuse_noted(plan: Plan) -> int:
    """Take the rows out of the plan that a problem was noted of; how many."""
    return plan.scratch.run(
        f"UPDATE {PLANNED} SET plan_refused = %s WHERE plan_refused = %s "  # noqa: S608
        f"AND plan_line IN (SELECT line FROM {PROBLEMS} WHERE warning = %s)",
        [True, False, False],
    )


def fill_texts(plan: Plan) -> None:
    """The cells that the problems are about, as they stand in the file."""
    scratch = plan.scratch
    where = "t.text IS NULL AND t.position >= 0"
    if not scratch.rows(f"SELECT 1 FROM {PROBLEMS} t WHERE {where} LIMIT 1"):  # noqa: S608
        return
    cell = scratch.cell("s.cells", "t.position")
    text = f"SUBSTR(TRIM({cell}), 1, {SHOWN})"
    scratch.update_from(PROBLEMS, STAGED, "s.line = t.line", {"text": text}, where)
