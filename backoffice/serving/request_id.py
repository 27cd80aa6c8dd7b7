"""The number that a request has in every line of the log, in its answer and in the operations that it wrote.

It is that of X-Request-ID, where a proxy of ours is in front (PROXIES) and gives one: letters, digits and three signs.
Without a proxy it is anybody's, who could write into the log what they like, or the number of somebody else.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")

current: ContextVar[str] = ContextVar("backoffice.serving.request_id", default="")


@contextmanager
def numbered(number: str) -> Iterator[None]:
    """What happens inside belongs to the request of this number."""
    token = current.set(number)
    try:
        yield
    finally:
        current.reset(token)


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
        number = given if FORM.fullmatch(given) else uuid.uuid4().hex
        current.set(number)
        response = self.get_response(request)
        response.headers[HEADER] = number
        return response


@receiver(request_finished)
def forget(**_facts: object) -> None:
    """Not before: what Django says of an answer comes after all middleware, and a file is read even later."""
    current.set("")
