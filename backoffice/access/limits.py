"""How long a sign-in waits for those that are counted before it."""

from allauth.core.internal import ratelimit

# allauth refuses who has waited a second for the lock on a limit: at nine o'clock, all people of an office come from
# one address. Longer than a lock stands that a killed worker left (ratelimit.CACHE_LOCK_TIMEOUT).
SECONDS = 11


def install() -> None:
    ratelimit.CACHE_LOCK_WAIT_TIMEOUT = SECONDS
