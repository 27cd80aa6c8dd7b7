"""What this package asks of others: a fresh sign-in, the lines of security events, the record of who read what."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse


def _module(name: str) -> Any:
    package = name.rpartition(".")[0]
    return import_module(name) if find_spec(package) and find_spec(name) else None


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """The page that asks for the password again, unless this person signed in just now."""
    fresh = _module("backoffice.access.fresh")
    response: HttpResponse | None = fresh.demand(request) if fresh else None
    return response


def event(code: str, *, request: HttpRequest | None = None, user: Any = None, **facts: Any) -> None:
    events = _module("backoffice.security.events")
    if events is not None:
        events.event(code, request=request, user=user, **facts)


def record_read(request: HttpRequest, model: Any, keys: list[Any], what: str) -> None:
    reads = _module("backoffice.security.reads")
    if reads is not None:
        reads.record_read(request, model, keys, what)


@contextmanager
def housekeeping(using: str) -> Iterator[None]:
    """A transaction that may change what was logged."""
    locks = _module("backoffice.security.locks")
    with locks.housekeeping(using) if locks else transaction.atomic(using=using):
        yield
