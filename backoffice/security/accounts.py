"""What happens to accounts, as security events: signing in and out, passwords, roles."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from backoffice.operations.current import tells_singly
from backoffice.security.events import event

FLAGS = ("is_active", "is_staff", "is_superuser")
CHANGED = {"post_add": "added", "post_remove": "removed", "pre_clear": "cleared"}


def signed_in(request: Any, user: Any, **kwargs: Any) -> None:
    event("authn_login_success", request=request, user=user)


def signed_out(request: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        event("session_expired", request=request, user=user, reason="logout")


def failed(credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    """Whose account it was, if there is one; what was typed may be a password in the wrong field."""
    model = get_user_model()
    typed = credentials.get(model.USERNAME_FIELD) or credentials.get("username")
    account = model._default_manager.filter(**{model.USERNAME_FIELD: typed}) if typed else None
    user = account.values_list("pk", flat=True).first() if account is not None else None
    event("authn_login_fail", request=request, user=user, level="WARN", known=user is not None)


def before_saved(instance: Any, raw: bool, update_fields: Any, **kwargs: Any) -> None:
    """Remember how the account was, unless the save is of other fields (of last_login at each sign-in)."""
    asked = [name for name in (*FLAGS, *_ways_in()) if update_fields is None or name in update_fields]
    instance._told_before = None
    if instance.pk and asked and not raw:
        instance._told_before = type(instance)._base_manager.filter(pk=instance.pk).values(*asked).first()


def saved(instance: Any, created: bool, **kwargs: Any) -> None:
    flags: dict[str, Any] = {name: bool(getattr(instance, name)) for name in FLAGS}
    if created:
        event("user_created", level="WARN", account=instance.pk, **flags)
        return
    if getattr(instance, "_password", None) is not None:  # set, and not only hashed anew at a sign-in
        event("authn_password_change", account=instance.pk)
    before = getattr(instance, "_told_before", None) or {}
    changed = [name for name, value in before.items() if getattr(instance, name) != value]
    if ways_in := [name for name in changed if name not in FLAGS]:
        event("user_updated", level="WARN", account=instance.pk, changed=ways_in)
    if rights := {name: flags[name] for name in FLAGS if name in changed}:
        event("privilege_permissions_changed", level="WARN", account=instance.pk, **rights)


def _ways_in() -> list[str]:
    """By what somebody signs in, and where the link for a new password goes."""
    model = get_user_model()
    return [model.USERNAME_FIELD, model.get_email_field_name()]


def deleted(instance: Any, **kwargs: Any) -> None:
    event("user_deleted", level="WARN", account=instance.pk)


def roles_changed(sender: Any, instance: Any, action: str, model: Any, pk_set: Any, **kwargs: Any) -> None:
    """Groups of an account, permissions of an account or a group."""
    if action not in CHANGED or pk_set == set():
        return
    event(
        "authz_change",
        level="WARN",
        what=sender._meta.label_lower,
        of=instance._meta.label_lower,
        row=instance.pk,
        change=CHANGED[action],
        keys=sorted(pk_set or ()),
    )


def before_group_saved(instance: Group, raw: bool, update_fields: Any, using: str, **kwargs: Any) -> None:
    """Remember what it was called: by its name a group is a role."""
    asked = instance.pk and not raw and (update_fields is None or "name" in update_fields)
    names = Group.objects.using(using).filter(pk=instance.pk).values_list("name", flat=True)
    instance._name_before = names.first() if asked else None  # type: ignore[attr-defined]


def group_saved(instance: Group, created: bool, **kwargs: Any) -> None:
    before = getattr(instance, "_name_before", None)
    if not created and before not in (None, instance.name):
        event("authz_change", level="WARN", what="auth.group", row=instance.pk, change="renamed")


def install() -> None:
    user: Any = get_user_model()
    name = "backoffice.security.accounts"
    user_logged_in.connect(signed_in, dispatch_uid=name)
    user_logged_out.connect(signed_out, dispatch_uid=name)
    user_login_failed.connect(failed, dispatch_uid=name)
    pre_save.connect(before_saved, sender=user, dispatch_uid=name)
    post_save.connect(saved, sender=user, dispatch_uid=name)
    post_delete.connect(deleted, sender=user, dispatch_uid=name)
    tells_singly(user, "deleted")
    pre_save.connect(before_group_saved, sender=Group, dispatch_uid=name)
    post_save.connect(group_saved, sender=Group, dispatch_uid=name)
    for through in (user.groups.through, user.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(roles_changed, sender=through, dispatch_uid=name)
