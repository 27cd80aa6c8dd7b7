"""Security events: one JSON line each, named as the OWASP logging vocabulary names them, in UTC.

    {"datetime": "2026-11-22T22:40:13.184Z", "appid": "backoffice", "event": "authn_login_success:17", …}

People and rows are ids, never names, and what somebody typed is not written at all. A line is a line: JSON escapes
all that could end it or colour it.
"""

import datetime
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from allauth.core.internal.httpkit import clean_client_ip, get_client_ip
from django.conf import settings
from django.contrib.admin.exceptions import DisallowedModelAdminLookup, DisallowedModelAdminToField
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from backoffice.serving import request_id

logger = logging.getLogger("backoffice.security")

LONGEST = 200  # characters of a fact
# As the vocabulary calls them.
LEVELS = {"INFO": logging.INFO, "WARN": logging.WARNING, "ERROR": logging.ERROR, "CRITICAL": logging.CRITICAL}
FORBIDDEN = (DisallowedModelAdminLookup, DisallowedModelAdminToField)

_request: ContextVar[HttpRequest | None] = ContextVar("backoffice.security.request", default=None)


def event(
    code: str, *, request: HttpRequest | None = None, user: Any = None, level: str = "INFO", **facts: Any
) -> None:
    """Write one event. `user` is who did it (an account or its key); else that of the request.

    `facts` are ids, numbers and codes; names of people and what they typed do not belong here.
    """
    request = request or _request.get()
    who = _key(user) if user is not None else _key(getattr(request, "user", None))
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    line = {
        "datetime": now.replace("+00:00", "Z"),
        "appid": "backoffice",
        "event": f"{code}:{who}" if who is not None else code,
        "level": level,
        "user": who,
        **(_about(request) if request else {}),
        **({"request_id": request_id.current.get()} if request_id.current.get() else {}),
        **{name: _fact(value) for name, value in facts.items()},
    }
    logger.log(LEVELS[level], "%s", json.dumps(line))


def request_now() -> HttpRequest | None:
    """The request that is answered at the moment; None in a command and in a worker."""
    return _request.get()


def _about(request: HttpRequest) -> dict[str, Any]:
    """Which page was asked for; not its address, which holds what people type."""
    match = request.resolver_match
    keys = {name: value for name, value in (match.kwargs if match else {}).items() if _is_key(value)}
    about = {"method": request.method, "page": match.view_name if match else None, **keys}
    address = address_of(request)
    return {**about, "source_ip": address} if address else about


def address_of(request: HttpRequest) -> str | None:
    """Where a request comes from, where that is to be kept at all: LOG_ADDRESSES."""
    return came_from(request) if settings.LOG_ADDRESSES else None


def came_from(request: HttpRequest) -> str | None:
    """The address of whoever asks, past proxies of ours (PROXIES). Behind a Unix socket there is none of anybody."""
    found: str | None = None
    with suppress(ImproperlyConfigured):  # it came past a proxy
        found = get_client_ip(request)
    return found or clean_client_ip(request.META.get("REMOTE_ADDR", ""))


def _key(user: Any) -> Any:
    return getattr(user, "pk", None) if hasattr(user, "pk") else user


def _is_key(value: Any) -> bool:
    text = str(value)
    return text.isascii() and text.isdecimal() and len(text) < 20


def _fact(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {str(name)[:LONGEST]: _fact(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_fact(one) for one in list(value)[:LONGEST]]
    return str(value)[:LONGEST]


class EventsMiddleware:
    """What happens inside is known to belong to the request; an answer that refuses is an event itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            response = self.get_response(request)
            if reason := _refused(request, response):
                event("authz_fail", request=request, level="WARN", status=response.status_code, reason=reason)
            if response.status_code == 429:
                event("excess_rate_limit_exceeded", request=request, level="WARN")
            return response
        finally:
            _request.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, SuspiciousOperation):
            reason = "lookup" if isinstance(exception, FORBIDDEN) else "suspicious"
            event("authz_fail", request=request, level="WARN", status=400, reason=reason)


def _refused(request: HttpRequest, response: HttpResponse) -> str:
    """Why this answer is one of denied access; empty when it is not."""
    if response.status_code == 403:
        return "permission" if getattr(request, "csrf_processing_done", False) else "csrf"
    match = request.resolver_match
    asked_for_row = match is not None and any(_is_key(value) for value in match.kwargs.values())
    if response.status_code == 404 and asked_for_row:
        return "row" if _signed_in(request) else ""
    if response.status_code == 302 and response.headers["Location"].startswith(
        resolve_url(settings.LOGIN_URL)
    ):
        return "account" if _signed_in(request) else ""
    return ""


def _signed_in(request: HttpRequest) -> bool:
    return bool(getattr(getattr(request, "user", None), "is_authenticated", False))
