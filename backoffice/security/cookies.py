"""The names of our cookies beside those of Django's settings: over HTTPS with __Host-, which nobody else can set."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


def own(name: str) -> str:
    return f"__Host-{name}" if settings.HTTPS else name


class MessageCookie(CookieStorage):
    cookie_name = own("messages")


class Messages(FallbackStorage):
    """Django's: a cookie, and the session for what does not fit."""

    storage_classes = (MessageCookie, SessionStorage)
