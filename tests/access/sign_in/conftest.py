import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache

PASSWORD = "a long enough password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def nothing_counted(db):
    cache.clear()


@pytest.fixture
def sent(monkeypatch):
    """What was mailed; at once, not beside the request."""

    class AtOnce:
        def __init__(self, target, args):
            self.start = lambda: target(*args)

    monkeypatch.setattr("backoffice.access.adapters.Thread", AtOnce)
    return mail.outbox


@pytest.fixture
def demanding(settings):
    """Production asks for a second factor."""
    settings.REQUIRE_SECOND_FACTOR = "on"


@pytest.fixture
def second_factor(hr):
    """The authenticator app of `hr`, and recovery codes."""
    RecoveryCodes.activate(hr)
    return TOTP.activate(hr, SECRET).instance


@pytest.fixture
def clerk(django_user_model):
    """Somebody who may come in and do nothing yet."""
    return django_user_model.objects.create_user("clerk", "clerk@example.com", PASSWORD, is_staff=True)


def code(ahead=0, secret=SECRET):
    """What the app shows now, or `ahead` periods later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def sign_in(client, user="hr", password=PASSWORD, **more):
    return client.post("/account/login/", {"login": user, "password": password, **more})


def text(response):
    return " ".join(response.content.decode().split())


def recovery_code(user):
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
