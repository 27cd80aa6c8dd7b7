"""What must be right before a server starts: `python -m backoffice.start` says in one sentence what is not.

An outage of the database is no reason to stay down: the panel starts, and /readyz says what is missing. What waiting
does not mend stops the start: no such database, a login that is refused, an option that does not exist.
"""

import errno
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, Error, ProgrammingError, connections

from backoffice import replica
from backoffice.env import wrong_settings_in_one_sentence

logger = logging.getLogger(__name__)

# libpq gives no code for an error of connecting, only words. Words in another language count as an outage.
LASTING = re.compile(
    r"""does\ not\ exist | no\ such\ (database|user) | authentication\ failed | no\ password\ supplied
    | no\ pg_hba\.conf\ entry | not\ permitted\ to\ log\ in | permission\ denied\ for\ database
    | definition\ of\ service\ .+\ not\ found
    | certificate | not\ support\ SSL | invalid\ .+\ value | invalid\ (port|integer) | invalid\ connection\ option
    | unrecognized\ configuration\ parameter | invalid\ value\ for\ parameter | unsupported\ startup\ parameter
    | access\ denied | unknown\ database | not\ a\ database | malformed | unable\ to\ open | readonly""",
    re.VERBOSE | re.IGNORECASE,
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    with wrong_settings_in_one_sentence():
        import django

        django.setup()
        with outages_tolerated():  # from Django 6 on, the checks ask the database as well
            look_at_settings()
        make_folder()
        connect(direct(connections[DEFAULT_DB_ALIAS]))
        look_for_replica()


def look_at_settings() -> None:
    """A line of the log for each thing that the checks find; the process ends where one is an error."""
    found = [one for one in run_checks() if not one.is_silenced()]
    for one in found:
        logger.log(one.level, "%s", one)
    if any(one.is_serious() for one in found):
        sys.exit(1)


def make_folder() -> None:
    """That of the uploads, into which pages write; raises ImproperlyConfigured."""
    from backoffice.imports import uploads

    try:
        folder = uploads.folder()
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        reason = str(error.strerror)
    if reason:
        raise ImproperlyConfigured(
            f"IMPORT_FOLDER is {str(settings.IMPORT_FOLDER)!r}, into which nothing can be written: {reason}. Name "
            "another folder, or give this one to the user who runs the panel."
        )


def direct(connection: Any) -> Any:
    """One like it past its pool, which tells nothing of what a server said but that it had no connection in time."""
    one = connection.copy()
    one.settings_dict["OPTIONS"].pop("pool", None)
    return one


def connect(connection: Any) -> None:
    """Open a connection once; raises the error of the database where waiting does not mend it.

    A server that can only be read is named, and no reason to stay down: a replica becomes a primary.
    """
    from backoffice.health import READ_ONLY, is_read_only

    try:
        with outages_tolerated():
            connection.ensure_connection()
            if is_read_only(connection):
                logger.warning(READ_ONLY)
    finally:
        connection.close()


def look_for_replica() -> None:
    """Raises the error of the database where no replica will ever be reached by REPLICA_URL; it may be gone for now."""
    if replica.ALIAS not in connections:
        return
    connection = direct(connections[replica.ALIAS])
    try:
        with outages_tolerated():
            connection.ensure_connection()
    finally:
        connection.close()


@contextmanager
def outages_tolerated() -> Iterator[None]:
    """Lets the errors of a database pass that waiting mends."""
    try:
        yield
    except Error as error:
        if isinstance(error, ProgrammingError) or LASTING.search(str(error)):
            raise


if __name__ == "__main__":
    main()
