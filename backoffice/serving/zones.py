"""Times are shown, and days begin, in the time zone of the person's browser: shell.js says it in a cookie.

Without the cookie, on somebody's very first page, it is that of the setting TIME_ZONE; so it is in the files that many
people read, and in the worker but where it repeats what a person confirmed.
"""

import re
from collections.abc import Callable
from contextlib import nullcontext
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from backoffice.security.cookies import own

COOKIE = own("zone")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class ZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = zone_named(request.COOKIES.get(COOKIE, ""))
        with timezone.override(zone) if zone else nullcontext():
            return self.get_response(request)


def zone_named(name: str) -> ZoneInfo | None:
    """None for a text that names no zone that this machine knows."""
    if len(name) > 64 or not NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None
