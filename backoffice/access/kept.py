"""What somebody posted and had to sign in for (again): kept for this browser and offered to them afterwards.

It goes on only by a click of the same person; another one who signs in there never sees it, and takes nothing of it
away. It lies in a row of its own among the sessions, which no sign-in or sign-out ends, for as long as a session may
last. Files are not kept: they are asked for again.
"""

import time
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backoffice.security.cookies import own
from backoffice.sent import SECRET, TOKEN

KEY = "backoffice.sent"
COOKIE = own("kept")
STORE = "backoffice.kept"  # in request.META
MOST = 5  # forms of one account, the last ones


def keep(request: HttpRequest, user_pk: Any) -> str:
    """Keep what is posted for this user, beside what other tabs posted; the address that offers it."""
    sent = {
        "user": str(user_pk),
        "path": request.path,
        "url": request.get_full_path(),
        "post": _posted(request),
        "files": [(name, file.name) for name, files in request.FILES.lists() for file in files],
        "at": int(time.time()),
    }
    kept = _all(request)
    mine = [other for other in kept if other["user"] == sent["user"] and not _is_same(other, sent)]
    others = [other for other in kept if other["user"] != sent["user"]]
    _store(request)[KEY] = [*others, *[*mine, sent][-MOST:]]
    return reverse("backoffice_kept")


def forget(request: HttpRequest) -> None:
    """It was posted again, or something else was to the only page of that address."""
    there = [sent for sent in _kept(request) if sent["path"] == request.path]
    again = there if len(there) == 1 else [sent for sent in there if sent["post"] == _posted(request)]
    if again:
        _store(request)[KEY] = [sent for sent in _all(request) if sent not in again]


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Store what this request kept or forgot; the browser has the key to it."""
    store = request.META.get(STORE)
    if store is None or not store.modified:
        return
    store.save()
    if not store[KEY]:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE,
        store.session_key,
        max_age=settings.SESSION_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def way_back(request: HttpRequest) -> str:
    """Where what is kept is offered, for any other page; empty where nothing is."""
    address = reverse("backoffice_kept")
    return address if _kept(request) and request.path != address else ""


def _kept(request: HttpRequest) -> list[dict[str, Any]]:
    """What is kept for whoever is signed in."""
    return [sent for sent in _all(request) if sent["user"] == str(request.user.pk)]


def _all(request: HttpRequest) -> list[dict[str, Any]]:
    """What is kept in this browser, for anybody."""
    since = time.time() - settings.SESSION_SECONDS
    return [sent for sent in _store(request).get(KEY, []) if sent["at"] >= since]


def _store(request: HttpRequest) -> Any:
    """Nothing is asked for a browser without the cookie."""
    if STORE not in request.META:
        kind = import_module(settings.SESSION_ENGINE).SessionStore
        request.META[STORE] = kind(request.COOKIES.get(COOKIE))
    return request.META[STORE]


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("url", "post"))


def _posted(request: HttpRequest) -> str:
    post = request.POST.copy()
    for name in [name for name in post if name == TOKEN or SECRET in name]:
        del post[name]
    return post.urlencode()


class Kept(NamedTuple):
    """What was sent to a page, for a form that sends it again."""

    url: str
    fields: list[tuple[str, str]]
    files: list[tuple[str, str]]  # name in the form, name of the file

    @classmethod
    def of(cls, sent: dict[str, Any]) -> "Kept":
        fields = [(name, value) for name, values in QueryDict(sent["post"]).lists() for value in values]
        return cls(sent["url"], fields, sent["files"])


@never_cache
@login_required
@require_safe
def kept_view(request: HttpRequest) -> HttpResponse:
    """The last first."""
    kept = _kept(request)
    if not kept:
        return HttpResponseRedirect(reverse("admin:index"))
    context = {
        **site.each_context(request),
        "title": _("Go on where you were"),
        "kept": [Kept.of(sent) for sent in reversed(kept)],
    }
    return TemplateResponse(request, "backoffice/access/kept.html", context)
