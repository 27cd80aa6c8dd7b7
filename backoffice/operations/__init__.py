"""Operations: every write of a recorded model is one, or a part of one.

    with operation("transfer", actor=user, reason="Merger") as it:
        people.update(department=sales)

What is written inside belongs to the operation, cascades included, and is applied with it as a whole or not at all.
A write outside of one is an operation by itself. `undo` takes one back.
"""

from backoffice.operations.current import Recording, operation
from backoffice.operations.sets import update

__all__ = ["Recording", "operation", "update"]
