"""What a log says of an error: of which kind it is and where in the code, and nothing of whom it was about.

What an error says may name a person: `Key (work_email)=(…) already exists`, `invalid literal for int(): '…'`. Of a
database's it is said what refused, by its names and numbers.
"""

import errno
import os
import re
from collections.abc import Iterator
from smtplib import SMTPNotSupportedError, SMTPServerDisconnected
from socket import gaierror
from ssl import SSLError
from traceback import format_tb
from typing import Any

from django.core.exceptions import DisallowedHost, ImproperlyConfigured
from django.core.management import CommandError

# Their words name nobody.
OF_THE_PROGRAM = (
    *(ImproperlyConfigured, DisallowedHost, CommandError, ImportError),
    *(SMTPServerDisconnected, SMTPNotSupportedError),
)
# Classes of SQLSTATE, and two of their codes, whose sentence quotes no value: of connections, rights, locks, the disk.
OF_NO_ROW = ("08", "25", "28", "3D", "3F", "40", "53", "55", "57", "58", "42P01", "42501")
OF_THE_NETWORK = (SSLError, gaierror)
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"
NAMES = {
    "constraint": "constraint_name",
    "table": "table_name",
    "column": "column_name",
}  # as PostgreSQL tells them
MYSQLS_CLIENT = range(2000, 3000)  # what it says of a connection; the rest says the server
KEY = re.compile(r"for key '([\w.]+)'$")


def kind_of(error: BaseException) -> str:
    """One line, as the last of a traceback, with “…” for what the error said."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, OF_THE_PROGRAM):
        return f"{name}: {error}"
    facts = ", ".join(_facts(error))
    return f"{name}: … ({facts})" if facts else f"{name}: …"


def traceback_of(error: BaseException) -> str:
    """As Python writes it, with all frames, and of each error its kind alone."""
    try:
        return "".join(_lines(error, set())).rstrip("\n")
    except RecursionError:  # groups within groups
        return kind_of(error)


def texts_of(error: BaseException) -> dict[str, str]:
    """What the error says, and each that led to it, by the line that says its kind."""
    return {str(one): kind_of(one) for one, _link in _chain(error, set())}


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    for one, link in reversed(_chain(error, seen)):
        if one.__traceback__ is not None:
            yield "Traceback (most recent call last):\n"
            yield from format_tb(one.__traceback__)
        yield f"{kind_of(one)}\n"
        for part in one.exceptions if isinstance(one, BaseExceptionGroup) else ():
            if id(part) not in seen:
                yield "\nOne of these exceptions:\n\n"
                yield from _lines(part, seen)
        yield link


def _chain(last: BaseException, seen: set[int]) -> list[tuple[BaseException, str]]:
    """The error and what led to it, each with how a traceback goes on after it; the last one first, and none that was
    `seen`.
    """
    found = [(last, "")]
    seen.add(id(last))
    while True:
        error = found[-1][0]
        context = None if error.__suppress_context__ else error.__context__
        before, link = (error.__cause__, CAUSE) if error.__cause__ else (context, CONTEXT)
        if before is None or id(before) in seen:
            return found
        seen.add(id(before))
        found.append((before, link))


def _facts(error: BaseException) -> Iterator[str]:
    """What is known of it that names nobody. Django's errors of a database have the driver's as their cause."""
    driver: Any = error.__cause__ if type(error).__module__ == "django.db.utils" else error
    if hasattr(driver, "sqlstate") and hasattr(driver, "diag"):
        yield from _of_postgres(driver)
    elif name := getattr(driver, "sqlite_errorname", ""):
        yield f"{name}: {driver}" if name.startswith("SQLITE_CONSTRAINT") else name  # these name columns
    elif type(driver).__module__.startswith(("pymysql.", "MySQLdb.")):
        yield from _of_mysql(driver)
    elif isinstance(error, OF_THE_NETWORK):  # with numbers of their own, which are others of the system's
        yield str(error.strerror)
    elif isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        yield os.strerror(error.errno)


def _of_postgres(error: Any) -> Iterator[str]:
    if error.sqlstate:
        yield f"SQLSTATE {error.sqlstate}"
        if error.sqlstate.startswith(OF_NO_ROW):
            yield str(error.diag.message_primary)
        for word, name in NAMES.items():
            if value := getattr(error.diag, name):
                yield f"{word} {value}"
    elif any(kind.__name__ == "OperationalError" for kind in type(error).__mro__):  # no connection: of no row
        yield " ".join(str(error).split())


def _of_mysql(error: Any) -> Iterator[str]:
    number, text = (*error.args, "", "")[:2]
    if number in MYSQLS_CLIENT:
        yield f"{number}: {text}"
    elif isinstance(number, int):
        key = KEY.search(str(text))
        yield f"{number}, key {key[1]}" if key else f"{number}"
