"""Values of columns as people read them."""

from typing import Any, NamedTuple

from django.contrib.admin.utils import display_for_field
from django.db import models
from django.utils.translation import gettext_lazy

from backoffice.access import hidden

NAMES = 20  # rows that are named
EMPTY = "–"
NOT_SHOWN = gettext_lazy("(outside of what you see)")  # in the place of a name


class SampleRow(NamedTuple):
    """A row, and what some of its fields are and will be."""

    row: models.Model
    cells: list[tuple[str, str]]


def stored(field: Any, value: Any) -> Any:
    """A value as its column holds it."""
    return value.pk if isinstance(value, models.Model) else field.to_python(value)


def unseen(user: Any, field: Any, values: list[Any]) -> set[Any]:
    """The keys among the values of a relation whose rows `user` may not see; without a user none."""
    return hidden(user, field.related_model, values) if user is not None and field.is_relation else set()


def shown(field: Any, values: list[Any], user: Any = None) -> dict[Any, str]:
    """Stored values as people read them; a relation's by its name, in one query."""
    if field.is_relation:
        unnamed = unseen(user, field, values)
        related = field.related_model._default_manager.in_bulk(
            [value for value in values if value is not None]
        )
        return {
            value: str(NOT_SHOWN) if value in unnamed else display(field, related.get(value))
            for value in values
        }
    return {value: display(field, value) for value in values}


def display(field: Any, value: Any) -> str:
    if value is None or value == "":
        return EMPTY
    return str(value) if field.is_relation else str(display_for_field(value, field, EMPTY))
