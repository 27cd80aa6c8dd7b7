"""Parts of a page that look the same for many requests: drawn once, kept in the process, for each language apart."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.core.signals import setting_changed
from django.urls import get_script_prefix
from django.utils.translation import get_language

MOST = 500  # parts; with more of them all are drawn anew

Drawn = TypeVar("Drawn")

_drawn: dict[Hashable, Any] = {}


def kept(key: Hashable, draw: Callable[[], Drawn]) -> Drawn:
    """What `draw()` returned for this `key`, in this language and under this address.

    `key` holds everything else that `draw` looks at: what it shows, and the rights of whom it is shown to. Nothing that
    is about a person belongs here. The same value is handed out each time: it may not be changed.
    """
    place = (key, get_language(), get_script_prefix())
    value = _drawn.get(place, _drawn)
    if value is _drawn:
        if len(_drawn) >= MOST:
            _drawn.clear()
        value = _drawn[place] = draw()
    return value  # type: ignore[no-any-return]


def forget(**_: Any) -> None:
    """Draw everything anew, as a test needs that changes a setting."""
    _drawn.clear()


setting_changed.connect(forget, dispatch_uid="backoffice.fragments")
