"""The tables that are written once."""

from typing import Any, NamedTuple


class Logs(NamedTuple):
    operation: Any  # the model
    access_events: str
    histories: list[str]
    purges: str
    djangos: str  # empty where Django's admin is not installed
