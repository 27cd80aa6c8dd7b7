"""Who may do what, asked of the ModelAdmin where there is one."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest

from backoffice.operations.current import ACTIONS

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
