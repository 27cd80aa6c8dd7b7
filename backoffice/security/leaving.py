"""Accounts that are being deleted: in the logs their column may become empty, in this transaction alone.

PostgreSQL asks nobody about it: there a trigger looks at the end of the transaction.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.models.signals import pre_delete

_others: list[Callable[[frozenset[Any]], None]] = []


def when_announced(tell: Callable[[frozenset[Any]], None]) -> None:
    """Let `tell(keys)` know of accounts while everything of them is still there, once of each."""
    _others.append(tell)


class Leaving:
    """Stands among what waits for the commit: a rollback, to a savepoint too, takes it away."""

    def __init__(self, accounts: Iterable[Any]) -> None:
        self.accounts = frozenset(accounts)

    def __call__(self) -> None:
        pass


def announce(accounts: Iterable[Any], using: str) -> None:
    """Before anything of them is deleted, inside the transaction."""
    found = Leaving(account for account in accounts if not is_leaving(connections[using], account))
    if found.accounts:
        transaction.on_commit(found, using=using)
        for tell in _others:
            tell(found.accounts)


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
