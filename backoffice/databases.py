"""DATABASE_URL → one entry of Django's DATABASES."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

POSTGRES = "django.db.backends.postgresql"
SQLITE = "django.db.backends.sqlite3"
MYSQL = "django.db.backends.mysql"
SCHEMES = "postgres://USER:PASSWORD@HOST:5432/NAME, mysql://… or sqlite:////absolute/path.sqlite3"

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
OPTIONS: dict[str, dict[str, Any]] = {POSTGRES: POSTGRES_OPTIONS, SQLITE: SQLITE_OPTIONS, MYSQL: {}}


def database(url: str, *, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """The DATABASES entry for `url`; options in the URL win over our defaults.

    Raises ImproperlyConfigured, naming `variable` and what would work, when the URL cannot be used.
    The URL itself is not repeated: it may hold a password.
    """
    config = _parsed(url, variable)
    if config["ENGINE"] not in OPTIONS:
        raise ImproperlyConfigured(
            f"{variable} is for a database that is not supported. Write it as {SCHEMES}."
        )
    if not config.get("NAME") and "service" not in config.get("OPTIONS", {}):
        raise ImproperlyConfigured(f"{variable} names no database. Write it as {SCHEMES}.")
    if config["ENGINE"] == SQLITE:
        _check_folder(config["NAME"], variable)
    if config["ENGINE"] == MYSQL and not find_spec("MySQLdb"):
        raise ImproperlyConfigured(
            f"{variable} is for MySQL, whose driver is not there: pip install mysqlclient."
        )
    config["OPTIONS"] = OPTIONS[config["ENGINE"]] | config.get("OPTIONS", {})
    return config


def _parsed(url: str, variable: str) -> dict[str, Any]:
    try:
        parsed = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise ImproperlyConfigured(
            f"{variable} is not a database URL that can be used. Write it as {SCHEMES}."
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
