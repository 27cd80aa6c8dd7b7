"""The admin site: titles and index."""

from collections.abc import Iterable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Case, Q, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.i18n import JavaScriptCatalog

from backoffice import translated
from backoffice.access.held import access_of
from backoffice.admin.counting import UncountedPaginator
from backoffice.admin.job_page import job_page
from backoffice.admin.named_rows import key_named
from backoffice.fragments import kept
from backoffice.sql.limited import first_keys

FOUND = 500


class RelatedRows(AutocompleteJsonView):
    """Autocomplete that costs the same at any size: it counts nothing, and offers the first FOUND that match."""

    def process_request(self, request: HttpRequest) -> Any:
        term, chosen, *rest = super().process_request(request)
        if not getattr(chosen, "can_be_chosen", True):
            raise PermissionDenied
        return term.replace("\x00", ""), chosen, *rest  # PostgreSQL takes no NUL

    def get_paginator(self, queryset: Any, per_page: int, *_args: Any, **_kwargs: Any) -> UncountedPaginator:
        return UncountedPaginator(queryset, per_page)

    def get_queryset(self) -> models.QuerySet[Any]:
        found = self._with_notes(self._others(super().get_queryset()))
        if not self.term:
            return found
        # The first that are met, then sorted: few rows, however many match. Who is named by a unique key stands first.
        everything: models.QuerySet[Any] = self._with_notes(self.model_admin.get_queryset(self.request))
        named = [row.pk for row in self._named(found)]
        few = everything.filter(Q(pk__in=first_keys(found.order_by(), FOUND)) | Q(pk__in=named))
        if not named:
            return few
        others = Case(When(pk__in=named, then=0), default=1)
        ordering = self.model_admin.get_ordering(self.request) or few.model._meta.ordering or ()
        return few.order_by(others, *ordering)

    def _named(self, found: models.QuerySet[Any]) -> Iterable[models.Model]:
        exact = getattr(self.model_admin, "get_exact_matches", None)  # an admin of Django's own has none
        return exact(self.request, found, self.term) if exact else ()

    def _with_notes(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        related = getattr(self.model_admin, "found_with", ())
        return rows.select_related(*related) if related else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what tells rows of one name apart."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        notes = getattr(self.model_admin, "found_notes", None)
        self.notes = notes(self.request, context["object_list"]) if notes else {}
        return context

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, Any]:
        found: dict[str, Any] = super().serialize_result(obj, to_field_name)
        note = self.notes.get(obj.pk)
        return {**found, "text": f"{found['text']} ({note})"} if note else found

    def _others(self, found: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Without the row whose form asks (see widgets.RelatedSelect): it cannot point to itself."""
        besides = self.request.GET.get("besides", "")
        try:
            return found.exclude(pk=key_named(found.model, besides)) if besides else found
        except ValueError:
            return found


class Catalog(JavaScriptCatalog):
    """The words of Django's scripts, also those that Django has not in each of our languages."""

    def get_catalog(self) -> dict[str, Any]:
        return {**super().get_catalog(), **{text: gettext(text) for text in translated.IN_SCRIPTS}}


class BackofficeSite(AdminSite):
    site_title = settings.SITE_NAME
    site_header = settings.SITE_NAME
    index_title = _("Home")
    enable_nav_sidebar = False

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One way in: that of `account/login/`, which asks for the second factor too."""
        asked = request.GET.get("next", "")
        back = (
            asked if url_has_allowed_host_and_scheme(asked, {request.get_host()}) else reverse("admin:index")
        )
        if not request.user.is_authenticated:
            return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': back})}")
        if self.has_permission(request):
            return HttpResponseRedirect(back)
        raise PermissionDenied

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        response = LogoutView.as_view()(request)
        assert isinstance(response, HttpResponse)
        return response

    def password_change(  # type: ignore[override]  # Django's shows a page of its own
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))

    def password_change_done(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:index"))

    def i18n_javascript(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = Catalog.as_view(packages=["django.contrib.admin"])(request)
        assert isinstance(response, HttpResponse)
        return response

    def has_permission(self, request: HttpRequest) -> bool:
        """Members of staff, and whoever holds a role."""
        user: Any = request.user
        return bool(user.is_active and (user.is_staff or access_of(user).held))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's sends whoever may not come in elsewhere, and what they posted is lost on the way."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if (
                request.method == "POST"
                and request.user.is_authenticated
                and not self.has_permission(request)
            ):
                raise PermissionDenied
            return inner(request, *args, **kwargs)

        return answered

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's list; each model also says its name for one row and whether its list can be searched."""
        rights = [
            (model, bool(one.has_module_permission(request)), *one.get_model_perms(request).items())
            for model, one in self._registry.items()
        ]
        asked = super().get_app_list
        apps = kept((self, app_label, *rights), lambda: asked(request, app_label))  # forty addresses
        apps = [{**app, "models": [dict(model) for model in app["models"]]} for app in apps]
        for model in (model for app in apps for model in app["models"]):
            model["singular"] = model["model"]._meta.verbose_name
            model["searchable"] = bool(self.get_model_admin(model["model"]).get_search_fields(request))
        return apps

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """With what the boards say, of everything or of a part of the tree, and what a search finds."""
        from backoffice.dashboard import page, searching

        query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        models = searching.searched_models(self, request)
        sections = [] if query else page.sections(self, request)
        told = {
            "sections": sections,
            "as_of": min((each.as_of for each in sections if each.as_of), default=None),
            "query": query,
            "results": searching.search(self, request, query) if query else [],
            "forms_to_add": searching.forms_to_add(self, request, models),
            "searched": get_text_list([str(model._meta.verbose_name_plural) for model in models], _("and")),
        }
        return super().index(request, {**told, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from backoffice.admin.history.deleted import deleted_view
        from backoffice.dashboard.views import chart_file, count_again
        from backoffice.palette import palette_view

        # For whoever asked for it, also when their own role went with what was done.
        job = login_required(never_cache(partial(job_page, site=self)))
        chart = self.admin_view(partial(chart_file, site=self))
        again = self.admin_view(partial(count_again, site=self))
        palette = self.admin_view(partial(palette_view, site=self))
        return [
            path("palette/", palette, name="backoffice_palette"),
            path("figures/count/", again, name="backoffice_count_again"),
            path("figures/<slug:board>/<slug:chart>/", chart, name="backoffice_figures"),
            path("background/<int:pk>/", job, name="backoffice_job_page"),
            path("deleted/", self.admin_view(deleted_view), name="backoffice_operation_deleted"),
            *super().get_urls(),
        ]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        response = RelatedRows.as_view(admin_site=self)(request)
        assert isinstance(response, HttpResponse)  # a view of ours, not an asynchronous one
        return response
