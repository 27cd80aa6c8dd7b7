"""Pages are sent packed: a list is a sixth as long then."""

from typing import Any

from django.http import HttpRequest
from django.middleware.gzip import GZipMiddleware


class PackingMiddleware(GZipMiddleware):
    """Django's, for pages and answers to scripts; what is streamed while it is read goes out as it is.

    Django adds a random number of bytes, and every page has another token: what is secret in a page cannot be told from
    how short it gets (BREACH).
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        kind = response.get("Content-Type", "")
        packs = not response.streaming and kind.startswith(
            ("text/html", "application/json", "text/javascript")
        )
        return super().process_response(request, response) if packs else response
