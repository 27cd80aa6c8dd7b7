"""What may still change of a purge that was asked for, as a condition that PostgreSQL and SQLite both read.

Who asked and who approved is the record of four eyes: it is written once, by two people, and closed once. That it was
carried out is for housekeeping alone to say.
"""

from typing import Any

from backoffice.privacy.models import PurgeRequest

State = PurgeRequest.State
OPEN = f"('{State.ASKED}', '{State.APPROVED}')"
CLOSED = f"('{State.RETURNED}', '{State.WITHDRAWN}')"

ASKED = f"NEW.state = '{State.ASKED}' AND NEW.approved_by_id IS NULL AND NEW.approved_name = ''"
UNDECIDED = f"OLD.state = '{State.ASKED}'"


def may_become(same: str, gone: str = "") -> str:
    """For an UPDATE; `same` is the engine's operator for equal values, empty ones included.

    Whose account goes becomes empty; `gone` is a further condition on that, about the column `{0}`.
    """

    def kept(*columns: str) -> str:
        return " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in columns)

    def kept_or_gone(column: str) -> str:
        return f"({kept(column)} OR (NEW.{column} IS NULL {gone.format(column)}))"

    approval = ("approved_by_id", "approved_name", "approved_at")
    loose = {"state", "answer", "number", "asked_by_id", *approval}
    others = [field.column for field in _fields() if field.column not in loose]
    approved = f"OLD.state = '{State.ASKED}' AND NEW.state = '{State.APPROVED}'"
    return f"""{kept(*others)}
        AND {kept_or_gone("asked_by_id")}
        AND ({kept("number")} OR (OLD.number = 0 AND {UNDECIDED}))
        AND CASE
            WHEN {kept("state")} THEN {kept("answer", *approval[1:])}
                AND {kept_or_gone("approved_by_id")}
            WHEN {approved} THEN {kept("answer")} AND NEW.approved_by_id <> NEW.asked_by_id
            WHEN OLD.state IN {OPEN} AND NEW.state IN {CLOSED} THEN {kept(*approval)}
            ELSE 1 = 0
        END"""


def _fields() -> Any:
    return PurgeRequest._meta.concrete_fields
