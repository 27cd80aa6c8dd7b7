"""How many failed sign-ins are counted together, and how long a sign-in waits for those that are counted before it.

Five close an account for the address that they come from. What comes from all addresses together is counted for the
account as well (ANYWHERE), but not against whoever is signed in or has signed in with this browser before: the owner is
not locked out by others.
"""

import hashlib

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from backoffice.access import familiar

ANYWHERE = "login_failed_anywhere"
LONGEST = 60 * 60  # seconds that any of these limits looks back

# allauth refuses who has waited a second for the lock on a limit: at nine o'clock, all people of an office come from
# one address. Longer than a lock stands that a killed worker left (ratelimit.CACHE_LOCK_TIMEOUT).
SECONDS = 11


def install() -> None:
    ratelimit.CACHE_LOCK_WAIT_TIMEOUT = SECONDS


def of_account(username: str) -> str:
    """The key of what is counted for an account, since it was unlocked. allauth's has the host in it: then each host
    name would give further attempts.
    """
    return f"{_name(username)}:{cache.get(_unlocked(username), '')}"


def here(request: HttpRequest, username: str) -> str:
    """The key of what is counted for an account where the request comes from."""
    return f"{of_account(username)}:{own_place(request, username) or ratelimit.get_ip(request)}"


def own_place(request: HttpRequest, username: str) -> str:
    """The session or the browser by which the request is known to come from the account itself; else empty."""
    if request.user.is_authenticated and _name(request.user.get_username()) == _name(username):
        return "session"
    return familiar.number(request, username)


def forget(username: str) -> None:
    """Count from anew, wherever the attempts came from."""
    cache.set(_unlocked(username), get_random_string(12), LONGEST)


def _name(username: str) -> str:
    return username.strip().lower()


def _unlocked(username: str) -> str:
    return f"backoffice.unlocked:{hashlib.sha256(_name(username).encode()).hexdigest()}"
