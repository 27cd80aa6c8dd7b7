"""Maintenance: everything can be read, nothing changed, and every page says so.

MAINTENANCE=on is for one start; `manage.py maintenance on` reaches all processes within a few seconds, without one.
Signing in and out goes on.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backoffice.serving.busy import unavailable

KEY = "backoffice.maintenance"
SAFE = ("GET", "HEAD", "OPTIONS")
OPEN = {  # views of signing in and out, of showing who one is, and of keeping what is typed
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "admin:login",
    "admin:logout",
    "backoffice_on_its_way",
    "backoffice_reauthenticate",
    "backoffice_session",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "openid_connect_callback",
    "openid_connect_login",
    "set_language",
    "usersessions_list",
}
RETRY_AFTER = 60  # seconds


class State(NamedTuple):
    on: bool
    reason: str = ""


_known: tuple[float, State] = (float("-inf"), State(False))


class MaintenanceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """After the token of the form was checked: what was typed can be sent again from the page."""
        match = request.resolver_match
        is_open = match is not None and match.view_name in OPEN
        if request.method in SAFE or is_open or not state().on:
            return None
        return unavailable(request, "maintenance.html", {"reason": state().reason}, RETRY_AFTER)


def state() -> State:
    """What MAINTENANCE says, or else the command; that is asked every few seconds at most."""
    global _known
    if settings.MAINTENANCE:
        return State(True)
    every = settings.MAINTENANCE_ASKED_EVERY
    if every is None:
        return State(False)
    now = time.monotonic()
    if now - _known[0] >= every:
        _known = now, asked(_known[1])
    return _known[1]


def asked(known: State = State(False)) -> State:  # noqa: B008  # it cannot be changed
    """What the command said last; `known` where the cache does not answer."""
    try:
        found = caches["default"].get(KEY)
    except Exception:  # whatever the cache is: without it nothing changes
        return known
    return State(True, str(found)) if found is not None else State(False)


def begin(reason: str) -> None:
    caches["default"].set(KEY, reason, timeout=None)


def end() -> None:
    caches["default"].delete(KEY)


def banner(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `maintenance` is the sentence for every page, empty in ordinary times."""
    found = state()
    sentence = _("Nothing can be changed at the moment: the panel is under maintenance.")
    return {"maintenance": f"{sentence} {found.reason}".strip() if found.on else ""}
