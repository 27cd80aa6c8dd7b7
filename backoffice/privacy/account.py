"""What is held about the account of a person."""

from typing import Any

from django.contrib.admin.models import LogEntry

from backoffice.links import links_to
from backoffice.privacy import sessions
from backoffice.privacy.registry import columns_of


def account(user: Any) -> dict[str, Any]:
    """The account and what hangs on it; nothing where there is none."""
    if user is None:
        return {}
    rows = {
        link.model._meta.label: [
            _values(row) for row in link.model._base_manager.filter(**{link.field.name: user})
        ]
        for link in links_to(type(user))
        if link.cascades and link.is_plain and link.model is not LogEntry
    }
    return {
        "account": _values(user),
        "groups": sorted(str(group) for group in user.groups.all()),
        "signed in in so many browsers": sessions.number_of(user.pk),
        **{label: found for label, found in rows.items() if found},
    }


def _values(row: Any) -> dict[str, Any]:
    return {
        column.field.name: "(kept, not shown)" if _is_secret(column) else getattr(row, column.field.attname)
        for column in columns_of(type(row))
    }


def _is_secret(column: Any) -> bool:
    return column.fact is None or column.fact.secret
