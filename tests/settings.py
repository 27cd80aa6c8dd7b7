"""The product's settings, with the library app beside HR and quick passwords.

Nothing of the caller's environment counts but TEST_DATABASE_URL: tests never touch the database in DATABASE_URL.
"""

import os
from tempfile import gettempdir

for _name in (
    "DATABASE_URL_FILE",
    "SECRET_KEY_FILE",
    "DEBUG",
    "LANGUAGE_CODE",
    "TIME_ZONE",
    "LOG_LEVEL",
    "OIDC_URL",
    "EMAIL_URL",
    "EMAIL_URL_FILE",
    "CACHE_URL",
    "CACHE_URL_FILE",
    "MFA_ENCRYPTION_KEY_FILE",
    "PASSWORD_WORDS",
    "BREACHED_PASSWORDS",
    "SITE_NAME",
    "BEHIND_PROXY",
    "PROXIES",
    "SESSION_IDLE_MINUTES",
    "SESSION_HOURS",
    "FRESH_MINUTES",
    "DATABASE_PASSWORD",
    "DATABASE_PASSWORD_FILE",
    "REPLICA_URL",
    "REPLICA_URL_FILE",
    "MIGRATE_DATABASE_URL",
    "MIGRATE_DATABASE_URL_FILE",
    "MAINTENANCE",
    "METRICS_TOKEN",
    "SENTRY_DSN",
    "BACKUP_KEY",
):
    os.environ.pop(_name, None)
os.environ["SECRET_KEY"] = "the same in every process of a test and never used elsewhere"
os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["DATABASE_URL"] = (
    os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{gettempdir()}/test.sqlite3"
)  # never made: in memory
os.environ["HTTPS"] = "off"
os.environ["MFA_ENCRYPTION_KEY"] = "another one that is the same in every process of a test"
os.environ["REQUIRE_SECOND_FACTOR"] = "off"  # the tests of it turn it on
os.environ["FRESH_ROWS"] = "1000000000"  # as they do of this one

from backoffice.settings import *  # noqa: F403
from backoffice.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "tests.library", "tests.shapes"]
# There are no collected files to serve; the smoke test looks at those.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]
MAINTENANCE_ASKED_EVERY = None  # its tests ask; every other counts its own queries
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
