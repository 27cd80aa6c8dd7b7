"""What browsers tell of the Content-Security-Policy: something on a page was kept from running or loading.

A line of the log each: which rule, on which page, from where. Only what a browser that is signed in tells by itself:
anybody could fill the log otherwise. A page cannot say that it does, so no page makes somebody's browser tell it.
"""

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from backoffice.serving.logs import said, said_path

BY_ITSELF = {"Sec-Fetch-Dest": "report", "Sec-Fetch-Site": "same-origin"}
MOST = 10_000  # bytes of a report
LONGEST = 100  # characters of each thing that is told

logger = logging.getLogger(__name__)


@csrf_exempt  # a browser has no token for it
@require_POST
def violations_view(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated or not BY_ITSELF.items() <= dict(request.headers).items():
        return HttpResponse(status=403)
    if (told := _told(request)) is None:
        return HttpResponse(status=400)
    logger.warning("A page's policy refused %s from %s on %s.", *told)
    return HttpResponse(status=204)


def _told(request: HttpRequest) -> list[str] | None:
    """(directive, host or "inline", page); None where that is no report."""
    if len(request.body) > MOST:
        return None
    try:
        report: Any = json.loads(request.body)["csp-report"]
        texts = [report[name] for name in ("violated-directive", "blocked-uri", "document-uri")]
        rule, blocked, page = (urlsplit(text) for text in texts if isinstance(text, str))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [
        said(one)[:LONGEST] for one in (rule.path, blocked.hostname or blocked.path, said_path(page.path))
    ]
