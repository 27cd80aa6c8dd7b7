"""The plain admin on our tables, with Django's middleware and jazzmin's templates: what load is measured beside."""

from tests.deploy.uncollected import *  # noqa: F403
from tests.deploy.uncollected import INSTALLED_APPS, TEMPLATES
from tests.scale.peer.engine import engine

INSTALLED_APPS = [*INSTALLED_APPS, "tests.scale.peer"]
PEER_EMPLOYEE = "organization.Employee"
ROOT_URLCONF = "tests.scale.urls"
TEMPLATES = [*TEMPLATES, engine(TEMPLATES[0])]
MIDDLEWARE = [
    "backoffice.health.HealthMiddleware",  # the test asks when it is there
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth does not load without it
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SILENCED_SYSTEM_CHECKS = ["backoffice.E301"]  # its two models are ours once more, whose columns are declared
