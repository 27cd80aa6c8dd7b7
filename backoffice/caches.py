"""CACHE_URL → the cache that all processes share. Without one it is a table of the database."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TABLE = "backoffice_cache"  # made by a migration


def cache(url: str) -> dict[str, Any]:
    if not url:
        return {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": TABLE,
            # What is counted must not be pushed out by counting something else.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    if urlsplit(url).scheme in ("redis", "rediss", "unix"):
        try:
            import redis  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: F401
        except ImportError:
            raise ImproperlyConfigured(
                "CACHE_URL names a Redis, and the package “redis” is not installed. Install it, or leave "
                "CACHE_URL out: then a table of the database does it."
            ) from None
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    raise ImproperlyConfigured(
        "CACHE_URL is no address of a cache. Write redis://HOST:6379/0 or leave it out."
    )
