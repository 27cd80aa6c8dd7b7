"""Some rows of each kind, as they are and as they will be, in words: what the page of an import shows."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.access import hidden
from backoffice.exchange.plan import ABSENT, Plan

SHOWN = 10
LONGEST = 200  # characters of a cell


def of(plan: Plan) -> dict[str, Any]:
    """Columns, and by kind: [line, name, [[old, new], …]] for some rows; the keys of those that are stored."""
    columns = [column for _position, column in plan.used]
    labels = [str(capfirst(plan.sheet.field(column.name).verbose_name)) for column in columns]
    kinds = {
        "created": plan.created,
        "updated": plan.updated.filter(plan_line__lt=ABSENT),
        "unchanged": plan.unchanged,
    }
    chosen = {kind: list(rows.order_by("plan_line")[:SHOWN]) for kind, rows in kinds.items()}
    found = {kind: _rows(plan, rows, columns) for kind, rows in chosen.items()}
    keys = [row.plan_key for rows in chosen.values() for row in rows if row.plan_key > 0]
    made = [str(row) for rows in plan.related.values() for row in rows[:SHOWN]]
    return {"columns": labels, **found, "related": made, "unplaced": plan.unplaced_lines, "keys": keys}


def _rows(plan: Plan, rows: list[Any], columns: list[Any]) -> list[Any]:
    keys = [row.plan_key for row in rows if row.plan_key > 0]
    model: Any = plan.sheet.model
    stored = {row.pk: row for row in model._base_manager.filter(pk__in=keys)}
    names = _names(plan, columns, rows, list(stored.values()))
    found = []
    for row in rows:
        old = stored.get(row.plan_key)
        cells = [
            [
                _word(plan, column, getattr(old, plan.sheet.field(column.name).attname), names)
                if old
                else "",
                _word(plan, column, getattr(row, column.name), names),
            ]
            for column in columns
        ]
        found.append([row.plan_line, str(old) if old else "", cells])
    return found


def _names(plan: Plan, columns: list[Any], rows: list[Any], stored: list[Any]) -> dict[tuple[str, Any], str]:
    """What related rows are called, by column and key; not those that whoever brings the file does not see."""
    names: dict[tuple[str, Any], str] = {}
    for column in columns:
        field = plan.sheet.field(column.name)
        if field.is_relation:
            keys = {getattr(row, column.name) for row in rows} | {
                getattr(row, field.attname) for row in stored
            }
            related = field.related_model._base_manager.filter(
                pk__in=[key for key in keys if key and key > 0]
            )
            unseen = hidden(plan.actor, field.related_model, keys) if plan.actor else set()
            names |= {
                (column.name, row.pk): _("(outside of what you see)") if row.pk in unseen else str(row)
                for row in related
            }
            names |= {(column.name, row.key): str(row) for row in plan.related.get(column.name, [])}
    return names


def _word(plan: Plan, column: Any, value: Any, names: dict[tuple[str, Any], str]) -> str:
    field = plan.sheet.field(column.name)
    if value is None or value == "":
        return ""
    if field.is_relation:
        return names.get((column.name, value)) or _("line %(line)s") % {"line": -value}
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return str(field.to_python(value))[:LONGEST]
