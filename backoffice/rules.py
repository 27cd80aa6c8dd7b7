"""Rules about rows, asked of whole querysets before a change is made.

A rule that the database keeps (a CheckConstraint) needs no second wording: `broken_constraints` turns each
one into a filter that finds the rows that a change would break, with the constraint's own sentence. Rules
that look at other rows are functions of the same shape, in the app that owns them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import models
from django.db.models import CheckConstraint, ExpressionWrapper, F, Q, Value

from backoffice.fields import column_value

Changes = Mapping[str, Any]


class Refusal(NamedTuple):
    """Rows that a change would break, the field it is about, and a sentence for people."""

    rows: models.QuerySet[Any]
    field: str
    reason: str


Rule = Callable[[models.QuerySet[Any], Changes], Iterator[Refusal]]
Altered = Callable[[Any], Any]  # see Recorded.broken_rules


def broken_constraints(rows: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
    """The rows that would break a check constraint if `changes` (field name → new value, or an expression of it) were
    made.
    """
    for condition, sentence in _constraints(rows.model):
        names = condition.referenced_base_fields
        if names.isdisjoint(changes):
            continue
        proposed: Any = {F(name): _proposed(rows.model._meta.get_field(name), changes) for name in names}
        field = min(names, key=lambda name: (name not in changes, name))
        kept = _right_sides(condition, proposed).replace_expressions(proposed)
        yield Refusal(rows.filter(~kept), field, sentence)


def checks_of(model: type[models.Model], proposed: type[models.Model]) -> Iterator[tuple[list[str], Q, str]]:
    """(columns as it names them, filter, sentence) of each check constraint of `model`.

    The filter finds what breaks it among rows of `proposed`, which has the same fields.
    """
    for condition, sentence in _constraints(model):
        names = list(dict.fromkeys(_named(condition)))
        fields: Any = {F(name): _proposed(proposed._meta.get_field(name), {}) for name in names}
        yield names, ~_right_sides(condition, fields).replace_expressions(fields), sentence


def row_errors(row: models.Model, skip: set[str]) -> Iterator[tuple[list[str], str]]:
    """(columns, sentence) of each check constraint that `row` breaks as it stands.

    The columns are in the order in which they are best named: one that is empty first, because filling it in is
    what mends the row. Constraints about a column in `skip` (its value is already refused) are not asked.
    """
    asked = [
        (q, sentence) for q, sentence in _constraints(type(row)) if q.referenced_base_fields.isdisjoint(skip)
    ]
    if _holds(row, *(condition for condition, _sentence in asked)):  # as nearly always: one query for all
        return
    for condition, sentence in asked:
        if not _holds(row, condition):
            names = condition.referenced_base_fields
            yield sorted(names, key=lambda name: (getattr(row, name) not in (None, ""), name)), sentence


def _holds(row: models.Model, *conditions: Q) -> bool:
    """Whether none of the conditions is false of `row`; like the database, an unknown outcome lets it pass."""
    together = Q(*conditions)
    names = together.referenced_base_fields
    return not conditions or bool(together.check({name: _literal(row, name) for name in names}))


def _constraints(model: type[models.Model]) -> Iterator[tuple[Any, str]]:
    """Each check constraint as a Q and its sentence."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, CheckConstraint):
            yield Q(constraint.condition), str(constraint.violation_error_message)


def _named(condition: Q) -> Iterator[str]:
    """The fields that a condition speaks of, in its own order."""
    for child in condition.children:
        if isinstance(child, Q):
            yield from _named(child)
        elif isinstance(child, tuple):
            yield child[0].partition("__")[0]
            if isinstance(child[1], F):
                yield str(child[1].name)  # type: ignore[attr-defined]  # missing in the stubs


def _right_sides(condition: Q, proposed: dict[F, Any]) -> Any:
    """The condition with `proposed` on the right of its comparisons; Q.replace_expressions sees the left only."""
    replaced = Q(_connector=condition.connector, _negated=condition.negated)
    for child in condition.children:
        if isinstance(child, Q):
            child = _right_sides(child, proposed)
        elif isinstance(child, tuple) and hasattr(child[1], "replace_expressions"):
            child = (child[0], child[1].replace_expressions(proposed))
        replaced.children.append(child)
    return replaced


def is_of_each_row(value: Any) -> bool:
    """Whether a new value is an expression, by which each row gets its own."""
    return hasattr(value, "resolve_expression")


def _proposed(field: Any, changes: Changes) -> Value | ExpressionWrapper:
    if field.name not in changes:
        # Not a bare F: for a column Django adds "and is not null" to a negated filter, and so takes an unknown
        # outcome for a broken one. A constraint lets an unknown outcome pass.
        return ExpressionWrapper(F(field.name), output_field=field)
    value = changes[field.name]
    if is_of_each_row(value):
        return ExpressionWrapper(value, output_field=field)
    return Value(column_value(field, value), output_field=field)


def _literal(row: models.Model, name: str) -> Value:
    field: Any = row._meta.get_field(name)
    return Value(getattr(row, field.attname), output_field=field)
