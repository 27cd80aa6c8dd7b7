"""Pages of one row that leave an access event, and the page of who looked at it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from backoffice.access import is_unlimited, sees
from backoffice.admin.counting import Count
from backoffice.admin.history.pages import HistoryPage
from backoffice.admin.named_rows import key_named, row_name
from backoffice.models import AccessEvent
from backoffice.operations.tables import is_recorded
from backoffice.security.reads import about, files_of_many, record_read

VIEW = "backoffice.view_accessevent"
PER_PAGE = 50
FILES = 20  # files of many rows that the page names
What = AccessEvent.What


class ReadsMixin(ModelAdmin):
    """With `reads_recorded` it is noted down who opens a page of a row: its form, its history, what goes with it."""

    reads_recorded = False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {**self._readers_link(request, object_id), **(extra_context or {})}
        response = super().change_view(request, object_id, form_url, context)
        return self._read_named(request, object_id, response)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        context = {**self._readers_link(request, object_id), **(extra_context or {})}
        response = super().history_view(request, object_id, context)
        return self._read(request, unquote(object_id), What.HISTORY, response)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        response = super().delete_view(request, object_id, extra_context)
        return self._read_named(request, object_id, response)

    def get_urls(self) -> list[URLPattern]:
        if not self.reads_recorded:
            return super().get_urls()
        name = f"{self.opts.app_label}_{self.opts.model_name}_readers"
        view = self.admin_site.admin_view(self.readers_view)
        return [path("<path:object_id>/readers/", view, name=name), *super().get_urls()]

    def readers_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who looked at this row; at one that was deleted, the list says."""
        obj = self.get_object(request, unquote(object_id))
        if not request.user.has_perm(VIEW) or not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            return self._readers_of_gone(request, unquote(object_id))
        if not sees(request.user, obj, VIEW):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Who looked at %(row)s") % {"row": obj},
            "opts": self.opts,
            "object": obj,
            "page": ReadersPage(obj, request.user, request.GET.get("after", "")),
        }
        return TemplateResponse(request, "backoffice/readers.html", context)

    def _readers_of_gone(self, request: HttpRequest, text: str) -> HttpResponse:
        try:
            key = key_named(self.model, text)
        except ValueError:
            key = None
        if key is None or not is_recorded(self.model) or not HistoryPage(self, request, key, None).is_seen:
            raise Http404(_("There is no such row."))
        events = reverse(f"{self.admin_site.name}:backoffice_accessevent_changelist")
        return HttpResponseRedirect(f"{events}?{urlencode({'row': row_name(self.model, key)})}")

    def _readers_link(self, request: HttpRequest, object_id: str) -> dict[str, str]:
        if not self.reads_recorded or not request.user.has_perm(VIEW):
            return {}
        name = f"{self.opts.app_label}_{self.opts.model_name}_readers"
        return {"readers_url": reverse(f"{self.admin_site.name}:{name}", args=[quote(unquote(object_id))])}

    def _read_named(self, request: HttpRequest, object_id: str, response: HttpResponse) -> HttpResponse:
        """A page that finds its row by the field that the address names, and refuses one that may not be named."""
        key, to_field = unquote(object_id), request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR))
        if to_field and response.status_code == 200:
            key = getattr(self.get_object(request, key, to_field), "pk", key)
        return self._read(request, key, What.PAGE, response)

    def _read(self, request: HttpRequest, key: Any, what: str, response: HttpResponse) -> HttpResponse:
        """A page that was shown, however it was asked for: a form that comes back says what is stored, too."""
        if self.reads_recorded and response.status_code == 200:
            record_read(request, self.model, [self.opts.pk.to_python(key)], what)
        return response


def shown(site: AdminSite, request: HttpRequest, model: Any, keys: Iterable[Any], what: str) -> None:
    """Note that a page about something else showed these rows of `model`, where reads of its rows are noted."""
    if getattr(site._registry.get(model), "reads_recorded", False) and (found := sorted(set(keys))):
        record_read(request, model, found, what)


class ReadersPage:
    """One page of who looked at `obj`, newest first, and the last files of many rows that it may stand in."""

    def __init__(self, obj: Any, user: Any, after: str) -> None:
        self.obj, self.user = obj, user
        known = after.isdecimal() and after.isascii() and len(after) < 19
        self.after = int(after) if known else None

    @property
    def _events(self) -> models.QuerySet[AccessEvent]:
        return AccessEvent.objects.filter(model=self.obj._meta.label).select_related("actor").order_by("-pk")

    @cached_property
    def _found(self) -> list[AccessEvent]:
        events = self._events.filter(about(type(self.obj), self.obj.pk))
        if self.after is not None:
            events = events.filter(pk__lt=self.after)
        return list(events[: PER_PAGE + 1])

    @property
    def events(self) -> list[tuple[AccessEvent, str, Count]]:
        return _named(self._found[:PER_PAGE])

    @cached_property
    def files(self) -> list[tuple[AccessEvent, str, Count]]:
        """For those who see the events of everybody: whose rows are in a file of many is not known."""
        if not is_unlimited(self.user, AccessEvent):
            return []
        return _named(list(files_of_many(type(self.obj)).select_related("actor").order_by("-pk")[:FILES]))

    @property
    def links(self) -> dict[str, str]:
        links = {"first": "?"} if self.after is not None else {}
        if len(self._found) > PER_PAGE:
            links["next"] = f"?after={self._found[PER_PAGE - 1].pk}"
        return links


def _named(events: list[AccessEvent]) -> list[tuple[AccessEvent, str, Count]]:
    """Each with who it was and how many rows."""
    from backoffice.admin.subjects.access_events import who

    return [(event, who(event), Count(event.number)) for event in events]
