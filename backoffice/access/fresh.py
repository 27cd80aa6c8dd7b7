"""Fresh authentication: before something grave a person shows once more that it is them.

`demand(request, rows)` is all that a view needs: None where it may go on, else the answer that asks. What is found to
be grave only when it is done raises NotFresh: all of it is taken back, and the answer asks. Nothing that was posted is
lost: it is kept (see kept) and offered again once the person has come back.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from backoffice.access.kept import keep, no_room
from backoffice.access.single_sign_on import SHOWN_THERE


class NotFresh(Exception):
    """What was about to be done needs somebody who has just shown who they are."""


class FreshMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """To the page that asks, and not a word of what the view said that it had done."""
        if not isinstance(error, NotFresh):
            return None
        request._messages._queued_messages.clear()  # type: ignore[attr-defined]
        return ask_again(request)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person signed in or showed who they are within FRESH_SECONDS, in this session."""
    user = request.user
    return user.is_authenticated and 0 <= time.time() - shown_at(request) < settings.FRESH_SECONDS


def shown_at(request: HttpRequest) -> float:
    """When the person last signed in or showed who they are, in this session: seconds since the epoch, 0 for never."""
    records = get_authentication_records(request, request.user)
    return max((_moment(request, record) for record in records), default=0)


def begins(request: HttpRequest) -> bool:
    """Whether somebody sets up their first factor who has no other way to show who they are: they came by single
    sign-on, a moment ago, and the provider does not say when it saw them.
    """
    user = request.user
    if (
        not user.is_authenticated
        or user.has_usable_password()
        or Authenticator.objects.filter(user=user).exists()
    ):
        return False
    records = [
        record for record in get_authentication_records(request, user) if record["method"] == "socialaccount"
    ]
    untold = request.session.get(SHOWN_THERE) == 0
    return untold and any(0 <= time.time() - record["at"] < settings.FRESH_SECONDS for record in records)


def _moment(request: HttpRequest, record: dict[str, Any]) -> float:
    """When somebody showed who they are: at a provider that may be long before they came from there."""
    at: float = record["at"]
    return min(at, request.session.get(SHOWN_THERE, at)) if record["method"] == "socialaccount" else at


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks who it is, and back: to this page, or to what was posted."""
    back = keep(request, request.user.pk) if request.method == "POST" else request.get_full_path()
    if not back:
        return no_room(request)
    return HttpResponseRedirect(way_to_ask(request, back))


def demand(request: HttpRequest, rows: int | None = None) -> HttpResponse | None:
    """None where the request may go on: it is fresh, or about few `rows`; of None rows it always has to be fresh."""
    if rows is not None and rows <= settings.FRESH_ROWS:
        return None
    return None if is_fresh(request) else ask_again(request)


def way_to_ask(request: HttpRequest, back: str) -> str:
    """The address where this person shows who they are; without any way, where they sign out and in."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    if methods:
        return f"{methods[0]['url']}?{urlencode({'next': back})}"
    return f"{reverse('account_logout')}?{urlencode({'next': back})}"
