"""Start-up checks of settings that must agree, each with an id and a hint."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from backoffice import variables
from backoffice.databases import POSTGRES
from backoffice.sql import closures

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


@register(Tags.compatibility)
def variables_are_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A variable with a slip in its name is as good as none, and nobody notices."""
    return [
        Warning(
            f"The variable {name} is none that the panel reads.",
            hint=f"{near} may be meant." if near else "README.md has the table of all variables.",
            id="backoffice.W003",
        )
        for name, near in variables.unknown()
    ]


@register(Tags.security, deploy=True)
def databases_are_who_they_say(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without a look at the certificate, whoever stands in between reads and changes everything."""
    return [
        Warning(
            f"The connection to the database at {entry['HOST']} does not look at the server's certificate.",
            hint="Add sslmode=verify-full (and sslrootcert=/path/to/ca.pem, or =system) to the URL; where the network "
            "between is yours alone, leave it and silence this check.",
            id="backoffice.W004",
        )
        for entry in settings.DATABASES.values()
        if is_far(entry) and entry["OPTIONS"].get("sslmode") not in ("verify-ca", "verify-full")
    ]


def is_far(entry: Any) -> bool:
    """Whether it is PostgreSQL on another machine, as far as its name tells."""
    hosts = str(entry.get("HOST", "")).split(",")
    near = ("", "localhost", "127.0.0.1", "::1")
    return entry["ENGINE"] == POSTGRES and any(
        host not in near and not host.startswith("/") for host in hosts
    )


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


@register(Tags.security, deploy=True)
def nothing_travels_in_the_open(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """In place of what Django says about settings that follow from these two variables."""
    if not settings.HTTPS:
        said = "HTTPS is off: passwords, cookies and the data of everybody travel in the open."
        hint = "Leave HTTPS out; where a proxy in front ends TLS, set BEHIND_PROXY=on."
    elif not settings.SECURE_HSTS_SECONDS:
        said = "HSTS_SECONDS is 0: a browser asks without HTTPS whenever somebody types the bare name."
        hint = "Leave HSTS_SECONDS out (a year), or begin with 3600 and raise it once all is well."
    else:
        return []
    return [Warning(said, hint=hint, id="backoffice.W005")]


@register(Tags.database)
def trees_are_kept(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Scope follows what is kept: who loads rows without triggers leaves people with what they may no longer see."""
    return [
        Error(
            f"What is kept of the tree of {model._meta.label} is not what its rows say: scope and filters follow it.",
            hint=f'Have it found anew: echo "{closures.mending(model)}" | manage.py dbshell',
            obj=model,
            id="backoffice.E002",
        )
        for using in databases or ()
        for model in apps.get_models()
        if closures.is_there(model, using) and closures.departs(model, using)
    ]
