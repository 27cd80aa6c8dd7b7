"""Accounts and groups in the log: Django's own models, of which no row history is kept.

A line says who did what to which account and, of flags, groups and permissions, from what to what; of names, addresses
and passwords only that they changed, so that nothing about a person stays when they are purged. It cannot be undone.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import Contains
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.utils.translation import override

from backoffice.operations.current import operation

PLAIN = ("is_active", "is_staff", "is_superuser")  # what may be told from what to what
UNTOLD = ("last_login",)  # each time somebody signs in
CHANGED = {"post_add": "added", "post_remove": "removed", "pre_clear": "cleared"}

Values = dict[str, Any]  # by their columns

_others: list[Callable[[Any, dict[Any, Values]], None]] = []
_kept_up: ContextVar[bool] = ContextVar("backoffice.accounts_kept_up", default=False)


def when_changed(tell: Callable[[Any, dict[Any, Values]], None]) -> None:
    """Let `tell(model, before)` know what columns said that changed: key → column → value."""
    _others.append(tell)


@contextmanager
def kept_up() -> Iterator[None]:
    """Roles and permissions that a release brings along are no deed of anybody."""
    token = _kept_up.set(True)
    try:
        yield
    finally:
        _kept_up.reset(token)


def before_saved(
    sender: Any, instance: Any, raw: bool, update_fields: Any, using: str, **kwargs: Any
) -> None:
    names = [
        field.attname for field in _fields(sender) if update_fields is None or field.name in update_fields
    ]
    asked = instance.pk and names and not raw
    rows = sender._base_manager.using(using).filter(pk=instance.pk)
    instance._stored_before = rows.values(*names).first() if asked else None


def saved(sender: Any, instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
    before = getattr(instance, "_stored_before", None) or {}
    changed = [name for name, value in before.items() if getattr(instance, name) != value]
    if changed == ["password"] and getattr(instance, "_password", None) is None:
        return  # hashed anew at a sign-in
    if raw:
        return
    if created:
        note_created(instance)
    elif changed:
        after = {name: getattr(instance, name) for name in before}
        note_changes(sender, {instance.pk: (before, after)})


def deleted(instance: Any, **kwargs: Any) -> None:
    _note(type(instance), instance.pk, "deleted", {})


def note_created(row: Any) -> None:
    flags = {name: [None, True] for name in PLAIN if getattr(row, name, False)}
    _note(type(row), row.pk, "created", {"flags": flags})


def note_changes(model: Any, rows: dict[Any, tuple[Values, Values]]) -> None:
    """`rows`: key → what its columns said before and say after, the same columns."""
    lost = {}
    for key, (before, after) in rows.items():
        if changed := [name for name in before if before[name] != after[name]]:
            flags = {name: [before[name], after[name]] for name in PLAIN if name in changed}
            others = [name for name in changed if name not in PLAIN]
            _note(model, key, "updated", {"flags": flags, "changed": others})
            lost[key] = {name: before[name] for name in changed}
    for tell in _others if lost else ():
        tell(model, lost)


def columns(model: Any, names: Any) -> list[str]:
    """Those of the named fields whose changes are told."""
    return [field.attname for field in _fields(model) if field.name in names or field.attname in names]


def members_changed(
    sender: Any, instance: Any, action: str, reverse: bool, model: Any, pk_set: Any, using: str, **kwargs: Any
) -> None:
    """The groups of an account, the permissions of an account or of a group, from whichever side: from the other one,
    each account or group tells it, too.
    """
    if action not in CHANGED or pk_set == set() or _kept_up.get():
        return
    rows = model._base_manager.using(using).filter(pk__in=pk_set or ()).order_by("pk")
    told = [row.pk if model is get_user_model() else str(row) for row in rows]
    with operation():
        _note(type(instance), instance.pk, "updated", {CHANGED[action]: [_plural(model), told]})
        change = "removed" if action == "pre_clear" else CHANGED[action]
        for key in sorted(pk_set or _members(sender, instance, model, using)) if reverse else ():
            _note(model, key, "updated", {change: [_plural(type(instance)), [str(instance)]]})


def _members(through: Any, instance: Any, model: Any, using: str) -> list[Any]:
    """The keys of the rows of `model` that belong to a row."""
    columns = {field.related_model: field.attname for field in through._meta.fields if field.is_relation}
    rows = through._base_manager.using(using).filter(**{columns[instance._meta.concrete_model]: instance.pk})
    return list(rows.order_by().values_list(columns[model], flat=True))


def _plural(model: Any) -> str:
    with override(None):  # it is told in the language of who reads it
        return str(model._meta.verbose_name_plural)


def _fields(model: Any) -> list[Any]:
    return [
        field for field in model._meta.concrete_fields if not field.primary_key and field.name not in UNTOLD
    ]


def is_kept_up() -> bool:
    return _kept_up.get()


def models() -> list[Any]:
    """Accounts, groups, and what says which belong together and what they may do."""
    user: Any = get_user_model()
    return [user, Group, user.groups.through, user.user_permissions.through, Group.permissions.through]


def told() -> list[Any]:
    """The models of whose rows the log tells by their keys."""
    return [get_user_model(), Group]


def lines_about(model: Any, key: Any) -> Q:
    """The operations that tell of one row of these; see the index of Operation for them."""
    begins = json.dumps([model._meta.label, key]).removesuffix("]") + ", "  # as every engine keeps it
    return Q(Contains(Cast("details", TextField()), begins), details__has_key="noted")


def _note(model: Any, key: Any, action: str, facts: dict[str, Any]) -> None:
    if not _kept_up.get():
        with operation() as it:
            it.note(model, key, action, {name: fact for name, fact in facts.items() if fact})


def install() -> None:
    name = "backoffice.operations.accounts"
    user, group, *memberships = models()
    for model in (user, group):
        pre_save.connect(before_saved, sender=model, dispatch_uid=name)
        post_save.connect(saved, sender=model, dispatch_uid=name)
        post_delete.connect(deleted, sender=model, dispatch_uid=name)
    for through in memberships:
        m2m_changed.connect(members_changed, sender=through, dispatch_uid=name)
