"""The tables that are written once."""

from typing import Any, NamedTuple


class Logs(NamedTuple):
    operation: Any  # the model
    access_events: str
    histories: list[str]
    purges: str
    djangos: str  # empty where Django's admin is not installed


def more_than_may(operation: Any, *, changed: str, filled: str, marks: str) -> str:
    """SQL: whether an UPDATE of another operation changes more than the state, by what undoes it, or an actor to none.

    `changed` and `filled` are about a column, `{}`, and `marks` is whether it is such an operation that writes.
    """
    allowed = {"state": f" AND NOT {marks}", "actor": f" AND {filled}"}
    fields = [field for field in operation._meta.concrete_fields if not field.generated]
    return " OR ".join(f"({changed}{allowed.get(field.name, '')})".format(field.column) for field in fields)
