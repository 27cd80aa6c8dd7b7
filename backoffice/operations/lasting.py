"""What is kept in memory of a transaction, and goes with a part of it that is rolled back."""

from collections.abc import Iterator
from typing import Any
from weakref import ref

from django.db import transaction


class _Entry:
    """Stands among what waits for the commit, and there alone: a rollback, to a savepoint too, takes it away."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self) -> None:
        pass


class Lasting:
    """What was added inside the transaction and was not rolled back since, in the order in which it came."""

    def __init__(self, using: str) -> None:
        self.using = using
        self._entries: list[ref[_Entry]] = []

    def add(self, value: Any) -> None:
        entry = _Entry(value)
        transaction.on_commit(entry, using=self.using)
        self._entries.append(ref(entry))

    def __iter__(self) -> Iterator[Any]:
        return (entry.value for known in self._entries if (entry := known()))

    def __len__(self) -> int:
        self._entries = [known for known in self._entries if known()]
        return len(self._entries)
