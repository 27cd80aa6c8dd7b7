"""What a column of a recorded model held at a moment, by what changed since."""

import datetime
from typing import Any

from django.db.models import Min, Q


def _changes(model: Any, field: str, moment: datetime.datetime) -> Any:
    """The changes of the column since; whether a row that was created since was there before, no record says."""
    history = model.history_model.objects.order_by()
    return history.filter(action="~", fields__contains=f",{field},", operation__at__gte=moment)


def has_since(model: Any, field: str, value: Any, moment: datetime.datetime) -> Q:
    """Rows that hold `value` now and held another one at `moment`."""
    held = _held(model, field, value, moment)
    changed = _changes(model, field, moment).values("row")
    return Q((field, value), pk__in=changed) & ~Q(pk__in=held)


def had_until(model: Any, field: str, value: Any, moment: datetime.datetime) -> Q:
    """Rows that held `value` at `moment` and hold another one now."""
    return ~Q((field, value)) & Q(pk__in=_held(model, field, value, moment))


def _held(model: Any, field: str, value: Any, moment: datetime.datetime) -> Any:
    """The keys of rows that changed since and held `value` before the first change."""
    first = _changes(model, field, moment).values("row").annotate(first=Min("pk")).values("first")
    return (
        model.history_model.objects.order_by().filter(pk__in=first, **{f"old_{field}": value}).values("row")
    )
