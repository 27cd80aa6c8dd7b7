"""Whether a check constraint holds for values that are not in the database yet.

Three-valued, as in SQL: None means unknown, and the database lets an unknown condition pass. So does a lookup
that is not known here: the database then has the last word.
"""

import operator
from collections.abc import Callable
from typing import Any

from django.db.models import F, Q

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, options: value in options,
}


def holds(condition: Any, get: Callable[[str], Any]) -> bool | None:
    """Whether `condition` holds, where `get` gives the value of a field."""
    if isinstance(condition, Q):
        return _all_or_any(condition, get)
    if not isinstance(condition, tuple):
        return None
    path, expected = condition
    name, _, lookup = path.partition("__")
    value = get(name)
    if lookup == "isnull":
        return (value is None) is expected
    if isinstance(expected, F):
        expected = get(expected.name)  # type: ignore[attr-defined]  # missing in the stubs
    compare = COMPARISONS.get(lookup or "exact")
    if compare is None or value is None or expected is None:
        return None
    return compare(value, expected)


def _all_or_any(condition: Q, get: Callable[[str], Any]) -> bool | None:
    results = {holds(child, get) for child in condition.children}
    decisive = condition.connector == Q.OR  # one True decides an OR, one False an AND
    if decisive in results:
        result: bool | None = decisive
    else:
        result = None if None in results else not decisive
    return not result if condition.negated and result is not None else result
