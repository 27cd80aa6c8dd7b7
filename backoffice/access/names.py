"""What people called their roles and keys: without the names of those who are purged."""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.utils.translation import gettext_noop

from backoffice.access.roles import roles
from backoffice.privacy import erase, texts
from backoffice.privacy.needles import Names, Needles
from backoffice.privacy.subjects import Subject


def install() -> None:
    erase.also(gettext_noop("names of roles"), _of_roles)
    erase.also(gettext_noop("names of keys"), _of_keys)


def _of_roles(subject: Subject, keys: Any, called: Names) -> int:
    """Not of those that the product knows by their name."""
    made_here = Group.objects.exclude(name__in=[role.name for role in roles()]).order_by()
    return texts.clean(made_here, [Group._meta.get_field("name")], called.text)


def _of_keys(subject: Subject, keys: Any, called: Names) -> int:
    """The name alone: the rest of a key is no text."""
    changed = list(_renamed(called.text))
    Authenticator.objects.bulk_update(changed, ["data"], batch_size=200)
    return len(changed)


def _renamed(needles: Needles) -> Iterator[Authenticator]:
    for key in Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).order_by("pk").iterator():
        name = key.data.get("name")
        if (cleaned := needles.clean(name)) is not name:
            key.data["name"] = cleaned
            yield key
