"""A table and its sheet → a plan. Reads the file once and the database by joins; writes temporary tables alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Count, Q

from backoffice.exchange import absent, missing
from backoffice.exchange.checks import check
from backoffice.exchange.composing import compose
from backoffice.exchange.headers import is_percent
from backoffice.exchange.headings import passed_over
from backoffice.exchange.kept import Kept
from backoffice.exchange.matching import find_rows, relate
from backoffice.exchange.meant import Meant
from backoffice.exchange.nothing import empty_nothing
from backoffice.exchange.noting import fill_texts
from backoffice.exchange.options import Options
from backoffice.exchange.parts import joined, replaced
from backoffice.exchange.plan import ABSENT, Counts, Plan
from backoffice.exchange.reading import Line
from backoffice.exchange.rests import is_rest
from backoffice.exchange.scratch import PROBLEMS, Scratch
from backoffice.exchange.sheet import Column, Sheet
from backoffice.exchange.staging import Problem, stage
from backoffice.operations.since import Moment
from backoffice.progress import reached
from backoffice.security.events import event
from backoffice.sql import locks


def plan_import(
    sheet: Sheet,
    table: Any,
    *,
    columns: Sequence[Column | None] | None = None,
    options: Options | None = None,
    lock: bool = False,
    actor: Any = None,
    again: Callable[[], Iterator[Line]] | None = None,
    seen: Moment | None = None,
    kept: Kept | None = None,
    meant: Meant | None = None,
) -> Plan:
    """What importing `table` will do; inside a transaction. `columns` are what its cells mean, else as the header says.

    `kept` is what an earlier plan kept of its lines; if it fits, `table` is not read.
    Rows that were changed after the moment `seen` are refused: somebody saw them otherwise. So are those whose
    relations are not what they were in `meant`; without that moment, it is told.
    `lock` keeps what rules compare until the transaction ends. Of an `actor` the rows are refused that touch what is
    outside of their scope. Raises FileError when the table as a whole does not fit the sheet.
    """
    columns = replaced(sheet, columns or sheet.match(table.header))
    used = zip(columns, table.header, strict=True)
    hundredths = tuple(column.name for column, header in used if column and is_percent(header))
    options = (options or Options())._replace(
        since_1904=table.found.since_1904,
        errors=bool(table.found.sheet) or is_rest(table.header, columns),
        hundredths=hundredths,
    )
    sheet.check(columns, table.header, options.keyless)
    if lock:
        _take_locks(sheet, columns, options)
    parts = {part: columns.index(part) for part in sheet.parts if part in columns and not part.over}
    lines = passed_over(sheet, table.header, columns, table.lines)
    problems: list[Problem] = []
    columns, lines = joined(sheet, columns, lines, problems, errors=options.errors)
    plan = Plan(sheet, list(table.header), columns, options, Scratch(sheet.model), actor, parts)
    plan.seen, plan.began = seen, Moment.now()
    if meant and not seen:
        meant.remove()
    plan.lines, doubtful = stage(
        plan.scratch, sheet, plan.header, columns, lines, plan.options, again, kept, problems
    )
    empty_nothing(plan, doubtful, meant if seen else None)
    find_rows(plan)
    absent.look_for_unplaced(plan)
    reached("checking", 0.2)
    related = {column.name: relate(plan, place, column) for place, column in plan.used if column.by}
    if meant:
        (meant.compare if seen else meant.keep)(plan, related)
    reached("checking", 0.4)
    compose(plan, related)
    reached("checking", 0.6)
    absent.add(plan)
    check(plan)
    missing.leave_unneeded(plan)
    reached("checking", 0.9)
    fill_texts(plan)
    absent.name_refused(plan)
    plan.counts = _counts(plan)
    if plan.foreign:
        model, number = sheet.model._meta.label, plan.foreign
        event("authz_fail", user=actor, level="WARN", reason="import", model=model, number=number)
    reached("checking", 1)
    return plan


def _take_locks(sheet: Sheet, columns: Sequence[Column | None], options: Options) -> None:
    """What may be made along comes first: whoever takes both takes them in that order."""
    for column in filter(None, columns):
        if options.create and column.can_create:
            locks.take(sheet.field(column.name).related_model)
    locks.take(sheet.model)


def _counts(plan: Plan) -> Counts:
    listed = Q(plan_line__lt=ABSENT)
    changed = ~Q(plan_changes="")
    found = plan.rows.aggregate(
        created=Count("pk", filter=Q(plan_new=True)),
        updated=Count("pk", filter=Q(plan_new=False) & changed & listed),
        unchanged=Count("pk", filter=Q(plan_new=False, plan_changes="")),
        marked=Count("pk", filter=~listed),
    )
    refused = plan.scratch.rows(f"SELECT COUNT(DISTINCT line) FROM {PROBLEMS} WHERE NOT warning")[0][0]  # noqa: S608
    made = sum(len(rows) for rows in plan.related.values())
    return Counts(**found, refused=refused, absent=absent.number(plan), related=made, unplaced=plan.unplaced)
