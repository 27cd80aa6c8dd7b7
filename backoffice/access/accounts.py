"""Ways back in for somebody who is locked out."""

from typing import Any

from allauth.account import app_settings
from allauth.core.internal.ratelimit import get_cache_key, get_rates
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management.base import CommandError
from django.http import HttpRequest

from backoffice.access import limits
from backoffice.access.sessions import end_sessions
from backoffice.operations import operation
from backoffice.security.events import event


def named(username: str) -> Any:
    """The user of this name, for a command."""
    model = get_user_model()
    try:
        return model._default_manager.get_by_natural_key(username)
    except model.DoesNotExist:
        raise CommandError(f"There is no user “{username}”.") from None


def unlock(user: Any) -> None:
    """Forget failed attempts with this user's name and second factor; those of addresses stay counted."""
    limits.forget(user.get_username())
    key = f"mfa-auth-user-{user.pk}"
    for rate in get_rates(app="allauth.account", action="login_failed", config=app_settings.RATE_LIMITS):
        if rate.per == "key":
            cache.delete(
                get_cache_key(HttpRequest(), app="allauth.account", action="login_failed", rate=rate, key=key)
            )
    event("authn_login_unlock", user=user)


def reset_second_factor(user: Any) -> int:
    """Remove all second factors and end all sessions; how many factors there were, without recovery codes."""
    factors = Authenticator.objects.filter(user=user)
    number: int = factors.exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    with operation():
        factors.delete()
    end_sessions(user)
    event("authn_factor_reset", user=user, level="WARN")
    return number
