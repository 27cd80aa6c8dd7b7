"""Give and take roles: what of them somebody may give, and the deed."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.access.covering import cover_all
from backoffice.access.held import access_of
from backoffice.access.roles import role_named
from backoffice.operations import kinds, operation
from backoffice.sql import locks

GIVING = "backoffice.grant_roles"

kinds.register("grant", _("Role given"))
kinds.register("revoke", _("Role taken"))


def givable(user: Any) -> Q:
    """The groups whose permissions `user` has wherever they may give roles; all for a superuser."""
    if user.is_superuser:
        return Q()
    access = access_of(user)
    mine = access.reach([GIVING])
    codes = list(Permission.objects.values_list("pk", "content_type__app_label", "codename"))
    covered = cover_all((access.reach([f"{app}.{name}"]), mine) for _pk, app, name in codes)
    lacking = [code[0] for code, is_covered in zip(codes, covered, strict=True) if not is_covered]
    beyond = Group.objects.filter(permissions__in=lacking).values("pk")
    return Q(pk__in=[]) if not (mine.everywhere or mine.roots) else ~Q(pk__in=beyond)


def group_named(text: str) -> Group | None:
    role = role_named(text)
    return Group.objects.filter(name=role.name if role else text).first()


def give(grants: Any, *, user: Any, role: Group, root: Any, actor: Any = None, source: str = "") -> bool:
    """Whether it was given now; not again what somebody has."""
    with operation("grant", actor=actor, source=source):
        locks.take(grants)
        found = grants._default_manager.filter(**_about(grants, user, role, root)).exists()
        if not found:
            grants._default_manager.create(**_about(grants, user, role, root))
    return not found


def take(grants: Any, *, user: Any, role: Group, root: Any, actor: Any = None, source: str = "") -> int:
    """How many grants were taken."""
    with operation("revoke", actor=actor, source=source):
        gone, _by_model = grants._default_manager.filter(**_about(grants, user, role, root)).delete()
    return int(gone)


def _about(grants: Any, user: Any, role: Group, root: Any) -> dict[str, Any]:
    from backoffice.access.trees import trees

    name = next(tree.root for tree in trees() if tree.grants is grants)
    return {"user": user, "role": role, name: root}
