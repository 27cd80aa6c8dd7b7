"""What this package asks of others: a fresh sign-in, the lines of security events, the record of who read what."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.http import HttpRequest, HttpResponse


def _module(name: str) -> Any:
    package = name.rpartition(".")[0]
    return import_module(name) if find_spec(package) and find_spec(name) else None


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """The page that asks for the password again, unless this person signed in just now."""
    fresh = _module("backoffice.access.fresh")
    if fresh is None or fresh.is_fresh(request):
        return None
    response: HttpResponse = fresh.ask_again(request)
    return response


def event(code: str, *, request: HttpRequest | None = None, user: Any = None, **facts: Any) -> None:
    events = _module("backoffice.security.events")
    if events is not None:
        events.event(code, request=request, user=user, **facts)


def record_read(request: HttpRequest, model: Any, keys: list[Any], what: str) -> None:
    reads = _module("backoffice.security.reads")
    if reads is not None:
        reads.record_read(request, model, keys, what)
