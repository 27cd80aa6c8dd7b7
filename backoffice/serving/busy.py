"""A database that somebody else keeps busy: a page that says so, where it would be a server error.

SQLite has one writer and gives up after its `timeout`; a server does after `lock_timeout` or `statement_timeout`, where
the deployment sets them, and at once when two people wait for each other. Whatever it was, the transaction is taken
back: nothing of the request was saved, and it can be sent again.
"""

import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

from backoffice.security.reads import NotNoted
from backoffice.serving.logs import said_path
from backoffice.serving.sent import sent

logger = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds
# lock_not_available, query_canceled, deadlock_detected, serialization_failure, too_many_connections
STATES = {"55P03", "57014", "40P01", "40001", "53300"}
CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class BusyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        is_known = is_busy(error) or isinstance(error, NotNoted)
        return busy_page(request, error) if is_known else None


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of errors, for those that are not a view's: a session that cannot be stored."""
    error = sys.exc_info()[1]
    return busy_page(request, error) if is_busy(error) else defaults.server_error(request)


def is_busy(error: BaseException | None) -> bool:
    """Whether the database refused because of what somebody else does at this moment."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest says more about it
    return code in CODES or getattr(cause, "sqlstate", "") in STATES


def busy_page(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Asks the database nothing. What was posted can be sent again from it, unless it is secret or a file."""
    logger.warning("%s %s met a busy database: %s", request.method, said_path(request.path), error)
    context = {"is_post": request.method == "POST", "not_noted": isinstance(error, NotNoted)}
    return unavailable(request, "503.html", context, RETRY_AFTER)


def unavailable(request: HttpRequest, template: str, context: dict[str, Any], seconds: int) -> HttpResponse:
    """A page with `posted`: what can be sent again from it after so many seconds."""
    response = render(request, template, {"posted": sent(request), **context}, status=503)
    response.headers["Retry-After"] = str(seconds)
    return response


@contextmanager
def impatient(using: str, seconds: int) -> Iterator[None]:
    """A transaction that is given up with OperationalError where others keep a lock for longer than this."""
    connection = connections[using]
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        usual = connection.settings_dict["OPTIONS"].get("timeout", 5)
        with _waiting(using, seconds, usual), transaction.atomic(using=using):
            yield
        return
    with transaction.atomic(using=using):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{seconds:d}s'")
        yield


@contextmanager
def _waiting(using: str, seconds: float, usual: float) -> Iterator[None]:
    with connections[using].cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual * 1000)}")
