"""What somebody posted and had to sign in for (again), or what no answer came to: kept for this browser and offered to
them afterwards.

What is typed into a form comes here before it is sent, and goes when that has come: so it is there, too, where the
connection breaks or a proxy answers instead of the panel.

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
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.security.cookies import own
from backoffice.sent import SECRET, TOKEN

KEY = "backoffice.sent"
COOKIE = own("kept")
STORE = "backoffice.kept"  # in request.META
MOST = 5  # forms of one account, the last ones


def keep(request: HttpRequest, user_pk: Any, *, url: str = "", tab: str = "") -> str:
    """Keep what is posted for this user, beside what other tabs posted; the address that offers it.

    With `tab` it is about to be posted to `url` from there, and takes the place of what was before.
    """
    url = url or request.get_full_path()
    sent = {
        "user": str(user_pk),
        "path": url.partition("?")[0],
        "url": url,
        "post": _posted(request),
        "files": [(name, file.name) for name, files in request.FILES.lists() for file in files],
        "at": int(time.time()),
        "tab": tab,
    }
    kept = _all(request)
    mine = [other for other in kept if other["user"] == sent["user"] and not _is_same(other, sent)]
    others = [other for other in kept if other["user"] != sent["user"]]
    _store(request)[KEY] = [*others, *[*mine, sent][-MOST:]]
    return reverse("backoffice_kept")


def forget(request: HttpRequest, path: str = "") -> None:
    """It was posted (again), or something else was to the only page of that address."""
    there = [sent for sent in _kept(request) if sent["path"] == (path or request.path)]
    again = there if len(there) == 1 else [sent for sent in there if sent["post"] == _posted(request)]
    if again:
        _store(request)[KEY] = [sent for sent in _all(request) if sent not in again]


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Store what this request kept or forgot, unless it failed; the browser has the key to it."""
    store = request.META.get(STORE)
    if store is None or not store.modified or response.status_code >= 500:
        return
    if not store[KEY]:
        store.flush()
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    store.save()
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


def _is_same(other: dict[str, Any], sent: dict[str, Any]) -> bool:
    is_of_the_tab = sent["tab"] and other.get("tab") == sent["tab"]
    return other["url"] == sent["url"] and bool(is_of_the_tab or other["post"] == sent["post"])


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
    is_unanswered: bool  # it may have come and been done

    @classmethod
    def of(cls, sent: dict[str, Any]) -> "Kept":
        fields = [(name, value) for name, values in QueryDict(sent["post"]).lists() for value in values]
        return cls(sent["url"], fields, sent["files"], bool(sent.get("tab")))


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


@never_cache
@login_required
@require_POST
def on_its_way_view(request: HttpRequest) -> HttpResponse:
    """What is about to be sent to an address of the panel is kept until it has come there; without a tab, it is not
    wanted any more.
    """
    url, tab = request.GET.get("to", ""), request.GET.get("tab", "")
    if not url_has_allowed_host_and_scheme(url, None):
        return HttpResponseBadRequest()
    if tab:
        keep(request, request.user.pk, url=url, tab=tab)
        return HttpResponse(status=204)
    forget(request, url.partition("?")[0])
    return HttpResponseRedirect(reverse("backoffice_kept"))
