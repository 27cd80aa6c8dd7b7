"""A table and its sheet → a plan. Reads the database by chunks, never by row, and writes nothing."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import locks
from backoffice.exchange import lookups
from backoffice.exchange.checks import check
from backoffice.exchange.plan import Objection, Plan, Row
from backoffice.exchange.reader import Line, Table
from backoffice.exchange.sheet import KEEP, Column, Sheet, clean

Keyed = tuple[int, Any, dict[str, str]]


def plan_import(sheet: Sheet, table: Table, *, lock: bool = False, actor: Any = None) -> Plan:
    """What importing `table` will do. `lock` keeps the rows found, and what rules compare, until the transaction ends.
    Of an `actor` the rows are refused that touch what is outside of their scope.

    Raises FileError when the table as a whole does not fit the sheet.
    """
    columns = sheet.match(table.header)
    plan = Plan(sheet, {c.name: text for c, text in zip(columns, table.header, strict=True) if c}, actor)
    if lock:
        locks.take(sheet.model)
    _find_rows(plan, list(_keyed(plan, columns, table.lines)), lock=lock)
    for column in plan.columns:
        if column.by:
            _relate(plan, column)
    check(plan)
    plan.settle()
    return plan


def _keyed(plan: Plan, columns: list[Column | None], lines: Iterator[Line]) -> Iterator[Keyed]:
    """Line number, key and cells by field name, of each line that can be told apart from the others."""
    first: dict[Any, int] = {}
    key_field, header = plan.sheet.field(plan.sheet.key), plan.headers[plan.sheet.key]
    for number, cells in lines:
        if len(cells) != len(columns):
            plan.refuse_line(number, "", "", _width(len(cells), len(columns)))
            continue
        texts = {column.name: text for column, text in zip(columns, cells, strict=True) if column}
        text = texts[plan.sheet.key]
        try:
            key = key_field.clean(text, None) if text else None
        except ValidationError as error:
            plan.refuse_line(number, header, text, " ".join(error.messages))
            continue
        if key is None:
            reason = _("The cell is empty. Enter the %(field)s.") % {"field": key_field.verbose_name}
            plan.refuse_line(number, header, text, reason)
        elif key in first:
            plan.refuse_line(number, header, text, _("Line %(line)d has it already.") % {"line": first[key]})
        else:
            first[key] = number
            yield number, key, texts


def _width(cells: int, columns: int) -> str:
    found = ngettext("The row has %(n)d cell", "The row has %(n)d cells", cells) % {"n": cells}
    wanted = ngettext("the header %(n)d.", "the header %(n)d.", columns) % {"n": columns}
    return f"{found}, {wanted}"


def _find_rows(plan: Plan, lines: list[Keyed], *, lock: bool) -> None:
    """A Row for each line, with the instance that has its key or a new one, and its cells' values."""
    sheet = plan.sheet
    stored = sheet.model._default_manager.all()
    found = lookups.objects_by(
        stored.select_for_update() if lock else stored, sheet.key, (key for _line, key, _texts in lines)
    )
    for number, key, texts in lines:
        same = found.get(key, [])
        row = Row(number, key, texts, same[0] if same else sheet.model())
        plan.rows.append(row)
        if len(same) > 1:
            plan.refuse(Objection(row, sheet.key, _several(sheet.model, sheet.key)))
        _fill(plan, row)


def _fill(plan: Plan, row: Row) -> None:
    """The values of the cells; relations are only looked at when empty."""
    for column in plan.columns:
        field, text = plan.sheet.field(column.name), row.cells[column.name]
        if column.by and text:
            continue
        try:
            value = clean(field, text)
        except ValidationError as error:
            plan.refuse(Objection(row, column.name, " ".join(error.messages)))
        else:
            if value is not KEEP:
                row.values[field.attname] = value


def _relate(plan: Plan, column: Column) -> None:
    """Fill the relation of every row from the database and, for a self-reference, from the file itself."""
    field = plan.sheet.field(column.name)
    model, by = field.related_model, field.related_model._meta.get_field(column.by)
    wanted = {row: by.to_python(text) for row in plan.rows if (text := row.cells[column.name])}
    own = {}
    if plan.sheet.is_self_reference(column) and column.by == plan.sheet.key:
        own = {row.key: row for row in plan.rows}
    stored = lookups.keys_by(model, column.by, (key for key in wanted.values() if key not in own))
    for row, key in wanted.items():
        if key in own:
            row.values[field.attname] = own[key] if own[key].is_new else own[key].instance.pk
            continue
        keys = stored.get(key, [])
        if len(keys) == 1:
            row.values[field.attname] = keys[0]
        elif keys:
            plan.refuse(Objection(row, column.name, _several(model, column.by)))
        elif column.may_come_later:
            plan.warn(row, column.name, _missing(model, by) + " " + _left_alone(row))
        else:
            plan.refuse(Objection(row, column.name, _missing(model, by)))


def _several(model: Any, by: str) -> str:
    meta = model._meta
    return _("Several %(models)s have this %(field)s.") % {
        "models": meta.verbose_name_plural,
        "field": meta.get_field(by).verbose_name,
    }


def _missing(model: Any, by: Any) -> str:
    names = {"model": model._meta.verbose_name, "field": by.verbose_name}
    return _("There is no %(model)s with this %(field)s.") % names


def _left_alone(row: Row) -> str:
    if row.is_new:
        return _("The field stays empty; import the file again when there is.")
    return _("The field stays as it is; import the file again when there is.")
