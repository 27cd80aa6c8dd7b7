"""What the record says of a row: how it stood before and after, and what an operation made of it in all its steps."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from backoffice.operations.tables import new, old, recorded_fields

Values = dict[str, Any]  # attribute of the model → value


class Change(NamedTuple):
    """What an operation did to one row, its steps taken together."""

    model: Any
    key: Any
    before: Values | None  # None while there is no such row
    after: Values | None
    first: int  # the keys of its history rows
    last: int
    gone: bool = False  # whether a field was changed, too, that the model has no more

    @property
    def action(self) -> str:
        """ "+", "~", "-", or nothing for a row that was made and removed in one go."""
        if self.before is None:
            return "" if self.after is None else "+"
        return "-" if self.after is None else "~"

    @property
    def fields(self) -> list[Any]:
        """The fields whose values are not what they were; of a new or a deleted row those that held something."""
        before, after = self.before or {}, self.after or {}
        return [field for field in recorded_fields(self.model) if differs(field, before, after)]


def differs(field: Any, one: Values, other: Values) -> bool:
    was, became = one.get(field.attname), other.get(field.attname)
    return was != became and not (was in (None, "") and became in (None, ""))


def before(step: Any, model: Any) -> Values | None:
    """The row as it was before this history row."""
    if step.action == "+":
        return None
    return {field.attname: getattr(step, old(field)) for field in recorded_fields(model)}


def after(step: Any, model: Any) -> Values | None:
    """The row as it was after this history row."""
    if step.action == "-":
        return None
    fields = recorded_fields(model)
    made = {field.attname: getattr(step, new(field)) for field in fields}
    if step.action == "+":
        return made
    changed = {field.attname: made[field.attname] for field in fields if f",{field.name}," in step.fields}
    return {**(before(step, model) or {}), **changed}


def net(model: Any, steps: Iterable[Any]) -> Change:
    """The change that history rows of one row and one operation amount to."""
    ordered = sorted(steps, key=lambda step: step.pk)
    first, last = ordered[0], ordered[-1]
    gone = any(_has_gone(step, model) for step in ordered)
    return Change(model, first.row_id, before(first, model), after(last, model), first.pk, last.pk, gone)


def _has_gone(step: Any, model: Any) -> bool:
    known = {field.name for field in recorded_fields(model)}
    return not known.issuperset(filter(None, step.fields.split(",")))
