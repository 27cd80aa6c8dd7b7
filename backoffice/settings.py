"""All settings, read from the environment. README.md has the table of variables.

Production is the default: with DEBUG off, SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL are required and the
boot stops with one sentence when one is missing or wrong.
"""

import os
import re
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from backoffice import env, translated
from backoffice.caches import cache
from backoffice.databases import database, lacking, replica
from backoffice.mail import mail, sender
from backoffice.security import csp
from backoffice.serving import sentry

BASE_DIR = Path(__file__).resolve().parent.parent

# Mode

DEBUG = env.flag("DEBUG", False)

SECRET_KEY = env.secret(
    "SECRET_KEY",
    "debug-only-and-never-used-in-production" if DEBUG else env.REQUIRED,
    hint="It signs sessions and links: set it to 50 or more random characters and keep it secret.",
)
SECRET_KEY_FALLBACKS = [key for key in env.secret("SECRET_KEY_FALLBACKS", "").split(",") if key]
for _name, _keys in {"SECRET_KEY": [SECRET_KEY], "SECRET_KEY_FALLBACKS": SECRET_KEY_FALLBACKS}.items():
    for _key in _keys:
        if not DEBUG and (len(_key) < 50 or len(set(_key)) < 5):
            raise ImproperlyConfigured(
                f"{_name} has {len(_key)} characters, {len(set(_key))} of them different, which can be guessed. "
                "Set it to 50 or more random characters."
            )

ALLOWED_HOSTS = env.listing(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"] if DEBUG else env.REQUIRED,
    hint="Name the hosts that people open, separated by commas: hr.example.com",
)
for _host in ALLOWED_HOSTS:
    if not re.fullmatch(r"\*|\.?\w[\w.-]*|\[[0-9A-Fa-f:.]+\]", _host):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS has {_host!r}. Use host names only, without https://, port and path: hr.example.com"
        )
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS", [])
for _origin in CSRF_TRUSTED_ORIGINS:
    if not re.fullmatch(r"https?://[\w.*\[\]-]+(:\d+)?", _origin):
        raise ImproperlyConfigured(
            f"CSRF_TRUSTED_ORIGINS has {_origin!r}. Write each with its scheme and no path: https://hr.example.com"
        )

# Application

INSTALLED_APPS = [
    "organization",
    "backoffice",
    "backoffice.apps.AdminConfig",  # before jazzmin: Django's own pages inside our copy of its shell
    "jazzmin",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "backoffice.health.HealthMiddleware",
    "backoffice.security.headers.BareMiddleware",
    "backoffice.serving.metrics.MetricsMiddleware",
    "backoffice.serving.request_id.RequestIdMiddleware",
    "backoffice.serving.packing.PackingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "backoffice.security.headers.HeadersMiddleware",
    csp.MIDDLEWARE,
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "backoffice.serving.variants.VariantMiddleware",
    "backoffice.serving.zones.ZoneMiddleware",
    "backoffice.serving.file_begun.FileBegunMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "backoffice.serving.maintenance.MaintenanceMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "backoffice.security.events.EventsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "backoffice.access.sessions.SessionLifeMiddleware",
    "backoffice.access.second_factor.SecondFactorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "backoffice.admin.telling.TellingMiddleware",
    "backoffice.access.fresh.FreshMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.serving.busy.BusyMiddleware",
    "backoffice.replica.ReplicaMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.security.csp.nonce",
                "backoffice.serving.maintenance.banner",
            ],
        },
    },
]

# Database

_database_url = env.secret(
    "DATABASE_URL",
    f"sqlite:///{BASE_DIR / 'db.sqlite3'}" if DEBUG else env.REQUIRED,
    hint="Write it as postgres://USER:PASSWORD@HOST:5432/NAME or sqlite:////absolute/path.sqlite3",
)
_password = env.secret("DATABASE_PASSWORD", "")
DATABASES = {"default": database(_database_url, password=_password)}

# Heavy reads (backoffice/replica/)

_replica_url = env.secret("REPLICA_URL", "")
REPLICA_LAG_SECONDS = env.number("REPLICA_LAG_SECONDS", 10, minimum=1, maximum=3600)
DATABASE_ROUTERS: list[str] = []
if _replica_url:
    DATABASES["replica"] = replica(_replica_url, DATABASES["default"], password=_password)
    DATABASE_ROUTERS = ["backoffice.replica.Router"]

# Another role, and a way past a pooler, for `migrate` (backoffice/management/commands/migrate.py)

_migrate_url = env.secret("MIGRATE_DATABASE_URL", "")
MIGRATE_DATABASE = None
if _migrate_url:
    MIGRATE_DATABASE = database(
        _migrate_url, variable="MIGRATE_DATABASE_URL", password=lacking(_migrate_url, _password)
    )
    for _key, _what in {"ENGINE": "kind of database", "NAME": "database"}.items():
        _values = MIGRATE_DATABASE[_key], DATABASES["default"][_key]
        if all(_values) and _values[0] != _values[1]:
            raise ImproperlyConfigured(
                f"MIGRATE_DATABASE_URL is for another {_what} than DATABASE_URL. Name the same database in both."
            )

# Who may what: roles and their scope are declared in the `access` modules of the apps.

AUTHENTICATION_BACKENDS = ["backoffice.access.backend.RolesBackend"]

# Signing in

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "backoffice.access.breached.BreachedValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "backoffice.access.passwords.ContextValidator"},
]
PASSWORD_WORDS = env.listing("PASSWORD_WORDS", [])
BREACHED_PASSWORDS = env.hashes("BREACHED_PASSWORDS")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_IDLE_SECONDS = 60 * env.number("SESSION_IDLE_MINUTES", 30, minimum=1, maximum=24 * 60)
SESSION_SECONDS = 60 * 60 * env.number("SESSION_HOURS", 12, minimum=1, maximum=24 * 7)
SESSION_COOKIE_AGE = SESSION_SECONDS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
FRESH_SECONDS = 60 * env.number("FRESH_MINUTES", 15, minimum=1, maximum=24 * 60)
FRESH_ROWS = env.number("FRESH_ROWS", 100)

ACCOUNT_ADAPTER = "backoffice.access.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator writes the address into the account
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "change_password": "backoffice.access.forms.NewPasswordForm",
    "reset_password": "backoffice.access.forms.ResetForm",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = FRESH_SECONDS
# Failed attempts: of an address, of an account at one place, of an account from everywhere; then all attempts.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "20/m/ip,5/5m/key",
    "login_failed_anywhere": "50/h/key",
    "login": "60/m/ip",
}
MFA_RATE_LIMITS = {
    "webauthn_login": ACCOUNT_RATE_LIMITS["login"]
}  # right ones count: offices share an address

# Second factors

REQUIRE_SECOND_FACTOR = env.choice(
    "REQUIRE_SECOND_FACTOR", "off" if DEBUG else "on", ["off", "on", "everybody"]
)
MFA_ENCRYPTION_KEYS = [
    key
    for key in env.secret(
        "MFA_ENCRYPTION_KEY",
        "debug-only-and-never-used-in-production" if DEBUG else env.REQUIRED,
        hint="It encrypts second factors in the database: set it to 50 or more random characters, keep it secret "
        "and keep it: without it nobody with a second factor can sign in.",
    ).split(",")
    if key.strip()
]
if not MFA_ENCRYPTION_KEYS:
    raise ImproperlyConfigured(
        "MFA_ENCRYPTION_KEY has commas and no key. Set it to 50 or more random characters."
    )
for _key in MFA_ENCRYPTION_KEYS:
    if not DEBUG and (len(_key) < 32 or len(set(_key)) < 5):
        raise ImproperlyConfigured(
            f"MFA_ENCRYPTION_KEY has {len(_key)} characters, {len(set(_key))} of them different, which can be "
            "guessed. Set it to 50 or more random characters."
        )
MFA_ADAPTER = "backoffice.access.adapters.MFAAdapter"
USERSESSIONS_ADAPTER = "backoffice.access.sessions.SessionsAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # clocks differ
MFA_FORMS = {
    "authenticate": "backoffice.access.forms.SignInForm",
    "reauthenticate": "backoffice.access.forms.AgainForm",
    "activate_totp": "backoffice.access.forms.AppForm",
    "add_webauthn": "backoffice.access.forms.NewKeyForm",
    "edit_webauthn": "backoffice.access.forms.KeyNameForm",
    "authenticate_webauthn": "backoffice.access.forms.KeyForm",
    "login_webauthn": "backoffice.access.forms.KeyAloneForm",
    "reauthenticate_webauthn": "backoffice.access.forms.KeyAgainForm",
}

# Single sign-on

OIDC_ID = "sso"
OIDC_URL = env.text("OIDC_URL", "")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.secret("OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.text("OIDC_NAME", "Single sign-on")
OIDC_SECOND_FACTOR = env.flag("OIDC_SECOND_FACTOR", False)
OIDC_CREATE_USERS = env.flag("OIDC_CREATE_USERS", False)
if OIDC_URL and not re.fullmatch(r"https://\S+" if not DEBUG else r"https?://\S+", OIDC_URL):
    raise ImproperlyConfigured(
        f"OIDC_URL is {OIDC_URL!r}. Write the address of the provider with https://, as it names itself."
    )
if not bool(OIDC_URL) == bool(OIDC_CLIENT_ID) == bool(OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured(
        "OIDC_URL, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together, and one of them is not set. Set all three, "
        "as the provider gave them to this site, or none."
    )
SOCIALACCOUNT_ADAPTER = "backoffice.access.single_sign_on.SocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": OIDC_ID,
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_URL, "oauth_pkce_enabled": True},
            }
        ]
    }

# Mail

EMAIL_URL = env.secret("EMAIL_URL", "")
CAN_MAIL = bool(EMAIL_URL) or DEBUG
vars().update(mail(EMAIL_URL, console=DEBUG))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = sender(env.text("EMAIL_FROM", "backoffice@localhost"))

# Cache: counts failed attempts and remembers codes that were used, for all processes together.

CACHES = {"default": cache(env.secret("CACHE_URL", ""))}

# Record

OPERATION_RETENTION_DAYS = env.number("OPERATION_RETENTION_DAYS", 90, maximum=36_500)
ACCESS_EVENT_RETENTION_DAYS = env.number("ACCESS_EVENT_RETENTION_DAYS", 365, maximum=36_500)

# Privacy

LEAVER_RETENTION_DAYS = env.number("LEAVER_RETENTION_DAYS", 3 * 365, maximum=36_500)

# Transport: HTTPS is on unless the panel is tried out on this machine only.

HTTPS = env.flag("HTTPS", not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
# Django names settings that nobody sets here: backoffice.W005 says the same with the variables.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]
# MariaDB has no unique constraint with a condition: there, whoever gives a role waits for others who do (see locks).
SILENCED_SYSTEM_CHECKS += ["models.W036"]
# A browser takes a __Host- cookie from this host alone and over HTTPS: no neighbour in the domain can plant one.
_host = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_host}sessionid"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = f"{_host}csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "backoffice.access.kept_page.not_checked_view"
CSRF_COOKIE_HTTPONLY = True  # forms carry the token; no script reads it
MESSAGE_STORAGE = "backoffice.security.cookies.Messages"
_hsts_seconds = env.number("HSTS_SECONDS", 365 * 24 * 60 * 60, maximum=10 * 365 * 24 * 60 * 60)
SECURE_HSTS_SECONDS = _hsts_seconds if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of our own add to X-Forwarded-For: what stands before them anybody can make up, and without any
# X-Request-ID as well.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("PROXIES", 1 if BEHIND_PROXY else 0, maximum=10)

# Content: scripts, styles and images come from this server alone (backoffice/security/csp.py). Django 5.2 asks
# django-csp, Django 6 has its own setting.

SECURE_CSP = csp.policy()
CONTENT_SECURITY_POLICY = {"DIRECTIVES": SECURE_CSP}

# Language and time

# Everybody reads the panel in the language of their browser, or the one that they chose, where it is one of these.
LANGUAGE_CODE = env.language("LANGUAGE_CODE", "en")
LANGUAGES = translated.languages(LANGUAGE_CODE)
LANGUAGE_COOKIE_NAME = f"{_host}language"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# Static files: served by whitenoise from this process, hashed and compressed by collectstatic.

STATIC_URL = "static/"
STATIC_ROOT = env.folder_to_fill(
    "STATIC_ROOT",
    BASE_DIR / "staticfiles",
    code=BASE_DIR,
    what="collected static files",
    marks=["staticfiles.json", "admin/css/base.css", "backoffice/backoffice.css"],  # or still being collected
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "backoffice.serving.static_files.UnversionedStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Log: one line each to standard error; gunicorn's configuration has the access log.

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
LOG_FORMAT = env.choice("LOG_FORMAT", "text" if DEBUG else "json", ["json", "text"])
LOG_ERROR_TEXTS = env.flag("LOG_ERROR_TEXTS", DEBUG)  # may be personal data (backoffice/serving/errors.py)
LOGGING_CONFIG = "backoffice.serving.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "backoffice.serving.logs.TextLines",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
            "whole": LOG_ERROR_TEXTS,
        },
        "bare": {"format": "{message}", "style": "{"},
        "json": {"()": "backoffice.serving.logs.JsonLines", "whole": LOG_ERROR_TEXTS},
    },
    "filters": {"paths": {"()": "backoffice.serving.logs.Paths"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["paths"],
            "formatter": "json" if LOG_FORMAT == "json" else "line",
        },
        "events": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False},
        # Security events are JSON lines of their own (backoffice/security/events.py), whatever LOG_LEVEL is.
        "backoffice.security": {"handlers": ["events"], "level": "INFO", "propagate": False},
        # Their message is what was typed into an address; authz_fail says the same without it.
        "django.security.DisallowedModelAdminLookup": {"level": "CRITICAL"},
        "django.security.DisallowedModelAdminToField": {"level": "CRITICAL"},
        # gunicorn drops the body of an answer to HEAD, as it should, and warns each time.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}

# Of networks, in security and access events and (deploy/gunicorn.conf.py) in the log of requests: personal data.
LOG_ADDRESSES = env.flag("LOG_ADDRESSES", False)

# Maintenance: pages can be read, nothing be changed (backoffice/serving/maintenance.py)

MAINTENANCE = env.flag("MAINTENANCE", False)
MAINTENANCE_ASKED_EVERY: float | None = 3  # seconds, whether a command said so

# What happens is counted for Prometheus, and errors are told to Sentry, where these are set

METRICS_TOKEN = env.secret("METRICS_TOKEN", "")
if METRICS_TOKEN:
    env.enough("METRICS_TOKEN", METRICS_TOKEN, 20)
    if not METRICS_TOKEN.isascii():
        raise ImproperlyConfigured(
            "METRICS_TOKEN has letters that no request can show. Set it to letters and digits of ASCII."
        )
    env.package("METRICS_TOKEN", "prometheus_client", "prometheus-client")
SENTRY_DSN = env.secret("SENTRY_DSN", "")
if SENTRY_DSN:
    sentry.start(SENTRY_DSN)

# Backups are encrypted with it (manage.py backup)

BACKUP_KEY = env.secret("BACKUP_KEY", "")
if BACKUP_KEY:
    env.enough("BACKUP_KEY", BACKUP_KEY, 32)

# Stop: while this file is there, /readyz says that no more requests should come

DRAIN_FILE = env.file_to_make("DRAIN_FILE", "/tmp/backoffice-drain")  # noqa: S108  # its presence is all there is to it

# Operations too long for a request are carried out by a worker: manage.py worker

BACKGROUND_ROWS = env.number("BACKOFFICE_BACKGROUND_ROWS", 100_000)
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Files in and out: what holds more is refused with a sentence (backoffice/exchange/reading/).

IMPORT_ROWS = env.number("IMPORT_ROWS", 5_000_000, minimum=1)
IMPORT_COLUMNS = env.number("IMPORT_COLUMNS", 500, minimum=1, maximum=16_384)
IMPORT_UNPACKED_BYTES = env.number("IMPORT_UNPACKED_MB", 1000, minimum=1) << 20
IMPORT_MEMORY_MB = env.number("IMPORT_MEMORY_MB", 200, minimum=64)
IMPORT_SECONDS = env.number("IMPORT_SECONDS", 60, minimum=1, maximum=24 * 60 * 60)

# Where uploads wait: for the panel and its workers alone, so on several machines a folder that all of them share.
IMPORT_FOLDER = env.folder_to_fill(
    "IMPORT_FOLDER", Path(gettempdir()) / f"backoffice-uploads-{os.getuid()}", code=BASE_DIR
)
IMPORT_DAYS = env.number("IMPORT_DAYS", 7, minimum=1, maximum=36_500)
IMPORT_BYTES = env.number("IMPORT_MB", 500, minimum=1) << 20
EXPORT_XLSX_ROWS = env.number("EXPORT_XLSX_ROWS", 100_000, minimum=1, maximum=1_048_575)

# Look (django-jazzmin)

SITE_NAME = env.text("SITE_NAME", "HR back office")

JAZZMIN_SETTINGS = {
    "site_title": SITE_NAME,
    "site_header": SITE_NAME,
    "site_brand": SITE_NAME,
    "welcome_sign": "Sign in",
    "copyright": "",
    "show_ui_builder": False,
    "show_sidebar": True,
    "navigation_expanded": True,
    "changeform_format": "single",
    "related_modal_active": False,
    "use_google_fonts_cdn": False,
    "order_with_respect_to": [
        "organization",
        "organization.department",
        "organization.employee",
        "organization.grant",
        "backoffice",
        "backoffice.operation",
        "backoffice.accessevent",
        "auth",
        "auth.user",
        "auth.group",
    ],
    "icons": {
        "organization.department": "bo-icon bo-icon-building",
        "organization.employee": "bo-icon bo-icon-people",
        "organization.grant": "bo-icon bo-icon-shield",
        "backoffice.operation": "bo-icon bo-icon-list",
        "backoffice.purgerequest": "bo-icon bo-icon-list",
        "backoffice.accessevent": "bo-icon bo-icon-list",
        "auth.user": "bo-icon bo-icon-shield",
        "auth.group": "bo-icon bo-icon-people",
    },
    "custom_links": {
        "organization": [
            {
                "name": _("Organization chart"),
                "url": "admin:organization_department_chart",
                "icon": "bo-icon bo-icon-tree",
                "permissions": ["organization.view_department"],
            },
            {
                "name": _("Recently deleted"),
                "url": "admin:backoffice_operation_deleted",
                "icon": "bo-icon bo-icon-list",
            },
        ]
    },
    "custom_css": "backoffice/backoffice.css",
    "custom_js": None,
}
JAZZMIN_UI_TWEAKS = {"default_theme_mode": "auto"}
