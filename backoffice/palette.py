"""What the command palette offers for some words: pages and deeds by their names, rows by a search.

What was typed as a whole name stands before what only has it in it, a row before a page as well.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from backoffice.admin.actions import BulkActionsMixin
from backoffice.admin.files.exporting import ExportMixin
from backoffice.admin.files.imports import ImportsMixin
from backoffice.admin.lists.saved_views import ViewsMixin
from backoffice.admin.subjects.pages import SubjectMixin
from backoffice.dashboard import searching
from backoffice.models import Operation
from backoffice.search import fold

FEWEST = 2  # letters: one alone is in nearly every name; of those that are as wide as high, it may be one
MOST = 200  # characters of a search
COLOURS = {
    "light": gettext_lazy("Colors: light"),
    "dark": gettext_lazy("Colors: dark"),
    "auto": gettext_lazy("Colors: as the system"),
}


class Offer(NamedTuple):
    name: str
    url: str = ""
    note: str = ""
    does: str = ""  # what palette.js does, where there is no page to go to
    also: str = ""  # other words by which it is found
    is_whole: bool = False  # it is what was typed, to the last letter

    def told(self) -> dict[str, str]:
        said = {"name": self.name, "url": self.url, "note": self.note, "does": self.does}
        return {key: value for key, value in said.items() if value}


def offers(site: AdminSite, request: HttpRequest, words: str) -> list[dict[str, Any]]:
    """Groups with a title and their offers, whole names first, then pages and deeds; nothing in a group: no group."""
    groups = [
        (_("Pages"), _named(pages(site, request), words)),
        (_("Actions"), _named(deeds(site, request), words)),
    ]
    if len(words) >= FEWEST or any(east_asian_width(letter) == "W" for letter in words):
        for found in searching.search(site, request, words):
            rest = (
                [Offer(_("All that match “%(words)s”") % {"words": words}, found.url)]
                if found.is_more
                else []
            )
            rows = [
                Offer(row.name, row.url, note=row.note, is_whole=row.is_whole)
                for row in sorted(found.rows, key=lambda row: not row.is_whole)
            ]
            groups.append((found.title, [*rows, *rest]))
    groups.sort(key=lambda group: not any(offer.is_whole for offer in group[1]))
    return [{"title": title, "items": [item.told() for item in items]} for title, items in groups if items]


def pages(site: AdminSite, request: HttpRequest) -> Iterator[Offer]:
    """The first page, every list that this person may see and what belongs to it, what else the menu links to, their
    own account.
    """
    user: Any = request.user
    yield Offer(_("Home"), reverse("admin:index"))
    for model in _models(site, request):
        if model["admin_url"]:
            yield Offer(str(model["name"]), model["admin_url"])
    links: Any = settings.JAZZMIN_SETTINGS["custom_links"]
    for link in chain.from_iterable(links.values()):
        if user.has_perms(link.get("permissions", ())):
            yield Offer(str(link["name"]), reverse(link["url"]))
    for model in _models(site, request):
        admin, rows = site.get_model_admin(model["model"]), {"rows": model["model"]._meta.verbose_name_plural}
        if isinstance(admin, SubjectMixin):
            yield from (Offer(str(title), url) for url, title in admin.purge_links(request))
        if isinstance(admin, ViewsMixin) and model["admin_url"]:
            yield Offer(_("Views of %(rows)s") % rows, admin.views_url)
    if user.has_usable_password():
        yield Offer(_("Change password"), reverse("account_change_password"))
    yield Offer(_("Second factors"), reverse("mfa_index"))
    yield Offer(_("Sessions"), reverse("usersessions_list"))


def deeds(site: AdminSite, request: HttpRequest) -> Iterator[Offer]:
    for model in _models(site, request):
        if model["add_url"]:
            yield Offer(capfirst(_("add %(name)s") % {"name": model["singular"]}), model["add_url"])
    for model in _models(site, request):
        admin, rows = site.get_model_admin(model["model"]), {"rows": model["model"]._meta.verbose_name_plural}
        if isinstance(admin, BulkActionsMixin) and model["admin_url"]:
            note = _("Tick %(rows)s first") % rows
            titles = [str(kind.title) for kind in admin.bulk_actions if kind(admin).allowed(request)]
            yield from (Offer(title, model["admin_url"], note) for title in titles)
        if isinstance(admin, ImportsMixin) and admin.has_import_permission(request):
            yield Offer(_("Import %(rows)s") % rows, admin.import_url())
        if isinstance(admin, ExportMixin) and admin.has_export_permission(request):
            yield Offer(_("Export %(rows)s") % rows, admin.export_url(request))
        if model["model"] is Operation and model["admin_url"]:
            yield Offer(_("Undo an operation"), model["admin_url"], also=_("log of changes"))
    for does, name in COLOURS.items():
        yield Offer(str(name), does=does, also=_("theme, mode"))
    yield Offer(_("Keyboard shortcuts"), does="keys", also=_("keys, help"))
    yield Offer(_("Log out"), does="log-out", also=_("Sign out"))


def _models(site: AdminSite, request: HttpRequest) -> Iterator[dict[str, Any]]:
    for app in site.get_app_list(request):
        yield from app["models"]


def _named(found: Iterator[Offer], words: str) -> list[Offer]:
    """Those in whose names each of the words begins one."""
    typed = fold(words)
    return [
        offer._replace(is_whole=fold(offer.name) == typed)
        for offer in found
        if all(f" {part}" in f" {fold(f'{offer.name} {offer.also}')}" for part in typed.split())
    ]


@require_safe
def palette_view(request: HttpRequest, site: AdminSite) -> JsonResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:MOST]
    return JsonResponse({"groups": offers(site, request, words)})
