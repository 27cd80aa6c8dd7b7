"""Who may do more: nobody changes the account of somebody who may do more than they themselves."""

from copy import copy
from typing import Any

from backoffice.access.covering import cover_all, covers_by_roots
from backoffice.access.held import Access, access_of, forget


def outranks(other: Any, user: Any) -> bool:
    """Whether `other` may do, or could once their account is active, what `user` may not do there."""
    if user.is_superuser or other.pk == user.pk:
        return False
    if other.is_superuser:
        return True
    return exceeds(access_of(_active(other)), access_of(user))


def exceeds(one: Access, other: Access) -> bool:
    """Whether something may be done with `one` that may not be done, there, with `other`."""
    return not all(cover_all((other.reach([name]), one.reach([name])) for name in one.names))


def seems_to_exceed(one: Access, other: Access) -> bool:
    """The same by the roots alone: it may be that what one has is below what the other has."""
    return not all(covers_by_roots(other.reach([name]), one.reach([name])) for name in one.names)


def _active(user: Any) -> Any:
    """The account as it would be if it were let in again: what is kept on the object says nothing of that."""
    found = copy(user)
    found.is_active = True
    forget(found)
    return found
