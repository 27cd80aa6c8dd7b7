"""DATABASE_URL → one entry of Django's DATABASES."""

import os
import re
from pathlib import Path
from typing import Any, cast

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

POSTGRES = "django.db.backends.postgresql"
SQLITE = "django.db.backends.sqlite3"
MYSQL = "django.db.backends.mysql"
SQLITE_HEADER = b"SQLite format 3\0"
SCHEMES = "postgres://USER:PASSWORD@HOST:5432/NAME or sqlite:////absolute/path.sqlite3"

# A lost network must be noticed in seconds, not in the two hours that TCP takes by default.
# libpq parameters; times in seconds, tcp_user_timeout in milliseconds.
POSTGRES_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    # Compiling a query takes longer (40 ms and more) than any page's query runs.
    "options": "-c jit=off",
}

# Without write-ahead log, immediate transactions and a long wait, half of concurrent saves fail
# with "database is locked" (12 clients, 15 s: 292 of 543).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
}
OPTIONS: dict[str, dict[str, Any]] = {POSTGRES: POSTGRES_OPTIONS, SQLITE: SQLITE_OPTIONS}


def database(url: str, *, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """The DATABASES entry for `url`; options in the URL win over our defaults.

    Raises ImproperlyConfigured, naming `variable` and what would work, when the URL cannot be used.
    It shows the URL without its password and without its options.
    """
    config = _parsed(url, variable)
    if config["ENGINE"] == MYSQL:
        raise ImproperlyConfigured(
            f"{variable} is for MySQL, which this version does not support yet. Write it as {SCHEMES}."
        )
    if config["ENGINE"] not in OPTIONS:
        raise ImproperlyConfigured(
            f"{variable} is for a database that is not supported. Write it as {SCHEMES}."
        )
    if not config.get("NAME") and "service" not in config.get("OPTIONS", {}):
        raise ImproperlyConfigured(
            f"{variable} is {shown(url)}, which names no database. Write it as {SCHEMES}."
        )
    if config["ENGINE"] == SQLITE:
        _check_folder(config["NAME"], variable)
        _check_file(Path(config["NAME"]), variable)
    config["OPTIONS"] = OPTIONS[config["ENGINE"]] | config.get("OPTIONS", {})
    return config


def shown(url: str) -> str:
    """The URL for an error, without what may be a password: all between the user's name and the last @."""
    if "://" not in url:
        return "a text without ://"
    return repr(re.sub(r"(://[^:@/]*):.*@", r"\1:***@", url.split("?")[0]))


def _parsed(url: str, variable: str) -> dict[str, Any]:
    try:
        parsed = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise ImproperlyConfigured(
            f"{variable} is {shown(url)}, not a database URL that can be used. Write it as {SCHEMES}."
        ) from None
    return cast(dict[str, Any], parsed)


def _check_folder(name: str, variable: str) -> None:
    """SQLite makes its file, and two beside it, but no folder."""
    if name == ":memory:":
        raise ImproperlyConfigured(f"{variable} names no file. Write it as sqlite:////absolute/path.sqlite3.")
    folder = Path(name).resolve().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ImproperlyConfigured(
            f"{variable} puts the SQLite file into {folder}, which is no folder that can be written to. "
            "Create it or name another file."
        )


def _check_file(file: Path, variable: str) -> None:
    """A file that is not there yet, an empty one, or an SQLite database that can be read and written."""
    if not os.path.lexists(file):
        return
    what = _fault(file)
    if what:
        raise ImproperlyConfigured(
            f"{variable} names {file}, which {what}. Name an SQLite database, or a file that is not there yet."
        )


def _fault(file: Path) -> str:
    if file.is_dir():
        return "is a folder"
    if not file.exists():
        return "is a link to nowhere"
    if not file.is_file():
        return "is no ordinary file"
    if not os.access(file, os.R_OK | os.W_OK):
        return "cannot be read and written"
    with file.open("rb") as opened:
        start = opened.read(len(SQLITE_HEADER))
    return "is not an SQLite database" if start not in (b"", SQLITE_HEADER) else ""
