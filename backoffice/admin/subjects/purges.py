"""Purges that were asked for: the approval of one by somebody else, and the report."""

from collections import defaultdict
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import messages
from django.contrib.admin import display, site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import background
from backoffice.access.fresh import demand
from backoffice.admin.counting import LIMIT, Count, bounded_count
from backoffice.admin.history.pages import RECORD
from backoffice.admin.model_admin import ModelAdmin
from backoffice.admin.subjects.purge_page import People, along, is_long_to_look_through, names_of_gone
from backoffice.admin.subjects.reading import shown
from backoffice.admin.telling import started
from backoffice.admin.wording import things
from backoffice.models import AccessEvent, PurgeName, PurgeRequest, RowHistory
from backoffice.privacy import requests, scope
from backoffice.privacy.requests import PurgeError
from backoffice.privacy.subjects import named
from backoffice.search import fold
from backoffice.security.locks import may_keep_house

NAMES = 200  # a page of those that would go
MOMENT = 5  # seconds that a page waits for whoever writes


class PurgeRequestAdmin(ModelAdmin):
    list_display = ("what", "state", "number", "asked_name", "asked_at", "approved_name", "done_at")
    list_display_links = None
    sortable_by = ()
    actions = None
    readonly_fields = ("asked_by", "approved_by", "operation")  # there is no form

    def get_queryset(self, request: HttpRequest) -> Any:
        """Whose rows one may not see, one cannot approve."""
        return PurgeRequest.objects.filter(scope.of_purges(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(requests.permission_of(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("what"))
    def what(self, purge: PurgeRequest) -> SafeString:
        return format_html('<a href="{}">{}</a>', _url(purge), purge)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The page of a purge is its history."""
        return HttpResponseRedirect(reverse("admin:backoffice_purgerequest_change", args=[object_id]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        purge = self.get_object(request, object_id)
        if purge is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        refusal = ""
        if request.method == "POST":
            if not request.user.has_perm(scope.PERMISSION):
                raise PermissionDenied
            if again := demand(request):
                return again
            try:
                return self._decide(request, purge)
            except PurgeError as error:
                refusal = str(error)
                purge.refresh_from_db()
        page = RequestPage(self, request, purge)
        for model, keys in page.shown.items():
            shown(self.admin_site, request, model, keys, AccessEvent.What.PAGE)
        context = {"title": capfirst(str(purge)), "page": page, "purge": purge, "refusal": refusal}
        request.current_app = self.admin_site.name
        common = {**self.admin_site.each_context(request), "opts": self.opts, "media": RECORD}
        return TemplateResponse(request, "backoffice/privacy/request.html", {**common, **context})

    def _decide(self, request: HttpRequest, purge: PurgeRequest) -> HttpResponse:
        if "withdraw" in request.POST:
            requests.withdraw(purge, actor=request.user)
            messages.success(request, _("Withdrawn. Nobody was purged."))
        elif "keep" in request.POST or "next" in request.POST:
            requests.leave(purge, *_ticked(request), actor=request.user)
            page = _page_of_names(request) + ("next" in request.POST)
            return HttpResponseRedirect(f"{_url(purge)}?names={page}")
        else:
            at_night = not may_keep_house()
            if purge.state == PurgeRequest.State.ASKED:
                requests.leave(purge, *_ticked(request), actor=request.user)
                requests.approve(purge, actor=request.user, seen=self._visible(request, purge))
                if at_night:
                    messages.success(request, _("Approved. The job of every night carries it out."))
                    return HttpResponseRedirect(_url(purge))
            subject = named(purge.model)
            if not at_night and subject and is_long_to_look_through(subject):
                return self._later(request, purge)
            requests.run(purge, actor=request.user, seconds=MOMENT)
            messages.success(request, requests.done(purge))
        return HttpResponseRedirect(_url(purge))

    def _visible(self, request: HttpRequest, purge: PurgeRequest) -> Any:
        """The rows of its model that this person sees; None where there is nothing to see for them."""
        subject = named(purge.model)
        admin: Any = self.admin_site.get_model_admin(subject.model) if subject else None
        may = admin and admin.has_view_or_change_permission(request)
        return admin.get_queryset(request).order_by() if may else None

    def _later(self, request: HttpRequest, purge: PurgeRequest) -> HttpResponse:
        job = background.start(
            "purge",
            "backoffice.privacy.requests.run_job",
            {"request": purge.pk},
            actor=request.user,
            rows=purge.number,
            title=str(purge),
            back=_url(purge),
        )
        return started(request, job)


def _url(purge: PurgeRequest) -> str:
    return reverse("admin:backoffice_purgerequest_change", args=[purge.pk])


def _page_of_names(request: HttpRequest) -> int:
    """`?names=2`"""
    text = request.GET.get("names", "")
    return max(int(text), 1) if text.isdecimal() and text.isascii() and len(text) < 7 else 1


def _ticked(request: HttpRequest) -> tuple[list[str], list[str]]:
    """The keys of the names that the page showed, and of those that stay."""
    sent = (request.POST.getlist(name) for name in ("shown", "left"))
    shown, left = (list(filter(_is_key, keys))[:NAMES] for keys in sent)
    return shown, left


def _is_key(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 19


class Named(NamedTuple):
    name: PurgeName
    places: list[str]  # where it stands
    number: Count  # of rows there


class RequestPage:
    def __init__(self, admin: PurgeRequestAdmin, request: HttpRequest, purge: PurgeRequest) -> None:
        self.request, self.purge = request, purge
        self.subject = named(purge.model)
        self.visible = admin._visible(request, purge)
        self.may_act = bool(request.user.has_perm(scope.PERMISSION))

    @property
    def size(self) -> str:
        return (
            things(self.subject.model, Count(self.purge.number)) if self.subject else str(self.purge.number)
        )

    @cached_property
    def people(self) -> People | None:
        """Whom it is about, while that is known, and as far as this person may see them."""
        if not self.purge.is_open or self.subject is None or self.visible is None:
            return None
        rows = self.visible.filter(pk__in=self.purge.rows.order_by().values("key"))
        return People(self.subject, rows, self.request)

    @property
    def along(self) -> list[str]:
        """What happens beside them, for who may see them."""
        if self.people is None or self.subject is None:
            return []
        user, rows = self.request.user, self.people.rows
        is_all = scope.has_no_limits(user, self.subject)  # then also of those whose rows are gone
        keys = self.purge.rows.order_by().values("key") if is_all else rows.values("pk")
        return along(self.subject, rows, keys, user, is_few=self.purge.number <= LIMIT)

    @cached_property
    def _gone(self) -> Any:
        """The deletions of those in it whose rows are gone, for those who see everybody."""
        if self.people is None or self.subject is None:
            return PurgeRequest.objects.none()
        if not scope.has_no_limits(self.request.user, self.subject):
            return self.subject.model.history_model.objects.none()
        return requests.gone_of(self.purge)

    @cached_property
    def gone_size(self) -> Count:
        return bounded_count(self._gone)

    @property
    def gone(self) -> list[str]:
        return names_of_gone(self.subject, self._gone) if self.subject and self.gone_size.number else []

    @cached_property
    def names(self) -> list[Named]:
        """A page of those that would go from what is said about others, for who sees everybody."""
        return [
            Named(name, [_place_of(*place) for place in name.places], Count(name.number))
            for name in self._found[:NAMES]
        ]

    @property
    def shown(self) -> dict[Any, set[str]]:
        """The rows of each model that the page tells of: of who is in it, and of who bears a text that it cites."""
        found = defaultdict[Any, set[str]](set)
        if self.people and self.subject:
            found[self.subject.model] = {str(line.key) for line in self.people.lines}
        for each in self.names if self.may_act else []:
            for label, _column, _text, _number, *key in each.name.places:
                found[apps.get_model(label)].update(filter(None, key))
        return found

    @property
    def has_more_names(self) -> bool:
        return len(self._found) > NAMES

    @property
    def next_names(self) -> int:
        return _page_of_names(self.request) + 1

    @property
    def is_later_page(self) -> bool:
        return _page_of_names(self.request) > 1

    @cached_property
    def _found(self) -> list[PurgeName]:
        if self.subject is None or not scope.has_no_limits(self.request.user, self.subject):
            return []
        start = (_page_of_names(self.request) - 1) * NAMES
        return list(self.purge.names.order_by("-number", "pk")[start : start + NAMES + 1])

    @property
    def may_approve(self) -> bool:
        return self.may_act and self.purge.state == PurgeRequest.State.ASKED and not self.why_not

    @cached_property
    def why_not(self) -> str:
        """Why this person cannot approve it."""
        if self.purge.state != PurgeRequest.State.ASKED:
            return ""
        return requests.why_not(self.purge, self.request.user, self.visible)

    @cached_property
    def at_night(self) -> bool:
        """Whether the panel itself may not carry it out."""
        return self.purge.is_open and not may_keep_house()

    @property
    def report(self) -> list[tuple[str, Count]]:
        lines = [(_place(place), Count(number)) for place, number in self.purge.report.items()]
        return sorted(lines, key=lambda line: fold(line[0]))  # as they read in the language of the page


def _place(place: str) -> str:
    """ "texts of organization.Employee" → "Texts of employees"; a model that is gone keeps its label."""
    what, _space, label = place.rpartition(" ")
    if "." not in label:
        return capfirst(_(place))
    model = next((model for model in apps.get_models() if model._meta.label == label), None)
    rows = str(model._meta.verbose_name_plural) if model else label
    if model and issubclass(model, RowHistory):  # it is called as that of which it is the history
        rows = _("%s (history)") % rows
    sentence = f"{what} %(rows)s"
    return capfirst(_(sentence) % {"rows": rows} if what else rows)


def _place_of(label: str, column: str, text: str, number: int, _key: str = "") -> str:
    """ "Job title “Marketing Assistant”: 12 employees"."""
    model = apps.get_model(label)
    field: Any = model._meta.get_field(column)
    said = {"column": capfirst(field.verbose_name), "text": text, "rows": things(model, Count(number))}
    return _("%(column)s “%(text)s”: %(rows)s") % said


def register() -> None:
    if not site.is_registered(PurgeRequest):
        site.register(PurgeRequest, PurgeRequestAdmin)
