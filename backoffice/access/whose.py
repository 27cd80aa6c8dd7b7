"""Whose pages a browser shows: a signed mark beside the token of their forms, for when the session is nowhere any more.

The token changes whenever somebody signs in, and the mark is of one account and one token. So what is posted with that
token comes from a page that this account was shown, also after the session is cleared away or its cookie is lost.
"""

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from backoffice.security.cookies import own

COOKIE = own("whose")


def mark(request: HttpRequest, response: HttpResponse) -> None:
    """A page was given to whoever is signed in."""
    token = request.META.get("CSRF_COOKIE")
    if request.method != "GET" or not token:
        return
    value = _mark(str(request.user.pk), token)
    if request.COOKIES.get(COOKIE) != value:
        response.set_cookie(
            COOKIE,
            value,
            max_age=settings.CSRF_COOKIE_AGE,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )


def marked(request: HttpRequest) -> str:
    """The key of the account that was shown the page of what is posted; empty where that is not known."""
    value, token = request.COOKIES.get(COOKIE, ""), request.META.get("CSRF_COOKIE", "")
    account = value.partition(":")[0]
    is_checked = getattr(request, "csrf_processing_done", False)
    return account if is_checked and constant_time_compare(value, _mark(account, token)) else ""


def _mark(account: str, token: str) -> str:
    return f"{account}:{Signer(salt='backoffice.whose').signature(f'{account}:{token}')}"
