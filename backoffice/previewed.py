"""What somebody was shown before they confirmed, as a signed text, so that nothing else is acted upon.

A set of rows is remembered by its number, its highest key and the sum of its keys, and up to NAMED rows by the
keys themselves, so that a newcomer can be named.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core import signing
from django.db import models
from django.db.models import Count, Max, Sum
from django.db.models.functions import Cast

Model = type[models.Model]
Rows = models.QuerySet[Any]

EXACT = 10_000  # rows are counted up to here, unless asked for exactly
NAMED = 1_000
SALT = "backoffice.previewed"


class Seen(NamedTuple):
    """A set of rows as it was seen; `highest` and `total` are of the primary keys."""

    number: int
    highest: Any = None
    total: int | None = None
    keys: list[Any] | None = None

    @property
    def is_small(self) -> bool:
        """Whether it was counted to the end without being asked."""
        return self.number <= EXACT


class Difference(NamedTuple):
    """How a set differs from what was seen; both numbers are 0 when only its rows are others."""

    model: Model
    new: int
    newcomers: Rows | None  # the new rows, where they can be told from the others
    gone: int


def look(rows: Rows, *, exact: bool = False) -> Seen:
    """Two queries for any number of rows. A number above EXACT says no more than that, unless `exact`."""
    plain = rows.order_by()
    counted = plain.values("pk") if exact else plain.values("pk")[: EXACT + 1]
    facts = counted.aggregate(number=Count("pk"), **_sums(rows.model))
    keys = [_portable(key) for key in plain.values_list("pk", flat=True)[: NAMED + 1]]
    total = facts.get("total")
    return Seen(
        facts["number"],
        _portable(facts["highest"]),
        None if total is None else int(total),
        sorted(keys) if len(keys) <= NAMED else None,
    )


def signed(sets: Mapping[str, Seen]) -> str:
    """`sets` by names that say which they are: their model, where they move."""
    return signing.dumps({name: list(seen) for name, seen in sets.items()}, salt=SALT, compress=True)


def unsigned(text: str) -> dict[str, Seen]:
    """What was seen, by name. Raises BadSignature for a text that is not ours."""
    return {name: Seen(*values) for name, values in signing.loads(text, salt=SALT).items()}


def differences(
    before: Mapping[str, Seen], now: Mapping[str, Seen], rows: Mapping[str, Rows]
) -> list[Difference]:
    """How sets that are `rows` and look like `now` differ from what was seen of them.

    Raises BadSignature when those were other sets.
    """
    if before.keys() != now.keys():
        raise signing.BadSignature("This was signed for other sets.")
    return [_difference(rows[name], before[name], seen) for name, seen in now.items() if seen != before[name]]


def _difference(rows: Rows, was: Seen, now: Seen) -> Difference:
    newcomers = rows.filter(pk__gt=was.highest) if was.keys is None else rows.exclude(pk__in=was.keys)
    new = newcomers.count()
    gone = was.number + new - now.number
    if gone < 0:  # others came that were there before, but elsewhere
        return Difference(rows.model, now.number - was.number, None, 0)
    return Difference(rows.model, new, newcomers if new else None, gone)


def _sums(model: Model) -> dict[str, models.Aggregate]:
    if isinstance(model._meta.pk, (models.AutoField, models.IntegerField)):
        return {"highest": Max("pk"), "total": Sum("pk")}
    return {"highest": Max(Cast("pk", models.CharField()))}


def _portable(key: Any) -> Any:
    return key if key is None or isinstance(key, int) else str(key)
