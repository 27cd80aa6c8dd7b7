"""Rules about rows, asked of whole querysets before a change is made.

A rule that the database keeps (a CheckConstraint) needs no second wording: `broken_constraints` turns each
one into a filter that finds the rows that a change would break, with the constraint's own sentence. Rules
that look at other rows are functions of the same shape, in the app that owns them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import models
from django.db.models import CheckConstraint, Expression, F, Q, Value

Changes = Mapping[str, Any]


class Refusal(NamedTuple):
    """Rows that a change would break, the field it is about, and a sentence for people."""

    rows: models.QuerySet[Any]
    field: str
    reason: str


Rule = Callable[[models.QuerySet[Any], Changes], Iterator[Refusal]]


def broken_constraints(rows: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
    """The rows that would break a check constraint if `changes` (field name → new value) were made."""
    for constraint in rows.model._meta.constraints:
        if not isinstance(constraint, CheckConstraint):
            continue
        names = _names(constraint.condition)
        if names.isdisjoint(changes):
            continue
        proposed = {f"proposed_{name}": _proposed(rows.model, name, changes) for name in names}
        broken = rows.alias(**proposed).filter(~_renamed(constraint.condition))
        field = next(name for name in sorted(names, key=lambda name: name not in changes))
        yield Refusal(broken, field, str(constraint.violation_error_message))


def row_errors(row: models.Model, skip: set[str]) -> Iterator[tuple[list[str], str]]:
    """(columns, sentence) of each check constraint that `row` breaks as it stands.

    The columns are in the order in which they are best named: one that is empty first, because filling it in is
    what mends the row. Constraints about a column in `skip` (its value is already refused) are not asked.
    """
    for constraint in row._meta.constraints:
        if not isinstance(constraint, CheckConstraint):
            continue
        assert isinstance(constraint.condition, Q)  # nothing else can be asked about a row in memory
        names = _names(constraint.condition)
        if names.isdisjoint(skip) and not constraint.condition.check({n: _literal(row, n) for n in names}):
            ordered = sorted(names, key=lambda name: (getattr(row, name) not in (None, ""), name))
            yield ordered, str(constraint.violation_error_message)


def _literal(row: models.Model, name: str) -> Value:
    field: Any = row._meta.get_field(name)
    return Value(getattr(row, field.attname), output_field=field)


def _proposed(model: type[models.Model], name: str, changes: Changes) -> Expression | F:
    if name not in changes:
        return F(name)
    return Value(changes[name], output_field=model._meta.get_field(name))  # type: ignore[arg-type]


def _name(column: F) -> str:
    name: str = column.name  # type: ignore[attr-defined]  # missing in the stubs
    return name


def _names(condition: Any) -> set[str]:
    """The columns that a condition speaks of."""
    if isinstance(condition, F):
        return {_name(condition)}
    if isinstance(condition, Q):
        return set().union(*(_names(child) for child in condition.children))
    lookup, value = condition
    return {lookup.split("__")[0]} | (_names(value) if isinstance(value, F) else set())


def _renamed(condition: Any) -> Any:
    """The condition over the proposed values."""
    if isinstance(condition, F):
        return F(f"proposed_{_name(condition)}")
    if isinstance(condition, Q):
        renamed = Q(*(_renamed(child) for child in condition.children), _connector=condition.connector)
        return ~renamed if condition.negated else renamed
    lookup, value = condition
    return f"proposed_{lookup}", _renamed(value) if isinstance(value, F) else value
