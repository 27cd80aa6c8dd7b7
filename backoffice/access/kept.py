"""What somebody posted and had to sign in for (again): kept in the session and offered afterwards.

It goes on only by a click of the same person; another one who signs in there never sees it. Files are not kept: they
are asked for again.
"""

from typing import Any, NamedTuple

from django.contrib.admin import site
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backoffice.sent import SECRET, TOKEN

KEY = "backoffice.sent"
MOST = 5  # forms, the last ones


def keep(request: HttpRequest, user_pk: Any) -> str:
    """Keep what is posted for this user, beside what other tabs posted; the address that offers it."""
    sent = {
        "user": str(user_pk),
        "path": request.path,
        "url": request.get_full_path(),
        "post": _posted(request),
        "files": [(name, file.name) for name, files in request.FILES.lists() for file in files],
    }
    others = [other for other in request.session.get(KEY, []) if other != sent]
    request.session[KEY] = [*others, sent][-MOST:]
    return reverse("backoffice_kept")


def forget(request: HttpRequest) -> None:
    """It was posted again, or something else was to the only page of that address."""
    kept = request.session.get(KEY)
    if not kept:
        return
    there = [sent for sent in kept if sent["path"] == request.path]
    again = there if len(there) == 1 else [sent for sent in there if sent["post"] == _posted(request)]
    if not again:
        return
    if left := [sent for sent in kept if sent not in again]:
        request.session[KEY] = left
    else:
        del request.session[KEY]


def way_back(request: HttpRequest) -> str:
    """Where what is kept is offered, for any other page; empty where nothing is."""
    address = reverse("backoffice_kept")
    return address if _kept(request) and request.path != address else ""


def _kept(request: HttpRequest) -> list[dict[str, Any]]:
    """What is kept for whoever is signed in."""
    return [sent for sent in request.session.get(KEY, []) if sent["user"] == str(request.user.pk)]


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
        request.session.pop(KEY, None)
        return HttpResponseRedirect(reverse("admin:index"))
    request.session[KEY] = kept
    context = {
        **site.each_context(request),
        "title": _("Go on where you were"),
        "kept": [Kept.of(sent) for sent in reversed(kept)],
    }
    return TemplateResponse(request, "backoffice/access/kept.html", context)
