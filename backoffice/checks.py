"""Start-up checks of settings that must agree, each with an id and a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

HEALTH = "backoffice.health.HealthMiddleware"


@register(Tags.security)
def probes_come_first(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Behind another middleware a probe is redirected to HTTPS or refused for its host name."""
    if settings.MIDDLEWARE[:1] == [HEALTH]:
        return []
    return [
        Error(
            "/livez and /readyz are not answered before anything else.",
            hint=f"Put {HEALTH} first in MIDDLEWARE.",
            id="backoffice.E001",
        )
    ]


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Links in mails and redirects are made of the host that a request names."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS is *: requests for any host name are answered.",
            hint="Name the hosts that people open, separated by commas: hr.example.com",
            id="backoffice.W001",
        )
    ]


@register(Tags.security, deploy=True)
def a_second_factor_is_asked_for(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A password alone is guessed, copied or told."""
    if settings.REQUIRE_SECOND_FACTOR != "off":
        return []
    return [
        Warning(
            "REQUIRE_SECOND_FACTOR is off: a password alone opens the data of everybody.",
            hint="Leave it out, or set it to on or everybody.",
            id="backoffice.W002",
        )
    ]
