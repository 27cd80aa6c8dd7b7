"""Roles: groups whose permissions the product declares and every `migrate` keeps up to date.

What is missing is added. What somebody added by hand stays; a permission that a role is to lose is named in
`withdrawn`. What a role gets or loses so is told like any change of it, unless that run of `migrate` made the role.
"""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import router
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DEEDS = {
    "add": gettext_lazy("Can add"),
    "change": gettext_lazy("Can change"),
    "delete": gettext_lazy("Can delete"),
    "view": gettext_lazy("Can view"),
}


@dataclass(frozen=True)
class Role:
    """`code` is for commands and code, `name` that of the group, in English and marked for translation; permissions are
    written "app.codename".
    """

    code: str
    name: str
    permissions: frozenset[str]
    withdrawn: frozenset[str] = frozenset()


_roles: dict[str, Role] = {}
_made: set[tuple[str, Any]] = set()  # roles by this run of `migrate`, each as its database and key


def declare_role(code: str, name: str, permissions: Iterable[str], withdrawn: Iterable[str] = ()) -> Role:
    _roles[code] = Role(code, name, frozenset(permissions), frozenset(withdrawn))
    return _roles[code]


def roles() -> list[Role]:
    return list(_roles.values())


def role_named(text: str) -> Role | None:
    """The role with this code or name, however it is written."""
    asked = _folded(text)
    return next((role for role in roles() if asked in (_folded(role.code), _folded(role.name))), None)


def role_label(name: str) -> str:
    """What people call the group of this name: that of a declared role in their language."""
    return _(name) if any(role.name == name for role in roles()) else name


def permission_label(permission: Any) -> str:
    """ "Organization | employee | Can change", in the language of the page; Django's own names are English."""
    from backoffice.models import RowHistory  # once there are models

    kind = permission.content_type
    deed = permission.codename.removesuffix(f"_{kind.model}")
    app, name = map(_, str(kind).split(" | ", 1))
    if issubclass(
        kind.model_class() or object, RowHistory
    ):  # it is called as that of which it is the history
        name = _("%s (history)") % name
    return f"{app} | {name} | {DEEDS.get(deed) or _(permission.name)}"


def permissions_of(model: Any, *deeds: str) -> set[str]:
    """ "app.view_model" for each deed."""
    meta = model._meta
    return {f"{meta.app_label}.{deed}_{meta.model_name}" for deed in deeds}


def begin(**kwargs: Any) -> None:
    """Before `migrate`."""
    _made.clear()


def update_roles(sender: Any, using: str, apps: Any = installed, **kwargs: Any) -> None:
    """After migrating an app: give the roles its permissions. Nothing is written when nothing is missing."""
    wanted = {role: _of(sender, role.permissions) for role in roles()}
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return
    if not any(wanted.values()) or not router.allow_migrate_model(using, group_model):
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    known = dict(
        permission_model.objects.using(using)
        .filter(content_type__app_label=sender.label)
        .values_list("codename", "pk")
    )
    groups = {role: _group(group_model, role, using) for role, names in wanted.items() if names}
    has = set(
        group_model.permissions.through.objects.using(using)
        .filter(group__in=groups.values(), permission__in=known.values())
        .values_list("group_id", "permission_id")
    )
    for role, group in groups.items():
        held = {name for name, key in known.items() if (group.pk, key) in has}
        given = {known[name] for name in (wanted[role] & known.keys()) - held}
        if (using, group.pk) in _made:
            _furnish(group, given)
        else:
            _change(group, given, {known[name] for name in held & _of(sender, role.withdrawn)}, apps)


def _of(app: Any, permissions: Iterable[str]) -> set[str]:
    """The codenames of those of an app."""
    parts = (name.partition(".") for name in permissions)
    return {codename for label, _dot, codename in parts if label == app.label}


def _group(model: Any, role: Role, using: str) -> Any:
    from backoffice.operations.accounts import kept_up  # once there are models

    with kept_up():
        group, is_new = model.objects.using(using).get_or_create(name=role.name)
    if is_new:
        _made.add((using, group.pk))
    return group


def _furnish(group: Any, given: set[Any]) -> None:
    """Nobody did that, and nobody has the role yet."""
    from backoffice.operations.accounts import kept_up  # once there are models

    through = type(group).permissions.through
    rows = [through(group_id=group.pk, permission_id=key) for key in sorted(given)]
    with kept_up():
        through.objects.using(group._state.db).bulk_create(rows, ignore_conflicts=True)


def _change(group: Any, given: set[Any], taken: set[Any], apps: Any) -> None:
    """With a security event, and a line in the log where there is one."""
    from django.contrib.auth.models import Group  # once there are models; those of `apps` send no signals

    from backoffice.operations.accounts import kept_up

    if given or taken:
        permissions = Group.objects.using(group._state.db).get(pk=group.pk).permissions
        with nullcontext() if _has_log(apps) else kept_up():
            permissions.add(*given)
            permissions.remove(*taken)


def _has_log(apps: Any) -> bool:
    """Not on the way to the schema of this release, or back from it."""
    now: Any = installed.get_model("backoffice", "Operation")
    try:
        then = apps.get_model("backoffice", "Operation")
    except LookupError:
        return False
    columns, known = ({field.column for field in model._meta.concrete_fields} for model in (now, then))
    return columns <= known


def _folded(text: str) -> str:
    return "_".join(text.casefold().replace("-", "_").split())
