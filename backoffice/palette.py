"""What the command palette offers for some words: pages and deeds by their names, rows by a search."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.dashboard import searching
from backoffice.search import fold

FEWEST = 2  # letters: one alone is in nearly every name
MOST = 200  # characters of a search


class Offer(NamedTuple):
    name: str
    url: str


def offers(site: AdminSite, request: HttpRequest, words: str) -> list[dict[str, Any]]:
    """Groups with a title and their offers, those of names first; nothing in a group: no group."""
    groups = [
        (_("Pages"), _named(pages(site, request), words)),
        (_("Actions"), _named(deeds(site, request), words)),
    ]
    if len(words) >= FEWEST:
        for found in searching.search(site, request, words):
            rest = (
                [Offer(_("All that match “%(words)s”") % {"words": words}, found.url)]
                if found.is_more
                else []
            )
            groups.append((found.title, [*(Offer(*row) for row in found.rows), *rest]))
    return [{"title": title, "items": [item._asdict() for item in items]} for title, items in groups if items]


def pages(site: AdminSite, request: HttpRequest) -> Iterator[Offer]:
    """The first page, every list that this person may see, what else the menu links to, their own account."""
    yield Offer(_("Home"), reverse("admin:index"))
    for model in _models(site, request):
        if model["admin_url"]:
            yield Offer(str(model["name"]), model["admin_url"])
    links: Any = settings.JAZZMIN_SETTINGS["custom_links"]
    for link in chain.from_iterable(links.values()):
        if request.user.has_perms(link.get("permissions", ())):
            yield Offer(str(link["name"]), reverse(link["url"]))
    yield Offer(_("Second factors"), reverse("mfa_index"))
    yield Offer(_("Sessions"), reverse("usersessions_list"))


def deeds(site: AdminSite, request: HttpRequest) -> Iterator[Offer]:
    for model in _models(site, request):
        if model["add_url"]:
            yield Offer(capfirst(_("add %(name)s") % {"name": model["singular"]}), model["add_url"])


def _models(site: AdminSite, request: HttpRequest) -> Iterator[dict[str, Any]]:
    for app in site.get_app_list(request):
        yield from app["models"]


def _named(found: Iterator[Offer], words: str) -> list[Offer]:
    """Those in whose names each of the words begins one."""
    parts = fold(words).split()
    return [offer for offer in found if all(f" {part}" in f" {fold(offer.name)}" for part in parts)]


@require_safe
def palette_view(request: HttpRequest, site: AdminSite) -> JsonResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:MOST]
    return JsonResponse({"groups": offers(site, request, words)})
