"""Actions on a selection: the list starts them, each has a page of its own at …/bulk/<name>/.

A ModelAdmin names its actions in `bulk_actions`. They stand in Django's action menu like any other; when one is
chosen, the selection becomes a token and the browser goes to the action's page with it.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from backoffice.admin.forms.typed import unsaved_reason
from backoffice.admin.lists.selection import FIELD, Selection, SelectionError
from backoffice.admin.recording import stripped_reason

DJANGO_SCRIPT = "admin/js/actions.js"
MAX_URL = 2_000  # characters: what every server and proxy on the way takes


class SelectionAction:
    """Something to do with a selection, on a page of its own; one for each ModelAdmin, nothing of a request in it."""

    name = ""
    title: Any = ""
    permission = "change"  # "change" asks the ModelAdmin's has_change_permission

    def __init__(self, model_admin: ModelAdmin) -> None:
        self.model_admin = model_admin
        self.opts = model_admin.opts

    def allowed(self, request: HttpRequest) -> bool:
        return bool(getattr(self.model_admin, f"has_{self.permission}_permission")(request))

    def reason(self, request: HttpRequest) -> str:
        """What was typed on its page."""
        return stripped_reason(request.POST)

    def respond(self, request: HttpRequest, selection: Selection) -> HttpResponseBase:
        """The answer to a GET or POST of the action's page. Its permission has been checked."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        return reverse(_url_name(self.model_admin), args=[self.name])

    def start_url(
        self, request: HttpRequest, selection: Selection, answers: Sequence[tuple[str, str]] = ()
    ) -> str:
        """The page of the action with this selection and, where the link is not too long, these answers; the list,
        where the selection alone is too long for a link.
        """
        token = (FIELD, selection.token(request, self.model_admin))
        urls = (f"{self.url}?{urlencode(chosen)}" for chosen in ([token, *answers], [token]))
        fallback = selection.list_url(self.model_admin)
        return next((url for url in urls if len(url) <= MAX_URL), fallback)

    def render(self, request: HttpRequest, selection: Selection, template: str, context: Any) -> HttpResponse:
        request.current_app = self.model_admin.admin_site.name
        common = {
            "title": self.title,
            "opts": self.opts,
            "action_url": self.url,
            "list_url": selection.list_url(self.model_admin),
            "selection_token": selection.token(request, self.model_admin),
        }
        if request.method == "POST":  # its address alone is that of an empty selection
            common["here"] = self.start_url(request, selection)
        site = self.model_admin.admin_site.each_context(request)
        return TemplateResponse(request, template, {**site, **common, **context})


class SelectionBar:
    """What the list says about the selection; the numbers for selection_bar.html."""

    def __init__(self, changelist: Any) -> None:
        self.shown = len(changelist.result_list)
        self.total = getattr(changelist, "count", changelist.result_count)
        self.more = changelist.result_count > self.shown
        asked = {**changelist.get_filters_params(), SEARCH_VAR: [changelist.query]}
        self.rows = urlencode(sorted(asked.items()), doseq=True)  # the same for each order and page of them


class BulkActionsMixin(ModelAdmin):
    bulk_actions: Sequence[type[SelectionAction]] = ()
    bulk_fields: Sequence[str] = ()  # what the action SetFields offers

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.actions is not None:
            self.actions = [*self.actions, *(_as_django_action(kind) for kind in self.get_bulk_actions())]

    def get_bulk_actions(self) -> Sequence[type[SelectionAction]]:
        return self.bulk_actions

    def get_actions(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Without Django's delete_selected: its page lists every row and posts every key."""
        actions: dict[str, Any] = super().get_actions(request, **kwargs)
        actions.pop("delete_selected", None)
        return actions

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "bulk/<slug:name>/",
            self.admin_site.admin_view(self.bulk_view),
            name=_url_name(self).split(":")[1],
        )
        return [page, *super().get_urls()]

    @property
    def media(self) -> forms.Media:
        """selection.js in the place of Django's actions.js, which looks for another bar."""
        media: Any = super().media
        scripts = ["backoffice/selection.js" if path == DJANGO_SCRIPT else path for path in media._js]
        return forms.Media(css=media._css, js=scripts)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        name = request.POST.get("action", "")
        if request.method == "POST" and "_save" not in request.POST and name in self._by_name():
            return self.start_bulk_action(request, name)
        response: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            context["selection"] = SelectionBar(context["cl"])
        return response

    def start_bulk_action(self, request: HttpRequest, name: str) -> HttpResponse:
        """From the list that was posted to the page of the action."""
        action = self._action(request, name)
        try:
            token = Selection.from_request(request, self).token(request, self)
        except SelectionError as error:
            return self._back(request, str(error), request.get_full_path())
        url = f"{action.url}?{urlencode({FIELD: token})}"
        if len(url) <= MAX_URL:
            return HttpResponseRedirect(url)
        # Too many ticked rows for a link: the browser posts the same list to the page of the action.
        return HttpResponseRedirect(f"{action.url}?{request.GET.urlencode()}", preserve_request=True)

    def bulk_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """The page of an action."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        action = self._action(request, name)
        try:
            return action.respond(request, Selection.from_request(request, self))
        except SelectionError as error:
            said = f"{error} {unsaved_reason(action.reason(request))}".rstrip()
            return self._back(request, said, reverse(f"{_url_name(self)[: -len('bulk')]}changelist"))

    def _back(self, request: HttpRequest, said: str, url: str) -> HttpResponse:
        messages.warning(request, said)
        return HttpResponseRedirect(url)

    def _by_name(self) -> dict[str, type[SelectionAction]]:
        return {kind.name: kind for kind in self.get_bulk_actions()}

    def _action(self, request: HttpRequest, name: str) -> SelectionAction:
        kind = self._by_name().get(name)
        if kind is None:
            raise Http404(f"There is no bulk action {name!r}.")
        action = kind(self)
        if not action.allowed(request):
            raise PermissionDenied
        return action


def _url_name(model_admin: ModelAdmin) -> str:
    return f"{model_admin.admin_site.name}:{model_admin.opts.app_label}_{model_admin.opts.model_name}_bulk"


def _as_django_action(kind: type[SelectionAction]) -> Callable[..., HttpResponse]:
    """A function as Django's `actions` wants it: name, description and permission are its attributes."""

    def run(
        model_admin: BulkActionsMixin, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse:
        return model_admin.start_bulk_action(request, kind.name)

    run.__name__ = kind.name
    run.short_description = kind.title  # type: ignore[attr-defined]
    run.allowed_permissions = (kind.permission,)  # type: ignore[attr-defined]
    return run
