"""The declaration of variables, the code that reads them and the README say the same."""

import ast
import runpy
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from backoffice import variables
from backoffice.variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
READERS = {"text", "flag", "number", "choice", "language", "time_zone", "address", "folder_to_fill"}
READERS |= {"listing", "secret", "file_to_make", "hashes"}
READING = [ROOT / "backoffice" / "settings.py", ROOT / "deploy" / "gunicorn.conf.py"]
WRONG = {
    "IMPORT_FOLDER": "/dev/null",
    "IMPORT_DAYS": "0",
    "IMPORT_MB": "0",
    "IMPORT_ROWS": "none",
    "IMPORT_COLUMNS": "16385",
    "IMPORT_UNPACKED_MB": "0",
    "IMPORT_MEMORY_MB": "63",
    "IMPORT_SECONDS": "0",
    "EXPORT_XLSX_ROWS": "1048576",
    "SECRET_KEY": "short",
    "SECRET_KEY_FALLBACKS": "old",
    "ALLOWED_HOSTS": "https://hr.example.com/",
    "DATABASE_URL": "oracle://db/staff",
    "DATABASE_PASSWORD": "for a file, which has none",
    "MIGRATE_DATABASE_URL": "sqlite:////tmp/other",
    "REPLICA_URL": "sqlite:////none/x",
    "REPLICA_LAG_SECONDS": "soon",
    "MFA_ENCRYPTION_KEY": "short",
    "DEBUG": "maybe",
    "HTTPS": "2",
    "HSTS_SECONDS": "-1",
    "BEHIND_PROXY": "nginx",
    "PROXIES": "99",
    "CSRF_TRUSTED_ORIGINS": "hr.example.com",
    "LANGUAGE_CODE": "tlh",
    "TIME_ZONE": "Mars/Base",
    "STATIC_ROOT": str(ROOT),
    "OPERATION_RETENTION_DAYS": "long",
    "REQUIRE_SECOND_FACTOR": "perhaps",
    "SESSION_IDLE_MINUTES": "0",
    "SESSION_HOURS": "1000",
    "FRESH_MINUTES": "0",
    "FRESH_ROWS": "few",
    "BREACHED_PASSWORDS": "/none/hashes",
    "OIDC_URL": "http://sso.example.com",
    "OIDC_CLIENT_ID": "without an address",
    "OIDC_CLIENT_SECRET": "without an address",
    "OIDC_SECOND_FACTOR": "perhaps",
    "OIDC_CREATE_USERS": "perhaps",
    "EMAIL_URL": "mail.example.com",
    "EMAIL_FROM": "the staff office",
    "CACHE_URL": "memcached://cache",
    "LEAVER_RETENTION_DAYS": "1.5",
    "ACCESS_EVENT_RETENTION_DAYS": "-1",
    "LOG_ADDRESSES": "some",
    "LOG_ERROR_TEXTS": "some",
    "LOG_LEVEL": "LOUD",
    "LOG_FORMAT": "xml",
    "PORT": "http",
    "PROBE_PORT": "http",
    "GUNICORN_BIND": "foo:bar:baz",
    "WEB_CONCURRENCY": "0",
    "WEB_THREADS": "many",
    "GRACEFUL_TIMEOUT": "soon",
    "KEEPALIVE": "long",
    "BACKOFFICE_BACKGROUND_ROWS": "all",
    "MAINTENANCE": "later",
    "DRAIN_FILE": "/tmp",
    "METRICS_TOKEN": "short",
    "SENTRY_DSN": "sentry.example.com",
    "BACKUP_KEY": "short",
}
# Any text is one.
ANY_TEXT = {"SITE_NAME", "PASSWORD_WORDS", "OIDC_NAME"}


def reads():
    """(name, reader, literal default) of each variable that the code reads."""
    for file in READING:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in READERS and called.value.id == "env":
                default = node.args[1] if len(node.args) > 1 else None
                literal = default.value if isinstance(default, ast.Constant) else None
                yield node.args[0].value, called.attr, literal


def test_every_variable_that_is_read_is_declared_and_every_declared_one_is_read():
    assert {name for name, _, _ in reads()} == {one.name for one in VARIABLES}


def test_what_is_declared_is_how_it_is_read():
    declared = {one.name: one for one in VARIABLES}
    for name, reader, default in reads():
        assert declared[name].secret == (reader == "secret"), name
        if isinstance(default, bool):
            assert declared[name].default == ("on" if default else "off"), name
        elif isinstance(default, (int, str)) and default != "":
            assert declared[name].default == str(default), name


def test_the_readme_has_the_table():
    written = StringIO()
    call_command("variables", stdout=written)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert written.getvalue() in text, (
        "run manage.py variables --write with DJANGO_SETTINGS_MODULE=tests.settings"
    )


def start():
    for file in READING:
        runpy.run_path(str(file))


@pytest.mark.parametrize("name", [one.name for one in VARIABLES if one.name not in ANY_TEXT])
def test_a_wrong_value_is_answered_with_one_sentence_that_names_the_variable(name, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/db.sqlite3")
    monkeypatch.setenv("HTTPS", "on")
    monkeypatch.setenv(name, WRONG[name])
    with pytest.raises((ImproperlyConfigured, SystemExit)) as caught:
        start()
    said = str(caught.value)
    assert said.startswith(name) or f" {name} " in f" {said}"
    assert "\n" not in said


def test_what_looks_like_ours_and_is_not_is_named_with_what_may_be_meant():
    environment = {
        "BACKOFFICE_BACKGROUND_ROW": "1",
        "BACKOFFICE_SECRET_KEY": "x",
        "ALLOWED_HOST": "x",
        "SECRET_KEY_FILE": "x",
        "HTTP_PROXY": "x",
        "PATH": "x",
    }
    assert list(variables.unknown(environment)) == [
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
        ("BACKOFFICE_BACKGROUND_ROW", "BACKOFFICE_BACKGROUND_ROWS"),
        ("BACKOFFICE_SECRET_KEY", "SECRET_KEY"),
    ]
