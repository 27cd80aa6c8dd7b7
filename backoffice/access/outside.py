"""Whether somebody signed in a moment ago, and the log of security events."""

from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse


def is_fresh(request: HttpRequest) -> bool:
    fresh = _module("backoffice.access.fresh")
    return fresh is None or bool(fresh.is_fresh(request))


def ask_again(request: HttpRequest) -> HttpResponse:
    found: HttpResponse = import_module("backoffice.access.fresh").ask_again(request)
    return found


def tell_event(code: str, **facts: Any) -> None:
    events = _module("backoffice.security.events")
    if events is not None:
        events.event(code, **facts)


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None
