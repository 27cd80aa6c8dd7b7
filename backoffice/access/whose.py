"""Whose pages a browser shows: a signed mark beside the token of their forms, for when the session is nowhere any more.

The token changes whenever somebody signs in, and the mark is of one account and one token. So what is posted with that
token comes from a page that this account was shown, also after the session is cleared away or its cookie is lost, and
after another account signed in: the last marks are kept.
"""

import re

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import _unmask_cipher_token  # type: ignore[attr-defined]
from django.utils.crypto import constant_time_compare

from backoffice.security.cookies import own
from backoffice.serving.sent import TOKEN

COOKIE = own("whose")
MOST, BETWEEN = 4, "|"  # marks
MASKED = re.compile(r"[A-Za-z0-9]{64}")  # a token as it stands in a form


def mark(request: HttpRequest, response: HttpResponse) -> None:
    """A page was given to whoever is signed in."""
    token = request.META.get("CSRF_COOKIE")
    if request.method != "GET" or not token:
        return
    value, marks = _mark(str(request.user.pk), token), _marks(request)
    if marks[0] != value:
        response.set_cookie(
            COOKIE,
            BETWEEN.join([value, *(mark for mark in marks if mark not in ("", value))][:MOST]),
            max_age=settings.CSRF_COOKIE_AGE,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )


def marked(request: HttpRequest) -> str:
    """The key of the account that was shown the page of what is posted; empty where that is not known."""
    is_checked = getattr(request, "csrf_processing_done", False)
    return _shown(request, request.META.get("CSRF_COOKIE", "")) if is_checked else ""


def shown_to_another(request: HttpRequest) -> str:
    """The key of the account that was shown the page of what is posted, where another one is signed in, or none."""
    token = request.POST.get(TOKEN, "")
    account = _shown(request, _unmask_cipher_token(token)) if MASKED.fullmatch(token) else ""
    return account if account != str(request.user.pk) else ""


def _shown(request: HttpRequest, token: str) -> str:
    marks = ((mark, mark.partition(":")[0]) for mark in _marks(request))
    return next(
        (account for mark, account in marks if constant_time_compare(mark, _mark(account, token))), ""
    )


def _marks(request: HttpRequest) -> list[str]:
    """The last first."""
    return request.COOKIES.get(COOKIE, "").split(BETWEEN)[:MOST]


def _mark(account: str, token: str) -> str:
    return f"{account}:{Signer(salt='backoffice.whose').signature(f'{account}:{token}')}"
