"""The list of access events: who looked at whom, for auditors. Nobody changes it here."""

from typing import Any

from django.apps import apps
from django.contrib.admin import display, site
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.admin.counting import Count
from backoffice.admin.lists.filters import ChoicesFilter, DateRangeFilter
from backoffice.admin.lists.related_filter import RelatedFilter
from backoffice.admin.log.filters import RowFilter
from backoffice.admin.model_admin import ModelAdmin
from backoffice.admin.named_rows import key_named, with_names
from backoffice.admin.rights import may
from backoffice.admin.wording import things
from backoffice.models import AccessEvent
from backoffice.security.reads import about


class ReadRowFilter(RowFilter):
    """Who looked at one row, `?row=library.Book:5`; large files by filters are not among it."""

    def condition(self) -> Q:
        found = Q(pk__in=[])
        for _name, _value, model, key in self.asked:
            if self._may(model):
                found |= about(model, key)
        return found


class AccessEventAdmin(ModelAdmin):
    list_display = ("at", "who", "what", "rows", "filters", "address")
    list_display_links = None
    list_select_related = ("actor",)
    sortable_by = ("at",)
    list_filter = (
        ("actor", RelatedFilter),
        ("what", ChoicesFilter),
        ("at", DateRangeFilter),
        ("id", ReadRowFilter),
    )
    ordering = ("-at",)
    actions = None
    readonly_fields = ("actor",)  # there is no form

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The line in the list says it all."""
        return HttpResponseRedirect(reverse("admin:backoffice_accessevent_changelist"))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return self.change_view(request, object_id)

    def prepare_page(self, request: HttpRequest, rows: list[Any]) -> None:
        """With the names of the rows that were looked at, as far as this person sees them: a query for each model."""
        keys: dict[str, set[str]] = {}
        for event in rows:
            keys.setdefault(event.model, set()).add(event.row)
        names = {label: _names(self.admin_site, request, label, asked) for label, asked in keys.items()}
        for event in rows:
            event.name = names[event.model].get(event.row, "")

    @display(description=gettext_lazy("who"))
    def who(self, event: AccessEvent) -> str:
        return who(event)

    @display(description=gettext_lazy("at what"))
    def rows(self, event: AccessEvent) -> str:
        return seen(event)


def who(event: AccessEvent) -> str:
    """The account, or its number once it is gone."""
    if event.actor_id is None:
        return _("Nobody signed in")
    return event.actor.get_username() if event.actor else _("Account %(key)s") % {"key": event.actor_id}


def _names(site: Any, request: HttpRequest, label: str, keys: set[str]) -> dict[str, str]:
    """By key as an event keeps it, of the rows of a model that are there and that this person sees."""
    try:
        model: Any = apps.get_model(label)
    except LookupError:
        return {}
    admin = site._registry.get(model)
    if admin is None or not may(site, request, "view", model):
        return {}
    rows = admin.get_queryset(request).filter(pk__in=[key_named(model, key) for key in keys if key])
    return {str(row.pk): str(row) for row in with_names(list(rows))}


def seen(event: Any) -> str:
    """The row's name, else "Employee 5", with the way to who else looked at it; or "1,204 employees"."""
    try:
        model: Any = apps.get_model(event.model)
    except LookupError:
        return f"{event.model} {event.row}"
    if not event.row:
        return things(model, Count(event.number))
    words = event.name or f"{capfirst(str(model._meta.verbose_name))} {event.row}"
    try:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_readers", args=[event.row])
    except NoReverseMatch:
        return words
    return format_html('<a href="{}">{}</a>', url, words)


def register() -> None:
    if not site.is_registered(AccessEvent):
        site.register(AccessEvent, AccessEventAdmin)
