"""What came of an undo: how much was taken back, what is left and why."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from backoffice.models import Operation

Only = Mapping[Any, Iterable[Any]]  # model → keys of its rows
Needed = Collection[Any]  # relations that may be empty, and without which no row is to come back all the same

NOT_RECORDED = "not_recorded"  # in an operation's details: what it was about cannot come back
BEREFT = (
    "bereft"  # there too: [model, field, number of rows] that came back without what this field pointed at
)
RULED = "ruled"  # there too: the same of those of them that a rule kept from what is there


class UndoError(Exception):
    """An operation of which nothing can be taken back; the text is a sentence for people."""


class Left(NamedTuple):
    """Rows that stay as they are, for one reason; or are back without what they had, and do not get it for one."""

    model: Any
    reason: str
    number: int
    sample: list[Any]  # history rows of the operation that is to be undone
    is_back: bool = False


class Bereft(NamedTuple):
    """Rows that came back without what one of their relations pointed at: it does not, or a rule stands against it."""

    model: Any
    field: Any
    number: int
    reason: str = ""  # the rule


class Outcome(NamedTuple):
    operation: Operation | None  # the undo; None for a trial
    number: int  # of changes that were taken back
    left: list[Left]
    rows: dict[str, dict[str, int]] = {}  # what the undo did, as Operation.rows has it
    bereft: list[Bereft] = []
