"""Every variable of the environment that this panel reads: README.md's table is made of it, tests compare the code."""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

OURS = "BACKOFFICE_"
SIMILAR = 0.6  # how like one of ours a name has to be
NEARLY = 0.87  # so alike that one is likely meant for the other
LONG = 8  # letters; shorter names are like many others


class Variable(NamedTuple):
    name: str
    default: str  # as the table shows it; empty where there is none
    about: str
    secret: bool = False  # NAME_FILE may name a file that holds it
    required: bool = False


def plain(name: str, default: str, about: str) -> Variable:
    return Variable(name, default, about)


def secret(name: str, about: str, *, required: bool = False, default: str = "") -> Variable:
    return Variable(name, default, about, True, required)


DATABASE_FORMS = "`postgres://USER:PASSWORD@HOST:5432/NAME`, `sqlite:////absolute/path.sqlite3` or `mysql://USER:PASSWORD@HOST/NAME`"

VARIABLES = [
    secret("SECRET_KEY", "50 or more random characters; signs sessions and links", required=True),
    secret("SECRET_KEY_FALLBACKS", "earlier keys that still count, separated by commas"),
    Variable("ALLOWED_HOSTS", "", "host names that people open, separated by commas", required=True),
    secret("DATABASE_URL", f"{DATABASE_FORMS}: see [Databases](deploy/README.md#databases)", required=True),
    secret(
        "DATABASE_PASSWORD",
        "the password of those of the three URLs that have none, `DATABASE_URL` among them; it can be a file",
    ),
    secret(
        "MIGRATE_DATABASE_URL", "what `migrate` uses in place of `DATABASE_URL`: another role, past a pooler"
    ),
    secret(
        "REPLICA_URL",
        "a replica of the database, for lists and files: see [Databases](deploy/README.md#databases)",
    ),
    plain("REPLICA_LAG_SECONDS", "10", "a replica that is further behind than this is not asked"),
    secret(
        "MFA_ENCRYPTION_KEY",
        "50 or more random characters; encrypts second factors in the database. To change it, put the new one "
        "before the old one, with a comma, and run `manage.py reseal_second_factors`",
        required=True,
    ),
    plain("DEBUG", "off", "development: error pages, SQLite beside the code, plain HTTP"),
    plain("HTTPS", "on", "redirect to HTTPS, secure cookies, HSTS"),
    plain("HSTS_SECONDS", "31536000", "how long browsers remember HTTPS"),
    plain("BEHIND_PROXY", "off", "trust `X-Forwarded-Proto` of the proxy in front"),
    plain(
        "PROXIES",
        "1 behind a proxy, else 0",
        "how many proxies of your own add to `X-Forwarded-For`: whose address counts at sign-in, and is logged; with "
        "none, `X-Request-ID` is not taken",
    ),
    plain(
        "CSRF_TRUSTED_ORIGINS",
        "",
        "further origins of the panel, with scheme, separated by commas: `https://hr.example.com`",
    ),
    plain(
        "LANGUAGE_CODE",
        "en",
        "language of the panel, beside English, German, French and Spanish; people get that of their browser or choose",
    ),
    plain("TIME_ZONE", "UTC", "time zone of the panel"),
    plain("SITE_NAME", "HR back office", "the title on every page"),
    plain(
        "STATIC_ROOT",
        "staticfiles",
        "where `collectstatic` puts the files that the web process serves: a folder of their own",
    ),
    plain(
        "OPERATION_RETENTION_DAYS",
        "90",
        "how long operations can be undone: `manage.py expire_operations`, run every night, removes their detail then, "
        "and all that is left of people whom they deleted",
    ),
    plain("REQUIRE_SECOND_FACTOR", "on", "`on`: of everyone who can change data; `everybody`; `off`"),
    plain("SESSION_IDLE_MINUTES", "30", "how long a session lives without a request"),
    plain("SESSION_HOURS", "12", "how long a session lives in all"),
    plain("FRESH_MINUTES", "15", "for how long somebody who showed who it is is not asked again"),
    plain(
        "FRESH_ROWS",
        "100",
        "changing or deleting more rows than this within an hour asks who it is; single edits do not count",
    ),
    plain(
        "PASSWORD_WORDS",
        "",
        "words of your organization, separated by commas, that passwords must not be made of",
    ),
    plain(
        "BREACHED_PASSWORDS",
        "",
        "a file of SHA-1 hashes in their order, as “Have I Been Pwned” gives out: passwords in it are refused",
    ),
    plain(
        "OIDC_URL",
        "",
        "single sign-on by OpenID Connect; its redirect address is `https://HOST/account/sso/sso/callback/`; a "
        "`sub` has up to 191 characters",
    ),
    plain("OIDC_CLIENT_ID", "", "what the provider gave to this site"),
    secret("OIDC_CLIENT_SECRET", "what the provider gave to this site"),
    plain("OIDC_NAME", "Single sign-on", "its name on the sign-in page"),
    plain(
        "OIDC_SECOND_FACTOR",
        "off",
        "whoever comes by single sign-on needs no second factor here: the provider asks for it",
    ),
    plain(
        "OIDC_CREATE_USERS", "off", "somebody new with a verified address gets an account, without any right"
    ),
    secret(
        "EMAIL_URL",
        "`smtps://USER:PASSWORD@HOST:465` or `smtp+tls://…:587`: notices about one's account, new passwords",
    ),
    plain("EMAIL_FROM", "backoffice@localhost", "whom mails are from"),
    secret(
        "CACHE_URL",
        "`redis://HOST:6379/0` (with the package `redis`): counts failed attempts for all processes",
        default="a table of the database",
    ),
    plain(
        "LEAVER_RETENTION_DAYS",
        "1095",
        "how long after their end date those who left are kept until they are due to be purged",
    ),
    plain(
        "ACCESS_EVENT_RETENTION_DAYS",
        "365",
        "how long it is kept who looked at whom: `manage.py expire_access_events`, run every night, removes the rest",
    ),
    plain(
        "LOG_ADDRESSES",
        "off",
        "keep network addresses in security and access events and in the log of requests: they are personal data",
    ),
    plain(
        "LOG_ERROR_TEXTS",
        "off",
        "the log has what errors say, too, and not only their kind and where in the code they were: it may name people",
    ),
    plain("LOG_LEVEL", "INFO", "how much is logged: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`"),
    plain("LOG_FORMAT", "json", "one JSON object a line, or `text`"),
    plain("PORT", "8000", "where the web process listens, on every IPv4 address"),
    plain(
        "PROBE_PORT",
        "0",
        "where the web process answers `/livez` and `/readyz`, and nothing else, however busy its pages are; not for "
        "the internet; 0: nowhere",
    ),
    plain("GUNICORN_BIND", "0.0.0.0:PORT", "the same with an address, or `unix:/path/to/socket`"),
    plain(
        "WEB_CONCURRENCY",
        "2 × cores + 1, at most 9",
        "worker processes; a container's quota counts as its cores. Started as `gunicorn …`, not by "
        "`python -m backoffice.web`, what is no number ends in a `ValueError` of gunicorn",
    ),
    plain("WEB_THREADS", "4", "threads in each worker process"),
    plain("GRACEFUL_TIMEOUT", "25", "seconds to finish requests on stop: less than the platform's patience"),
    plain(
        "KEEPALIVE", "75", "seconds that an idle connection is kept: more than the proxy in front keeps it"
    ),
    plain(
        "IMPORT_FOLDER",
        "a private folder in the system's temporary one",
        "where uploads wait, and pieces of large exports: a folder that all machines of the panel share",
    ),
    plain("IMPORT_DAYS", "7", "how long uploads, and what was wrong in them, are kept"),
    plain("IMPORT_MB", "500", "how large an upload may be"),
    plain("IMPORT_ROWS", "5000000", "how many rows a file may have that is imported"),
    plain("IMPORT_COLUMNS", "500", "how many columns"),
    plain("IMPORT_UNPACKED_MB", "1000", "how large an XLSX file may be when it is unpacked"),
    plain("IMPORT_MEMORY_MB", "200", "how much memory reading an XLSX file may take"),
    plain("IMPORT_SECONDS", "60", "how much computing time reading an XLSX file may take"),
    plain("EXPORT_XLSX_ROWS", "100000", "how many rows are exported as XLSX; CSV has no limit"),
    plain(
        "DRAIN_FILE",
        "/tmp/backoffice-drain",  # noqa: S108
        "while this file is there, `/readyz` answers 503: see [Stop and start](deploy/README.md#stop-and-start)",
    ),
    plain(
        "BACKOFFICE_BACKGROUND_ROWS",
        "100000",
        "operations on more rows than this are carried out by the worker",
    ),
    plain(
        "MAINTENANCE",
        "off",
        "nothing can be changed, and every page says so; `manage.py maintenance on` does it at run time",
    ),
    secret(
        "METRICS_TOKEN",
        "`/metrics` answers to `Authorization: Bearer TOKEN` (with the package `prometheus-client`)",
    ),
    secret("SENTRY_DSN", "errors go to this Sentry, without personal data (with the package `sentry-sdk`)"),
    secret("BACKUP_KEY", "32 or more random characters; encrypts what `manage.py backup` writes"),
]


def table() -> str:
    """The table of README.md."""
    lines = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for one in VARIABLES:
        marks = "".join([" *"[: 2 * one.required], "°" if one.secret and one.required else " °" * one.secret])
        default = f"`{one.default}`" if one.default and " " not in one.default else one.default or "–"
        lines.append(f"| `{one.name}`{marks} | {default} | {one.about} |")
    return "\n".join(lines) + "\n"


def known() -> set[str]:
    names = {one.name for one in VARIABLES}
    return names | {f"{one.name}_FILE" for one in VARIABLES if one.secret}


def unknown(environment: Mapping[str, str] = os.environ) -> Iterator[tuple[str, str]]:
    """(name, the known name that may be meant) of each variable that looks like one of ours and is none."""
    names = known()
    for name in sorted(environment.keys() - names):
        if name.startswith(OURS):
            yield name, _nearest(name, names, SIMILAR)
        elif len(name) >= LONG and (near := _nearest(name, names, NEARLY)):
            yield name, near


def _nearest(name: str, names: Iterable[str], least: float) -> str:
    bare = name.removeprefix(OURS)
    whole = {other.removeprefix(OURS): other for other in names}
    return next((whole[found] for found in difflib.get_close_matches(bare, whole, 1, least)), "")
