"""DATABASE_URL → one entry of Django's DATABASES."""

from typing import Any, cast

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

POSTGRES = "django.db.backends.postgresql"
SQLITE = "django.db.backends.sqlite3"
SCHEMES = "postgres://USER:PASSWORD@HOST:5432/NAME, mysql://… or sqlite:////absolute/path.sqlite3"

# A lost network must be noticed in seconds, not in the two hours that TCP takes by default.
# libpq parameters; times in seconds, tcp_user_timeout in milliseconds.
POSTGRES_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}

# Without write-ahead log, immediate transactions and a long wait, half of concurrent saves fail
# with "database is locked" (12 clients, 15 s: 292 of 543).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
}


def database(url: str, *, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """The DATABASES entry for `url`; options in the URL win over our defaults.

    Raises ImproperlyConfigured, naming `variable` and what would work, when the URL cannot be used.
    The URL itself is not repeated: it may hold a password.
    """
    try:
        parsed = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise ImproperlyConfigured(
            f"{variable} is not a database URL that can be used. Write it as {SCHEMES}."
        ) from None
    config = cast(dict[str, Any], parsed)
    if not config.get("NAME") and "service" not in config.get("OPTIONS", {}):
        raise ImproperlyConfigured(f"{variable} names no database. Write it as {SCHEMES}.")
    defaults = {POSTGRES: POSTGRES_OPTIONS, SQLITE: SQLITE_OPTIONS}.get(config["ENGINE"], {})
    config["OPTIONS"] = defaults | config.get("OPTIONS", {})
    return config
