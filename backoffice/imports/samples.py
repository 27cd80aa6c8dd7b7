"""Some rows of each kind, as they are and as they will be: what the page of an import shows, in the words of whoever
looks at it.
"""

import hashlib
import json
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.access import hidden, reach_of
from backoffice.exchange.plan import ABSENT, Plan
from backoffice.exchange.scratch import NODES, PROBLEMS
from backoffice.exchange.sheet import Sheet
from backoffice.security.reads import MOST_ROWS
from backoffice.shown import shown_value

SHOWN = 10
LONGEST = 200  # characters of a cell


def of(plan: Plan) -> dict[str, Any]:
    """Names of fields, and by kind: [line, name, [[old, new], …]] for some rows; the keys of those that are stored, and
    of those that are refused; what whoever brings the file sees.
    """
    columns = [column for _position, column in plan.used]
    kinds = {
        "created": plan.created,
        "updated": plan.updated.filter(plan_line__lt=ABSENT),
        "unchanged": plan.unchanged,
    }
    chosen = {kind: list(rows.order_by("plan_line")[:SHOWN]) for kind, rows in kinds.items()}
    found = {kind: _rows(plan, rows, columns) for kind, rows in chosen.items()}
    keys = [row.plan_key for rows in chosen.values() for row in rows if row.plan_key > 0]
    made = [str(row) for rows in plan.related.values() for row in rows[:SHOWN]]
    told = {
        "columns": [column.name for column in columns],
        **found,
        "related": made,
        "unplaced": plan.unplaced_lines,
        "keys": keys,
    }
    seen = sight(plan.actor, plan.sheet) if plan.actor else ""
    return {**told, "refused": _refused(plan), "sight": seen}


def sight(user: Any, sheet: Sheet) -> str:
    """What somebody sees of the rows that a preview tells of: once that is another, its page is none for them."""
    models = [sheet.model, *(sheet.field(column.name).related_model for column in sheet.columns if column.by)]
    found = [(model._meta.label, reach_of(user, model)) for model in models]
    plain = [
        [
            label,
            reach.everywhere,
            sorted([tree.model._meta.label, *map(str, sorted(roots))] for tree, roots in reach.roots.items()),
        ]
        for label, reach in found
    ]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _refused(plan: Plan) -> list[Any]:
    """Keys of the stored rows that refused lines mean, up to one more than are named where they are read."""
    query = (
        f"SELECT DISTINCT n.node FROM {NODES} n JOIN {PROBLEMS} p ON p.line = n.line "  # noqa: S608
        f"WHERE NOT p.warning AND n.node > 0 LIMIT {MOST_ROWS + 1}"
    )
    return [key for (key,) in plan.scratch.rows(query)]


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
    return str(field.to_python(value))[:LONGEST]


def labels(sheet: Sheet, told: dict[str, Any]) -> list[str]:
    """What the columns of a preview are called."""
    fields = zip(told.get("columns", []), _fields(sheet, told), strict=True)
    return [str(capfirst(field.verbose_name)) if field else name for name, field in fields]


def in_words(sheet: Sheet, told: dict[str, Any], kind: str) -> list[Any]:
    """The rows of a kind: [line, name, [[label, old, new], …]], the values as the lists show them."""
    columns = list(zip(labels(sheet, told), _fields(sheet, told), strict=True))
    return [
        [
            line,
            name,
            [
                [label, *(_shown(field, text) for text in cell)]
                for (label, field), cell in zip(columns, cells, strict=True)
            ],
        ]
        for line, name, cells in told.get(kind, [])
    ]


def _fields(sheet: Sheet, told: dict[str, Any]) -> list[Any]:
    """None for a column that the model has no longer."""
    found = []
    for name in told.get("columns", []):
        try:
            found.append(sheet.field(name))
        except FieldDoesNotExist:
            found.append(None)
    return found


def _shown(field: Any, text: str) -> Any:
    plain = field is None or field.is_relation or not text
    return text if plain else shown_value(field.to_python(text), field, "")
