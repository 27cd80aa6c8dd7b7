"""Accounts that are being deleted: in the logs their column may become empty, in this transaction alone.

PostgreSQL asks nobody about it: there a trigger looks at the end of the transaction.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import pre_delete


class Leaving:
    """Stands among what waits for the commit: a rollback, to a savepoint too, takes it away."""

    def __init__(self, accounts: Iterable[Any]) -> None:
        self.accounts = frozenset(accounts)

    def __call__(self) -> None:
        pass


def announce(accounts: Iterable[Any], using: str) -> None:
    """Before anything of them is deleted, inside the transaction."""
    transaction.on_commit(Leaving(accounts), using=using)


def is_leaving(connection: Any, account: Any) -> bool:
    return any(account in accounts for accounts in _announced(connection))


def leaving(connection: Any) -> list[Any]:
    """All of them."""
    return [account for accounts in _announced(connection) for account in accounts]


def _announced(connection: Any) -> Iterator[frozenset[Any]]:
    waiting = (entry[1] for entry in connection.run_on_commit)
    return (one.accounts for one in waiting if isinstance(one, Leaving))


def _deleted(instance: Any, using: str, **kwargs: Any) -> None:
    announce([instance.pk], using)


def install() -> None:
    pre_delete.connect(_deleted, sender=get_user_model(), dispatch_uid="backoffice.security.leaving")
