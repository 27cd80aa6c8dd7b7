"""The admin site: titles and index."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db import connections, models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from backoffice.access.held import access_of
from backoffice.admin.counting import UncountedPaginator
from backoffice.admin.job_page import job_page

FOUND = 500


class RelatedRows(AutocompleteJsonView):
    """Autocomplete that costs the same at any size: it counts nothing, and offers the first FOUND that match."""

    def process_request(self, request: HttpRequest) -> Any:
        term, *rest = super().process_request(request)
        return term.replace("\x00", ""), *rest  # PostgreSQL takes no NUL

    def get_paginator(self, queryset: Any, per_page: int, *_args: Any, **_kwargs: Any) -> UncountedPaginator:
        return UncountedPaginator(queryset, per_page)

    def get_queryset(self) -> models.QuerySet[Any]:
        found = super().get_queryset()
        if not self.term or connections[found.db].vendor == "mysql":  # it takes no limit in a sub-query
            return found
        # The first that are met, then sorted: few rows, however many match.
        keys = found.order_by().values("pk")[:FOUND]
        everything: models.QuerySet[Any] = self.model_admin.get_queryset(self.request)
        return everything.filter(pk__in=keys)


class BackofficeSite(AdminSite):
    site_title = settings.SITE_NAME
    site_header = settings.SITE_NAME
    index_title = _("Home")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Members of staff, and whoever holds a role."""
        user: Any = request.user
        return bool(user.is_active and (user.is_staff or access_of(user).held))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's list; each model also says its name for one row and whether its list can be searched."""
        apps = super().get_app_list(request, app_label)
        for model in (model for app in apps for model in app["models"]):
            model["singular"] = model["model"]._meta.verbose_name
            model["searchable"] = bool(self.get_model_admin(model["model"]).get_search_fields(request))
        return apps

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from backoffice.admin.deleted import deleted_view

        job = self.admin_view(partial(job_page, site=self))
        return [
            path("background/<int:pk>/", job, name="backoffice_job_page"),
            path("deleted/", self.admin_view(deleted_view), name="backoffice_operation_deleted"),
            *super().get_urls(),
        ]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        response = RelatedRows.as_view(admin_site=self)(request)
        assert isinstance(response, HttpResponse)  # a view of ours, not an asynchronous one
        return response
