"""EMAIL_URL → Django's settings of mail."""

import re
from email.utils import getaddresses
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BACKENDS = "django.core.mail.backends"
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
HOW = (
    "EMAIL_URL is no address of a mail server. Write smtps://USER:PASSWORD@HOST:465, smtp+tls://USER:PASSWORD@HOST:587 "
    "or smtp://HOST:25, with %-codes for special characters in the password."
)


def mail(url: str, *, console: bool) -> dict[str, Any]:
    """Without an address mails go to the console, or nowhere."""
    if not url:
        return {"EMAIL_BACKEND": f"{BACKENDS}.{'console' if console else 'dummy'}.EmailBackend"}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise ImproperlyConfigured(HOW) from None
    if not host:
        raise ImproperlyConfigured(HOW)
    return {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def sender(text: str) -> str:
    """The one address that mails are from, with a name before it or without."""
    addresses = [address for _, address in getaddresses([text])]
    if text.splitlines() != [text] or not re.fullmatch(r"[^\s@]+@[^\s@]+", "\n".join(addresses)):
        raise ImproperlyConfigured(
            f"EMAIL_FROM is {text!r}, which is not one address. Write hr@example.com or HR <hr@example.com>."
        )
    return text
