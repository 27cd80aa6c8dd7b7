"""Who may do what, asked of the ModelAdmin where there is one."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest

from backoffice.access.held import access_of, forget
from backoffice.access.trees import confers
from backoffice.admin.log import told
from backoffice.admin.undo import limits as undo_limits
from backoffice.models import Operation
from backoffice.operations.current import ACTIONS, Recording, current
from backoffice.operations.outcome import UndoError
from backoffice.operations.undo import check

UNDONE_BY = {"created": "delete", "updated": "change", "deleted": "add"}


def may(site: AdminSite, request: HttpRequest, deed: str, model: Any) -> bool:
    """Whether this person may "view", "add", "change" or "delete" rows of `model`."""
    admin = site._registry.get(model)
    if admin is None:
        name = get_permission_codename(deed, model._meta)
        return bool(request.user.has_perm(f"{model._meta.app_label}.{name}"))
    if deed == "view":
        return bool(admin.has_view_or_change_permission(request))
    return bool(getattr(admin, f"has_{deed}_permission")(request))


def lacking_to_undo(
    site: AdminSite, request: HttpRequest, counts: dict[Any, dict[str, int]], *, own: bool
) -> list[tuple[str, Any]]:
    """(deed, model) of each permission that this person needs for the opposite of what was done, and lacks.

    Of their `own` operations: what they added themselves they may take back like what they changed.
    """
    return [
        (UNDONE_BY[done], model)
        for model, count in counts.items()
        for done in ACTIONS.values()
        if count.get(done)
        and not may(site, request, UNDONE_BY[done], model)
        and not (own and done == "created" and may(site, request, "add", model))
    ]


def may_undo(site: AdminSite, request: HttpRequest, operation: Operation) -> bool:
    """Whether there is something left to take back, and this person may; without asking the database."""
    try:
        check(operation)
    except UndoError:
        return False
    if not undo_limits.may_undo(request.user, operation):
        return False
    own = not undo_limits.is_foreign(request.user, operation)
    return not lacking_to_undo(site, request, _counts(operation), own=own)


def may_still_undo(site: AdminSite, request: HttpRequest, operation: Operation) -> bool:
    """The same right after the deed, with which a role of theirs may have gone: asked anew where it could have."""
    if not may_undo(site, request, operation):
        return False
    touched = _counts(operation).keys()
    if not any(map(confers, touched)) or not access_of(request.user).held:
        return True
    forget(request.user)
    return may_undo(site, request, operation) and undo_limits.allows_any(request, operation, touched)


def _counts(operation: Operation) -> told.Counts:
    it = current()
    return _by_now(it) if it and it.operation == operation else told.counts(operation.rows)


def _by_now(it: Recording) -> told.Counts:
    """Of an operation under way, whose rows are counted at its end: what it has done, whatever the numbers."""
    return {model: {ACTIONS[action]: 1 for action in actions} for model, actions in it.done.items()}
