"""Ask the database outside of the transaction that is open."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def beside(ask: Callable[[], T]) -> T:
    """What `ask` returns in a thread with a connection of its own: it sees what others have committed, and nothing of
    what this thread has written and not committed.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_asked, ask).result()


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    finally:
        connections.close_all()
