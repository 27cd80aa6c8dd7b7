"""What somebody posted and had to sign in for (again): kept in the session and offered afterwards.

It goes on only by a click of the same person; another one who signs in there never sees it. Files are not kept: they
are asked for again.
"""

from typing import Any

from django.contrib.admin import site
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

KEY = "backoffice.kept"
SECRET = "password"  # noqa: S105  # in the name of a field that is never kept
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  # the name of a field


def keep(request: HttpRequest, user_pk: Any) -> str:
    """Keep what is posted for this user; the address that offers it."""
    post = request.POST.copy()
    for name in [name for name in post if name == TOKEN or SECRET in name]:
        del post[name]
    request.session[KEY] = {
        "user": str(user_pk),
        "path": request.path,
        "url": request.get_full_path(),
        "post": post.urlencode(),
        "files": [(name, file.name) for name, files in request.FILES.lists() for file in files],
    }
    return reverse("backoffice_kept")


def forget(request: HttpRequest) -> None:
    """It was posted again, or something else was to that page."""
    if request.session.get(KEY, {}).get("path") == request.path:
        del request.session[KEY]


@never_cache
@login_required
@require_safe
def kept_view(request: HttpRequest) -> HttpResponse:
    kept = request.session.get(KEY)
    if not kept or kept["user"] != str(request.user.pk):
        request.session.pop(KEY, None)
        return HttpResponseRedirect(reverse("admin:index"))
    post = QueryDict(kept["post"])
    fields = [(name, value) for name, values in post.lists() for value in values]
    context = {
        **site.each_context(request),
        "title": _("Go on where you were"),
        "url": kept["url"],
        "fields": fields,
        "files": kept.get("files", ()),
    }
    return TemplateResponse(request, "backoffice/access/kept.html", context)
