"""Roles: groups whose permissions the product declares and every `migrate` keeps up to date.

What is missing is added. What somebody added by hand stays; a permission that a role is to lose is named in
`withdrawn`.
"""

from collections.abc import Iterable
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


def update_roles(sender: Any, using: str, apps: Any = installed, **kwargs: Any) -> None:
    """After migrating an app: give the roles its permissions. Nothing is written when nothing is missing."""
    wanted = {
        role: {name.partition(".")[2] for name in role.permissions if name.startswith(f"{sender.label}.")}
        for role in roles()
    }
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return
    from backoffice.operations.accounts import kept_up  # once there are models

    if not any(wanted.values()) or not router.allow_migrate_model(using, group_model):
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    known = dict(
        permission_model.objects.using(using)
        .filter(content_type__app_label=sender.label)
        .values_list("codename", "pk")
    )
    with kept_up():
        groups = {
            role: group_model.objects.using(using).get_or_create(name=role.name)[0]
            for role, names in wanted.items()
            if names
        }
    has = set(
        group_model.permissions.through.objects.using(using)
        .filter(group__in=groups.values(), permission__in=known.values())
        .values_list("group_id", "permission_id")
    )
    through = group_model.permissions.through
    given = [
        through(group_id=group.pk, permission_id=known[name])
        for role, group in groups.items()
        for name in sorted(wanted[role])
        if name in known and (group.pk, known[name]) not in has
    ]
    with kept_up():
        through.objects.using(using).bulk_create(given, ignore_conflicts=True)
        for role, group in groups.items():
            lost = [
                known[name.partition(".")[2]] for name in role.withdrawn if name.partition(".")[2] in known
            ]
            taken = [key for key in lost if (group.pk, key) in has]
            if taken:
                through.objects.using(using).filter(group=group, permission__in=taken).delete()


def _folded(text: str) -> str:
    return "_".join(text.casefold().replace("-", "_").split())
