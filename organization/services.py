"""What HR does to many people at once: one function for each deed, one transaction, how many were changed.

They take people who may be changed so: ask organization.rules.refused_employees first. The database refuses
what breaks a constraint in any case. Inside an operation they are a part of it, else one of their own.
"""

import datetime
from typing import Any

from backoffice import operations
from organization.models import Department, Employee
from organization.querysets import EmployeeQuerySet


def transfer(*, employees: EmployeeQuerySet, to: Department, actor: Any = None, reason: str = "") -> int:
    """Move everyone to the department `to`."""
    return operations.update(employees, {"department": to}, actor=actor, kind="transfer", reason=reason)


def set_manager(
    *, employees: EmployeeQuerySet, manager: Employee | None, actor: Any = None, reason: str = ""
) -> int:
    """Let everyone report to `manager`, or to nobody."""
    return operations.update(employees, {"manager": manager}, actor=actor, kind="set_manager", reason=reason)


def change_status(
    *,
    employees: EmployeeQuerySet,
    status: Employee.Status,
    end_date: datetime.date | None = None,
    end_reason: str = "",
    actor: Any = None,
    reason: str = "",
) -> int:
    """Give everyone this status; for LEFT with the date and reason of leaving, where they are given."""
    changes = status_changes(status=status, end_date=end_date, end_reason=end_reason)
    return operations.update(employees, changes, actor=actor, kind="change_status", reason=reason)


def status_changes(
    *, status: Employee.Status, end_date: datetime.date | None, end_reason: str
) -> dict[str, Any]:
    """The columns that a new status sets. Without a new date or reason of leaving each keeps what is there."""
    changes: dict[str, Any] = {"status": status}
    if status == Employee.Status.LEFT:
        changes |= {"end_date": end_date} if end_date else {}
        changes |= {"end_reason": end_reason} if end_reason else {}
    return changes
