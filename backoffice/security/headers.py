"""What every answer tells the browser besides its content.

Cross-Origin-*       no page of another site loads anything of ours (nor holds its window: Django's part)
Permissions-Policy   no page here asks for a camera, a place or a payment
Cache-Control        a page is for this moment; what may be kept (static files) says so itself
Clear-Site-Data      who signs out leaves nothing in the browser. Not "cookies": that would sign them out of
                     everything else of their company's domain, too; the session's cookie is deleted by Django
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, HttpResponse

HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "usb",
        )
    ),
    "Cache-Control": "no-store, private",
}
# What is answered before a page is looked for holds nothing that a browser should do anything with.
BARE = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LEFT = "backoffice.signed_out"


def bare(response: HttpResponse) -> HttpResponse:
    """The response with the headers of one that is no page, as far as it has none of its own."""
    for name, value in BARE.items():
        response.headers.setdefault(name, value)
    return response


class BareMiddleware:
    """Around what answers by itself: the redirect to HTTPS, a host that is not ours, /metrics."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return bare(self.get_response(request))


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if LEFT in request.META:
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def _signed_out(request: HttpRequest | None, **kwargs: Any) -> None:
    if request is not None:
        request.META[LEFT] = True


def install() -> None:
    user_logged_out.connect(_signed_out, dispatch_uid="backoffice.security.headers")
