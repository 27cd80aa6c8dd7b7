"""DATABASE_URL, REPLICA_URL, MIGRATE_DATABASE_URL → entries of Django's DATABASES.

What libpq knows is written as libpq writes it: several hosts (`h1:5432,[::1]:5433`), a socket's folder as the host
(`%2Fvar%2Frun%2Fpostgresql`), `?service=`, `?target_session_attrs=`, `?sslmode=` and every other parameter. Of our own
are `pool=MIN-MAX`, `pgbouncer=1` and `conn_max_age=SECONDS`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from backoffice.sql.sqlite_files import check_place

POSTGRES = "django.db.backends.postgresql"
SQLITE = "django.db.backends.sqlite3"
MYSQL = "django.db.backends.mysql"
SCHEMES = "postgres://USER:PASSWORD@HOST:5432/NAME or sqlite:////absolute/path.sqlite3"
SERVERS = {"postgres": POSTGRES, "postgresql": POSTGRES, "mysql": MYSQL, "mariadb": MYSQL}

# A lost network must be noticed in seconds, not in the two hours that TCP takes by default.
# libpq parameters; times in seconds, tcp_user_timeout in milliseconds.
# One request may meet its lost connection, a server that does not answer, and that one once more behind its error page.
POSTGRES_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "fallback_application_name": "backoffice",
}
# With another host to go to, waiting helps nobody: 7 s and the next request is served there, with the above 15.
SEVERAL_HOSTS = {"connect_timeout": 2, "tcp_user_timeout": 3000}
# Values of target_session_attrs. Of the first, no two hosts are both.
WRITTEN_TO = ("read-write", "primary")
READ_FROM = ("prefer-standby", "standby", "read-only")
# Compiling a query takes longer (40 ms and more) than any page's query runs. pgbouncer refuses it at connecting.
NO_COMPILING = "-c jit=off"

# Without write-ahead log, immediate transactions and a long wait, half of concurrent saves fail
# with "database is locked" (12 clients, 15 s: 292 of 543).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
}
# PyMySQL has no keepalive: a read that takes longer than this counts as lost.
MYSQL_OPTIONS = {"charset": "utf8mb4", "connect_timeout": 5, "read_timeout": 120, "write_timeout": 120}
OPTIONS: dict[str, dict[str, Any]] = {
    POSTGRES: POSTGRES_OPTIONS,
    SQLITE: SQLITE_OPTIONS,
    MYSQL: MYSQL_OPTIONS,
}
# After an outage a pool waits twice as long from one attempt to the next, at most this long.
POOL = {"timeout": 5, "reconnect_timeout": 5}
SQLITE_NAMES = ("timeout", "transaction_mode", "init_command")
WORDS = {
    "transaction_mode": ("DEFERRED", "IMMEDIATE", "EXCLUSIVE"),
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "pgbouncer": (0, 1),
    "client_encoding": ("UTF8", "UTF-8", "utf8", "utf-8"),
    "server_side_binding": (True, False),
}
# Of the driver, not of a server: no text in a URL can be one of these.
OURS_TO_SAY = (
    "autocommit",
    "connection_class",
    "context",
    "cursor_factory",
    "isolation_level",
    "replication",
    "row_factory",
)
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile")


def database(
    url: str, *, variable: str = "DATABASE_URL", password: str = "", attributes: str = "read-write"
) -> dict[str, Any]:
    """The DATABASES entry for `url`; options in the URL win over our defaults.

    `password` is that of a URL without one; `attributes` the target_session_attrs of several hosts. Raises
    ImproperlyConfigured, naming `variable` and what would work, when the URL cannot be used. It shows the URL without
    its password and without its options.
    """
    config = _parsed(url, variable)
    if config["ENGINE"] not in OPTIONS:
        raise ImproperlyConfigured(
            f"{variable} is for a database that is not supported. Write it as {SCHEMES}."
        )
    given = config.get("OPTIONS", {})
    if not config.get("NAME") and "service" not in given:
        raise ImproperlyConfigured(
            f"{variable} is {shown(url)}, which names no database. Write it as {SCHEMES}."
        )
    config["OPTIONS"] = OPTIONS[config["ENGINE"]] | given
    _check_numbers(config, variable)
    _check_words(config["OPTIONS"], variable)
    if "," in f"{config.get('HOST', '')}{given.get('host', '')}":
        config["OPTIONS"] |= SEVERAL_HOSTS | given
    if password:
        _add_password(config, password, variable)
    config["VARIABLE"] = variable
    FINISHERS[config["ENGINE"]](config, variable, attributes)
    return config


def replica(url: str, primary: dict[str, Any], *, password: str = "") -> dict[str, Any]:
    """The DATABASES entry of REPLICA_URL; without a password in it, `password` is that of both."""
    found = database(
        url, variable="REPLICA_URL", password=lacking(url, password), attributes="prefer-standby"
    )
    if found["ENGINE"] != primary["ENGINE"] or found["ENGINE"] == SQLITE:
        raise ImproperlyConfigured(
            "REPLICA_URL has to name a replica of the PostgreSQL or MariaDB server in DATABASE_URL."
        )
    return {**found, "TEST": {"MIRROR": "default"}}


def each_host(entry: Mapping[str, Any], attributes: Sequence[str] = WRITTEN_TO) -> list[dict[str, str]]:
    """HOST and PORT of each of several hosts of which one with one of these attributes is looked for; else nothing."""
    options = entry["OPTIONS"]
    hosts = str(entry["HOST"] or options.get("host", "")).split(",")
    ports = str(entry["PORT"] or options.get("port", "")).split(",")
    if len(hosts) == 1 or options.get("target_session_attrs") not in attributes or "hostaddr" in options:
        return []
    ports = ports if len(ports) > 1 else ports * len(hosts)
    return [{"HOST": host, "PORT": port} for host, port in zip(hosts, ports, strict=False)]


def lacking(url: str, password: str) -> str:
    """The password, for a URL that has none itself."""
    return "" if ":" in urlsplit(url).netloc.rpartition("@")[0] else password


def shown(url: str) -> str:
    """The URL for an error, without what may be a password: all between the user's name and the last @."""
    if "://" not in url:
        return "a text without ://"
    return repr(re.sub(r"(://[^:@/]*):.*@", r"\1:***@", url.split("?")[0]))


def _parsed(url: str, variable: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        hosts = _hosts(parts.netloc.rpartition("@")[2]) if parts.scheme in SERVERS else []
        scheme = "mysql" if parts.scheme == "mariadb" else parts.scheme
        login, at, _ = parts.netloc.rpartition("@")
        one = f"{login}{at}several" if len(hosts) > 1 else parts.netloc
        # An URL of SQLite has slashes that urlunsplit() does not keep.
        plain = urlunsplit(parts._replace(scheme=scheme, netloc=one)) if parts.scheme in SERVERS else url
        parsed = dj_database_url.parse(plain, conn_max_age=60, conn_health_checks=True)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise ImproperlyConfigured(
            f"{variable} is {shown(url)}, not a database URL that can be used. Write it as {SCHEMES}."
        ) from None
    if len(hosts) > 1:
        parsed["HOST"], parsed["PORT"] = (",".join(words) for words in zip(*hosts, strict=True))
    return cast(dict[str, Any], parsed)


def _hosts(text: str) -> list[tuple[str, str]]:
    """(host, port) of each host between commas; raises ValueError where that is none."""
    found = []
    for item in text.split(","):
        match = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(\d{1,5}))?", item)
        if not match or not 1 <= int(match[2] or 5432) <= 65535:
            raise ValueError(item)
        found.append((unquote(match[1].strip("[]")), match[2] or "5432"))
    return found


def _add_password(config: dict[str, Any], password: str, variable: str) -> None:
    if config["ENGINE"] == SQLITE:
        raise ImproperlyConfigured(f"DATABASE_PASSWORD is set, and {variable} names a file, which has none.")
    if config.get("PASSWORD"):
        raise ImproperlyConfigured(
            f"DATABASE_PASSWORD is set, and {variable} has a password, too. Keep one of them."
        )
    config["PASSWORD"] = password


def _finish_postgres(config: dict[str, Any], variable: str, attributes: str) -> None:
    options = config["OPTIONS"]
    # A service may name several hosts as well.
    if "," in str(config["HOST"]) or "," in str(options.get("host", "")) or "service" in options:
        options.setdefault("target_session_attrs", attributes)
    if set_by_us := next((name for name in OURS_TO_SAY if name in options), ""):
        raise ImproperlyConfigured(
            f"{variable} has {set_by_us}, which is not for a URL to say. Leave it out."
        )
    if "prepare_threshold" in options:
        options["prepare_threshold"] = _threshold(options["prepare_threshold"], variable)
    _set_age(config, variable)
    if options.pop("pgbouncer", 0):
        config["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        options["options"] = f"{NO_COMPILING} {options.get('options', '')}".strip()
    if "pool" in options:
        options["pool"] = _pool(str(options["pool"]), variable)
        config["CONN_MAX_AGE"] = 0  # the pool keeps them


def _check_numbers(config: dict[str, Any], variable: str) -> None:
    """An option whose default is a number has to be one."""
    for name, default in OPTIONS[config["ENGINE"]].items():
        value = config["OPTIONS"][name]
        if isinstance(default, int) and (type(value) is not int or value < 0):
            raise ImproperlyConfigured(f"{variable} has {name}={value}. Use a whole number from 0.")


def _check_words(options: dict[str, Any], variable: str) -> None:
    for name, words in WORDS.items():
        if name in options and options[name] not in words:
            allowed = ", ".join(map(str, words))
            raise ImproperlyConfigured(f"{variable} has {name}={options[name]}. Use one of {allowed}.")
    for name in FILES:
        value = str(options.get(name, ""))
        if value and value != "system" and not Path(value).is_file():
            raise ImproperlyConfigured(f"{variable} has {name}={value}, where no file is.")


def _set_age(config: dict[str, Any], variable: str) -> None:
    age = config["OPTIONS"].pop("conn_max_age", config["CONN_MAX_AGE"])
    if not isinstance(age, int) or age < 0:
        raise ImproperlyConfigured(
            f"{variable} has conn_max_age={age}. Use a whole number of seconds from 0."
        )
    config["CONN_MAX_AGE"] = age


def _threshold(value: Any, variable: str) -> int | None:
    """After how often a statement is prepared; None: never."""
    if value in ("none", "None"):
        return None
    if type(value) is not int or value < 0:
        raise ImproperlyConfigured(
            f"{variable} has prepare_threshold={value}. Use a whole number from 0, or none."
        )
    return value


def _pool(text: str, variable: str) -> dict[str, Any]:
    match = re.fullmatch(r"(\d{1,3})-(\d{1,3})", text)
    if not match or not int(match[1]) <= int(match[2]) or not int(match[2]):
        raise ImproperlyConfigured(
            f"{variable} has pool={text}. Write the fewest and the most connections of a process: pool=1-4."
        )
    return {**POOL, "min_size": int(match[1]), "max_size": int(match[2])}


def _finish_sqlite(config: dict[str, Any], variable: str, _attributes: str) -> None:
    unknown = sorted(config["OPTIONS"].keys() - set(SQLITE_NAMES))
    if unknown:
        allowed = ", ".join(SQLITE_NAMES)
        raise ImproperlyConfigured(
            f"{variable} has {unknown[0]}, which is no option of SQLite here. Use {allowed}, or leave it out."
        )
    check_place(config["NAME"], variable)


def _finish_mysql(config: dict[str, Any], variable: str, _attributes: str) -> None:
    if "," in str(config["HOST"]):
        raise ImproperlyConfigured(f"{variable} names several hosts, which only PostgreSQL can be given.")
    _set_age(config, variable)
    try:
        import MySQLdb  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: F401
    except ImportError:
        _use_pymysql(variable)


def _use_pymysql(variable: str) -> None:
    try:
        import pymysql  # type: ignore[import-untyped]
    except ImportError:
        raise ImproperlyConfigured(
            f"{variable} is for MySQL or MariaDB, and no driver is installed. Install the package “pymysql”."
        ) from None
    pymysql.install_as_MySQLdb()


FINISHERS: dict[str, Callable[[dict[str, Any], str, str], None]] = {
    POSTGRES: _finish_postgres,
    SQLITE: _finish_sqlite,
    MYSQL: _finish_mysql,
}
