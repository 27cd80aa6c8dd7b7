"""The admin site: titles and index."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from backoffice.admin.counting import bounded_count
from backoffice.admin.keyset import Order


class RelatedRows(AutocompleteJsonView):
    """Autocomplete whose search costs the same at any size: of many rows, the first entered."""

    def process_request(self, request: HttpRequest) -> Any:
        term, *rest = super().process_request(request)
        return term.replace("\x00", ""), *rest  # PostgreSQL takes no NUL

    def get_queryset(self) -> models.QuerySet[Any]:
        found = super().get_queryset()
        if not self.term:
            return found
        count = bounded_count(found)
        ordering = list(found.query.order_by) if count.kind == "exact" else []
        order = Order.of(found.model, ordering).suited_to(count, found.db)
        return found.order_by(*order.columns())


class BackofficeSite(AdminSite):
    site_title = settings.SITE_NAME
    site_header = settings.SITE_NAME
    index_title = _("Home")
    enable_nav_sidebar = False

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's list; each model also says its name for one row and whether its list can be searched."""
        apps = super().get_app_list(request, app_label)
        for model in (model for app in apps for model in app["models"]):
            model["singular"] = model["model"]._meta.verbose_name
            model["searchable"] = bool(self.get_model_admin(model["model"]).get_search_fields(request))
        return apps

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        response = RelatedRows.as_view(admin_site=self)(request)
        assert isinstance(response, HttpResponse)  # a view of ours, not an asynchronous one
        return response
