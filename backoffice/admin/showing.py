"""Values of columns as people read them."""

from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from backoffice import tree
from backoffice.access import hidden, hidden_by
from backoffice.access.trees import trees
from backoffice.fields import column_value
from backoffice.shown import shown_value

NAMES = 20  # rows that are named
EMPTY = "–"
NOT_SHOWN = gettext_lazy("(outside of what you see)")  # in the place of a name


class Unnamed(str):
    """What stands in the place of the name of a row that somebody does not see, nor can open."""

    __slots__ = ()


class SampleRow(NamedTuple):
    """A row, and what some of its fields are and will be."""

    row: models.Model
    cells: list[tuple[str, str]]


def stored(field: Any, value: Any) -> Any:
    """A value as its column holds it."""
    return field.to_python(column_value(field, value))


def unseen(user: Any, field: Any, values: list[Any]) -> set[Any]:
    """Those of the values of a relation whose rows `user` may not see; without a user none."""
    return hidden_by(user, field, values) if user is not None and field.is_relation else set()


def shown(field: Any, values: list[Any], user: Any = None) -> dict[Any, str]:
    """Stored values as people read them; a relation's by its name, in one query."""
    if field.is_relation:
        unnamed = unseen(user, field, values)
        known = [value for value in values if value is not None and value not in unnamed]
        names = _named_by(field, known, user)
        return {value: str(NOT_SHOWN) if value in unnamed else names.get(value, EMPTY) for value in values}
    return {value: display(field, value) for value in values}


def _named_by(field: Any, values: list[Any], user: Any) -> dict[Any, str]:
    """As named(), of what a relation points at: by its key, unless the relation says another column."""
    target, model = field.target_field, field.related_model
    if target.primary_key:
        return named(model, values, user)
    rows = model._default_manager.filter(**{f"{target.attname}__in": values}).order_by()
    keys = dict(rows.values_list(target.attname, "pk"))
    names = named(model, list(keys.values()), user)
    return {value: names[key] for value, key in keys.items() if key in names}


def named(model: Any, keys: list[Any], user: Any = None) -> dict[Any, str]:
    """The rows by name. Those of a tree with what is above them, as far as `user` sees it: two may be called alike."""
    parent = _parent(model)
    wanted = Q(pk__in=tree.ancestors(model, parent, keys)) if parent and keys else Q(pk__in=keys)
    rows = {row.pk: row for row in model._default_manager.filter(wanted)}
    if not parent:
        return {key: str(row) for key, row in rows.items()}
    above = hidden(user, model, rows.keys() - set(keys)) if user is not None else set()
    return {key: _path(rows, key, f"{parent}_id", above) for key in keys if key in rows}


def place(row: models.Model, user: Any = None) -> str:
    """What named() says of a row that was read just now; a query only for one of a tree."""
    if _parent(type(row)) is None:
        return str(row)
    return named(type(row), [row.pk], user).get(row.pk, str(row))


def _parent(model: Any) -> str | None:
    """The column that makes a tree of the rows, where there is one."""
    return next((each.parent for each in trees() if each.model is model), None)


def _path(rows: dict[Any, Any], key: Any, parent: str, hidden: set[Any]) -> str:
    names: list[str] = []
    passed: set[Any] = set()
    while key in rows and key not in passed and key not in hidden:
        names.append(str(rows[key]))
        passed.add(key)
        key = getattr(rows[key], parent)
    return " › ".join(reversed(names))


def display(field: Any, value: Any) -> str:
    if value is None or value == "":
        return EMPTY
    return str(value) if field.is_relation else str(shown_value(value, field, EMPTY))
