"""How far an export is, for the page that started it: who writes it tells, in the cache, for a quarter of an hour."""

import re
import time
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from backoffice.admin.counting import Count

FIELD = "progress"  # a name that the page makes up
NAME = re.compile(r"[0-9a-f-]{8,40}")
SECONDS = 15 * 60
PAUSE = 1.0  # seconds between two notes


class Progress:
    """Notes for one export; none where the page did not ask for any."""

    def __init__(self, request: HttpRequest, total: int) -> None:
        name = request.POST.get(FIELD, "")
        self.key = _key(request, name) if NAME.fullmatch(name) else ""
        self.total = total
        self.noted = 0.0

    def note(self, rows: int, state: str = "") -> None:
        """`state` is empty while rows are written, then "ended" or "broken_off"."""
        now = time.monotonic()
        if self.key and (state or now - self.noted >= PAUSE):
            self.noted = now
            cache.set(self.key, (rows, self.total, state), SECONDS)


def _key(request: HttpRequest, name: str) -> str:
    return f"backoffice.export.{request.user.pk}.{name}"


def told(request: HttpRequest) -> JsonResponse:
    """The last note of this person's export."""
    name = request.GET.get(FIELD, "")
    noted: Any = cache.get(_key(request, name)) if NAME.fullmatch(name) else None
    if noted is None:
        return JsonResponse({})
    rows, total, state = noted
    counts = {"rows": Count(rows), "total": Count(total)}
    sentences = {
        "": _("%(rows)s of %(total)s rows written.") % counts,
        "ended": _("%(rows)s rows written. The file is complete.") % counts,
        "broken_off": _("Broken off after %(rows)s of %(total)s rows: the file is not complete.") % counts,
    }
    return JsonResponse({"rows": rows, "total": total, "over": bool(state), "sentence": sentences[state]})
