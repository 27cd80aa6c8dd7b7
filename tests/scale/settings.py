"""Production settings with the plain peer beside the panel.

The bench brings its own database connections (databases.py); the one that is named here is never opened.
"""

import os
import secrets
from tempfile import gettempdir

for _name in ("DATABASE_URL_FILE", "SECRET_KEY_FILE", "DEBUG", "LANGUAGE_CODE", "TIME_ZONE", "LOG_LEVEL"):
    os.environ.pop(_name, None)
os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
os.environ["ALLOWED_HOSTS"] = "testserver"
os.environ["DATABASE_URL"] = f"sqlite:///{gettempdir()}/never-made.sqlite3"
os.environ["HTTPS"] = "off"
os.environ["MFA_ENCRYPTION_KEY"] = secrets.token_urlsafe(50)
os.environ["REQUIRE_SECOND_FACTOR"] = "off"  # nobody types a code here
os.environ["FRESH_ROWS"] = "1000000000"  # nor a password
os.environ["LOG_LEVEL"] = "CRITICAL"  # a refused page stands in the table

from backoffice.settings import *  # noqa: E402, F403
from backoffice.settings import INSTALLED_APPS, MIDDLEWARE, TEMPLATES  # noqa: E402
from tests.scale.peer.engine import engine  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "tests.scale.peer"]
ROOT_URLCONF = "tests.scale.urls"
MAINTENANCE_ASKED_EVERY = None  # one page in a hundred would have a query more
# Which models the plain peer is for: those that were founded, or ours with the columns that our pages show.
PEER_EMPLOYEE = {"founding": "peer.Employee", "same": "organization.Employee"}[os.environ["BENCH_PEER"]]
# Nothing is collected here; a server has the static files' names in memory as well.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

TEMPLATES = [*TEMPLATES, engine(TEMPLATES[0])]
