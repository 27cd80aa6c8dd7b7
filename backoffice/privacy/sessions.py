"""Sessions: of whom they are, and what names they hold; the table cannot be asked for either."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

from backoffice.access.kept import KEY
from backoffice.privacy.needles import Needles


def remove(accounts: Iterable[Any], needles: Needles) -> int:
    """End the sessions of these accounts, with what is kept for them to send, and take the names out of the others; how
    many were ended or changed.
    """
    ended = {_text(account) for account in accounts}
    number = 0
    for store, data in stored():
        if data.get(SESSION_KEY) in ended:
            store.delete(store.session_key)
            number += 1
        elif (cleaned := _cleaned(_without(data, ended), needles)) is not data:
            row = store.model.objects.filter(session_key=store.session_key)
            row.update(session_data=store.encode(cleaned))
            if hasattr(store, "_cache"):  # a copy outside of the database
                store._cache.delete(store.cache_key)
            number += 1
    return number


def _cleaned(data: dict[str, Any], needles: Needles) -> dict[str, Any]:
    """But for who is signed in and by what: "django.contrib.auth" is nobody called Auth."""
    signed_in = {
        key: data[key] for key in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY) if key in data
    }
    cleaned = {**needles.clean(data), **signed_in}
    return data if cleaned == data else cleaned


def _without(data: dict[str, Any], accounts: set[str]) -> dict[str, Any]:
    """The very same where nothing is kept for these accounts."""
    kept = data.get(KEY, [])
    others = [sent for sent in kept if sent["user"] not in accounts]
    return data if len(others) == len(kept) else {**data, KEY: others}


def number_of(account: Any) -> int:
    """In how many browsers this account is signed in."""
    return sum(data.get(SESSION_KEY) == _text(account) for _store, data in stored())


def stored() -> Iterator[tuple[Any, dict[str, Any]]]:
    """Every session in the database and what is in it."""
    if not apps.is_installed("django.contrib.sessions"):
        return
    kind: Any = import_module(settings.SESSION_ENGINE).SessionStore
    if not hasattr(kind, "get_model_class"):  # sessions in a cache end by themselves
        return
    rows = kind.get_model_class().objects.order_by("session_key").values_list("session_key", "session_data")
    page = list(rows[:1000])
    while page:
        for key, data in page:
            store = kind(key)
            yield store, store.decode(data)
        page = list(rows.filter(session_key__gt=page[-1][0])[:1000])


def _text(account: Any) -> str:
    user: Any = get_user_model()
    return str(user._meta.pk.value_to_string(user(pk=account)))
