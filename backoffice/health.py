"""/livez and /readyz, answered before anything else looks at the request.

First in MIDDLEWARE, because a probe has neither the right host name nor HTTPS. /livez says that the process runs and
asks nothing of the database: an outage there is no reason to restart. /readyz says whether pages would work; where
they would not, what is missing and the command that mends it.
"""

import os
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from backoffice.databases import each_host
from backoffice.deadline import Question, first
from backoffice.security.headers import bare
from backoffice.start import direct

DEADLINE = 2.0  # seconds; less than the patience of any probe
NAMED = 3  # migrations named in an answer
READ_ONLY = (
    "The server in DATABASE_URL can only be read: it is a replica, or was made read-only. Name the one that is written "
    "to, or all of them with commas between: the right one is found."
)


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = answer(request.path)
        if response is None:
            return self.get_response(request)
        if request.method == "HEAD":
            response.content = b""
        return response


def answer(path: str) -> HttpResponse | None:
    """What a probe is told at this path; None where there is none."""
    if path == "/livez":
        return _finished(HttpResponse("ok\n", content_type="text/plain"))
    if path == "/readyz":
        missing = [*draining(), *missing_static_files(), *ask_database()]
        return _finished(
            JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)
        )
    return None


def _finished(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Length"] = str(len(response.content))
    return bare(response)


def draining() -> list[str]:
    """Asked before a stop to send no more requests here, while those that come are still answered."""
    there = os.path.exists(settings.DRAIN_FILE)
    return [f"This process is about to stop: {settings.DRAIN_FILE} is there."] if there else []


def ask_database() -> list[str]:
    """What the database lacks, found out within the deadline.

    A database that hangs would hold the probe as long: it is asked in a thread of its own, one question at a time.
    Connecting waits for a host that is silent before it goes to the next: each is asked in a thread of its own, too.
    """
    try:
        return first(_questions(), DEADLINE)
    except TimeoutError:
        return [
            f"The database has not answered within {DEADLINE:g} seconds. Check the server in DATABASE_URL."
        ]
    except Error as error:
        return [_unanswered(error)]


@cache
def _questions() -> list[Question[list[str]]]:
    hosts = each_host(connections[DEFAULT_DB_ALIAS].settings_dict)
    return [Question(partial(_missing_at, host), "readyz") for host in hosts or [{}]]


def _missing_at(host: dict[str, str]) -> list[str]:
    """As this thread's own connection, by whose alias the record of migrations is read."""
    if host:
        connections[DEFAULT_DB_ALIAS] = connection = direct(connections[DEFAULT_DB_ALIAS])
        connection.settings_dict.update(host)
    return _missing(connections[DEFAULT_DB_ALIAS])


def missing_in_database(alias: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Why pages that need this database would not work: it does not answer, takes no writes, or is not migrated."""
    try:
        return _missing(connections[alias])
    except Error as error:
        return [_unanswered(error)]


def _missing(connection: Any) -> list[str]:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        unwritable = is_read_only(connection)
    finally:
        connection.close()
    return [*([READ_ONLY] if unwritable else []), *_unapplied(applied)]


def _unanswered(error: Error) -> str:
    reason = type(error.__cause__ or error).__name__
    return f"The database does not answer ({reason}). Check the server and the login in DATABASE_URL."


def is_read_only(connection: Any) -> bool:
    """Whether it is so now: a replica that is promoted is not any more. PostgreSQL alone is asked."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


def _unapplied(applied: Any) -> Iterator[str]:
    missing = sorted(f"{app}.{name}" for app, name in known_migrations() - set(applied))
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        names = ", ".join(missing[:NAMED])
        yield f"Migrations are not applied: {names}{more}. Run python manage.py migrate."


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Every migration that this code brings; new code comes with a new process."""
    return frozenset(MigrationLoader(None).graph.nodes)


def missing_static_files() -> list[str]:
    """Templates raise an error for every file that the manifest does not know, and it is read once, at start."""
    storage: Any = staticfiles_storage
    if isinstance(storage, ManifestFilesMixin) and not storage.hashed_files:
        return [
            f"Static files are not collected in {settings.STATIC_ROOT}. "
            "Run python manage.py collectstatic and start again."
        ]
    return []
