"""SENTRY_DSN: errors go to Sentry, without personal data.

What an error says may name a person (`Key (work_email)=(…) already exists`), and so may addresses, forms, cookies and
the values of variables. What is sent is the kind of error, where in the code and the number of the request; the log of
this panel has under that number what else names nobody (errors.py), and all of it with LOG_ERROR_TEXTS.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from backoffice.serving.request_id import current

KEPT = ("event_id", "timestamp", "platform", "level", "exception", "environment", "release", "sdk", "logger")


def start(dsn: str) -> None:
    try:
        import sentry_sdk
        from sentry_sdk.utils import BadDsn
    except ImportError:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, and the package “sentry-sdk” is not installed. Install it, or leave SENTRY_DSN out."
        ) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            before_send=discreet,
            before_breadcrumb=lambda *_: None,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            auto_session_tracking=False,
        )
    except BadDsn:
        raise ImproperlyConfigured(
            "SENTRY_DSN is no address of a Sentry project. Write https://KEY@HOST/PROJECT or leave it out."
        ) from None


def discreet(event: Any, hint: Any) -> Any:
    """The event with nothing but what is known to name nobody."""
    kept = {name: event[name] for name in KEPT if name in event}
    for error in (kept.get("exception") or {}).get("values", []):
        error["value"] = ""
        for frame in (error.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    if "logentry" in event:
        kept["message"] = event["logentry"].get("message", "")  # without what is filled in
    if current.get():
        kept["tags"] = {"request_id": current.get()}
    return kept
