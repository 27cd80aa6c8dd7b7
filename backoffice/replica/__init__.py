"""Which reads go to REPLICA_URL, and when: the one rule.

A page that reads much (HEAVY: lists, files, figures, charts, the first page; and the file of an export) reads what is
recorded from the replica. Everything else is asked of the primary: sessions, accounts, permissions, forms, previews,
and whatever a POST does. Nobody sees less than they wrote, or were told that a worker wrote for them: a POST, and the
page that tells, leave the position of the log of the database in a cookie, and a replica that is not there yet is not
asked. Nor is one that is lost or far behind; a page that it failed is read again from the primary, and so is what is
left of a file that is being sent.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections, models
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from backoffice.replica.counting import Readers
from backoffice.replica.watching import ANYTHING, Primary, Watch

logger = logging.getLogger(__name__)

T = TypeVar("T")

ALIAS = "replica"
# Ends of the names of pages of the panel; a list of a former day is a list.
HEAVY = ("_changelist", "_export", "_rows", "_rows_file", "_figures", "_chart", "_drawing", "index")
EXPORTS = ("export",)  # bulk actions that read the rows they are done to, though they are posted
SAFE = ("GET", "HEAD", "OPTIONS")
COOKIE = "written"
COOKIE_SECONDS = 60 * 60
POSITION = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})|t(\d{1,12})")

_reading: ContextVar[bool] = ContextVar("backoffice.replica", default=False)
primary = Primary()
watch = Watch(ALIAS)
readers = Readers(ALIAS)


@contextmanager
def reading(is_there: bool = True) -> Iterator[None]:
    """Inside, what is recorded is read from the replica, if `is_there`."""
    token = _reading.set(is_there)
    try:
        yield
    finally:
        _reading.reset(token)


class Router:
    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return ALIAS if _reading.get() and may_be_late(model) else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # the same rows, whichever server they came from

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db != ALIAS


def may_be_late(model: type[models.Model]) -> bool:
    """Recorded models and their log; never what says who may do what."""
    from backoffice.access.trees import trees
    from backoffice.models import AccessEvent, Operation
    from backoffice.operations.tables import recorded_models

    recorded = recorded_models()
    late = [*recorded, *(one.history_model for one in recorded), Operation, AccessEvent]
    return model in late and model not in [tree.grants for tree in trees()]


class ReplicaMiddleware:
    """Last in MIDDLEWARE, so that what it does is done to the page alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if ALIAS not in settings.DATABASES:
            return self.get_response(request)
        token = _reading.set(False)
        try:
            response = self.get_response(request)
            if _reading.get() and isinstance(response, StreamingHttpResponse):
                response.streaming_content = _streamed(response.streaming_content)
        finally:
            _reading.reset(token)
            readers.leave()
        if request.method not in SAFE:
            remember(response, _position())
        return response

    def process_view(self, request: HttpRequest, *_args: Any) -> None:
        if ALIAS not in settings.DATABASES or not reads_much(request) or not watch.answers():
            return
        readers.enter()
        if watch.has(max(written(request), primary.due())):
            from backoffice.access.held import access_of

            access_of(request.user).held  # noqa: B018  # who may do what is asked of the primary, now
            _reading.set(True)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The same page from the primary."""
        if request.resolver_match is None or not isinstance(error, Error) or not _leave(error, "A page"):
            return None
        match = request.resolver_match
        response = match.func(request, *match.args, **match.kwargs)
        return response.render() if hasattr(response, "render") else response  # type: ignore[no-any-return]


def reads_much(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None or "admin" not in match.app_names:
        return False
    if str(match.url_name).endswith("_bulk"):
        return match.kwargs.get("name") in EXPORTS
    return request.method in SAFE and str(match.url_name).endswith(HEAVY)


def written(request: HttpRequest) -> int:
    """What the replica must have for this person; ANYTHING where they wrote nothing of late."""
    match = POSITION.fullmatch(request.COOKIES.get(COOKIE, ""))
    if not match:
        return 0
    if match[3]:
        return ANYTHING if time.time() - int(match[3]) < settings.REPLICA_LAG_SECONDS else 0
    return (int(match[1], 16) << 32) + int(match[2], 16)


def wrote(request: HttpRequest) -> str:
    """Whoever asks is told that a worker wrote for them: from this page on they see it. The position, to remember."""
    request.COOKIES[COOKIE] = position = _position() if ALIAS in settings.DATABASES else ""
    return position


def remember(response: HttpResponse, position: str) -> None:
    """Give the position of what was written to whoever wrote it; none where there is no replica."""
    if not position:
        return
    response.set_cookie(
        COOKIE,
        position,
        max_age=COOKIE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _position() -> str:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_wal_insert_lsn()")
                return str(cursor.fetchone()[0])
        except Error:
            logger.warning("The position of a write is not known: its time has to do.")
    return f"t{int(time.time())}"


def _streamed(parts: Any) -> Iterator[bytes]:
    """A file is read while it is sent, which is after the middleware."""
    iterator, is_there = iter(parts), True
    while True:
        with reading(is_there), readers.entered():
            part = next(iterator, None)
            is_there = _reading.get()
        if part is None:
            return
        yield part


def surely(read: Callable[[], T]) -> T:
    """A piece of a file that is being sent; it and what follows come from the primary where the replica fails.

    `read` is called once more then: it leaves nothing behind where it raises, and goes on by a key.
    """
    try:
        return read()
    except Error as error:
        if not _leave(error, "The rest of a file"):
            raise
    return read()


def _leave(error: Error, what: str) -> bool:
    """Read `what` from the primary; a replica that is lost is left alone for a while. False: it was not asked."""
    if not _reading.get():
        return False
    logger.warning("The replica failed (%s). %s is read from the primary.", type(error).__name__, what)
    _reading.set(False)
    watch.failed()
    return True
