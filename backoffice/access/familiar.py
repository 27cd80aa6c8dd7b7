"""Browsers in which somebody has signed in before: what others try elsewhere does not lock them out there.

A signed cookie has a number of the browser, and a mark of each of the last accounts that only this browser can have.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

from backoffice.security.cookies import own

COOKIE = "familiar"
SALT = "backoffice.familiar"
SECONDS = 365 * 24 * 60 * 60
MOST = 5  # accounts


def number(request: HttpRequest, username: str) -> str:
    """That of the browser, where this account has signed in with it; empty elsewhere."""
    browser, marks = _read(request)
    return browser if _mark(browser, username) in marks else ""


def remember(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Somebody has shown everything that a sign-in takes."""
    browser, marks = _read(request)
    browser = browser or get_random_string(22)
    mine = _mark(browser, username)
    marks = [mine, *(mark for mark in marks if mark != mine)][:MOST]
    response.set_cookie(
        own(COOKIE),
        signing.dumps([browser, marks], salt=SALT),
        max_age=SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        browser, marks = signing.loads(request.COOKIES.get(own(COOKIE), ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return "", []
    return browser, marks


def _mark(browser: str, username: str) -> str:
    return salted_hmac(SALT, f"{browser}:{username.strip().lower()}").hexdigest()[:32]
