"""The pages about people as subjects: who is due to be purged, a legal hold, everything that is held about one."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from backoffice import background
from backoffice.access import sees
from backoffice.access.fresh import demand
from backoffice.admin.history.pages import RECORD
from backoffice.admin.subjects.purge_page import MAX_REASON, PurgePage, is_long_to_look_through
from backoffice.admin.subjects.reading import shown
from backoffice.admin.telling import started
from backoffice.models import AccessEvent, LegalHold
from backoffice.privacy import export, holds, requests, scope
from backoffice.privacy.requests import PurgeError
from backoffice.privacy.subjects import Subject, hold_of, subject_of
from backoffice.security.reads import record_read


class SubjectMixin:
    """For the ModelAdmin of a model that is registered as a subject (backoffice.privacy.subjects)."""

    model: Any
    opts: Any
    admin_site: Any

    @property
    def subject(self) -> Subject:
        found = subject_of(self.model)
        assert found is not None, f"{self.model} is no subject: register it in its app's privacy.py"
        return found

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=self._page_name(name))  # type: ignore[no-any-return]

        return [
            page("purge/", self.purge_view, "purge"),
            page("<path:object_id>/hold/", self.hold_view, "hold"),
            page("<path:object_id>/held/", self.export_view, "held"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"list_links": self.purge_links(request), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)  # type: ignore[misc]
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and row.pk:
            context["row_links"] = [*context.get("row_links", []), *self._subject_links(request, row)]
            context["hold"] = hold_of(row)
            context["hold_is_told"] = _may(request, row, holds.PERMISSION, holds.VIEW)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
        return response

    def purge_links(self, request: HttpRequest) -> list[tuple[str, Any]]:
        """Address and title of the page of who is due to be purged, for whom it is."""
        may = requests.permission_of(request.user)
        return [(reverse(f"admin:{self._page_name('purge')}"), self.subject.title)] if may else []

    # Pages

    def purge_view(self, request: HttpRequest) -> HttpResponse:
        """Who would go; POST asks for it."""
        needed = [scope.PERMISSION] if request.method == "POST" else [scope.PERMISSION, requests.VIEW]
        sees_people = self.has_view_or_change_permission(request)  # type: ignore[attr-defined]
        if not sees_people or not any(map(request.user.has_perm, needed)):
            raise PermissionDenied
        refusal = ""
        if request.method == "POST":
            if again := demand(request):
                return again
            try:
                return self._ask_to_purge(request)
            except PurgeError as error:
                refusal = str(error)
        page = PurgePage(self, request)
        self._shown(request, [row.pk for row, _hold in page.held])
        context = {"title": self.subject.title, "page": page, "refusal": refusal}
        return self._subject_page(request, "backoffice/privacy/purge.html", context)

    def hold_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a row under legal hold, or lift it, which asks who it is: a POST says which. What is so already is said
        to be so, one that was deleted to be gone.
        """
        needed = [holds.PERMISSION] if request.method == "POST" else [holds.PERMISSION, holds.VIEW]
        row = self._subject_row(request, object_id, *needed)
        held, refusal = hold_of(row), ""
        if request.method == "POST":
            lifts = request.POST.get("deed") == "lift"
            if lifts and held and (again := demand(request)):
                return again
            if lifts or held or _reason(request):
                (_lift if lifts else _place)(request, row, held)
                return HttpResponseRedirect(self._subject_url("change", row))
            refusal = _("Say why it must be kept: somebody else will have to decide by it.")
        self._shown(request, [row.pk])
        title = _("Legal hold: %(name)s") % {"name": row}
        context = {
            "title": title,
            "row": row,
            "hold": held,
            "may_act": _may(request, row, holds.PERMISSION),
            "refusal": refusal,
            "back": self._subject_url("change", row),
        }
        return self._subject_page(request, "backoffice/privacy/hold.html", context)

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse | StreamingHttpResponse:
        """What is held about one person: GET says what, POST sends it."""
        row = self._subject_row(request, object_id, export.PERMISSION)
        if not scope.has_no_limits(request.user, self.subject, export.PERMISSION):
            raise PermissionDenied
        title = _("Everything held about %(name)s") % {"name": row}
        if request.method != "POST":
            context = {
                "title": title,
                "row": row,
                "files": export.FILES,
                "back": self._subject_url("change", row),
            }
            return self._subject_page(request, "backoffice/privacy/held.html", context)
        if again := demand(request):
            return again
        record_read(request, self.model, [row.pk], "subject_access", level="WARN")
        name = f"{self.opts.model_name}-{row.pk}.zip"
        return StreamingHttpResponse(
            export.chunks(self.subject, row, reader=request.user),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _ask_to_purge(self, request: HttpRequest) -> HttpResponse:
        """All that others are called is looked through, however few people go."""
        requests.check_none_is_open(self.subject)
        rows, reason = self.get_queryset(request), _reason(request)  # type: ignore[attr-defined]
        if is_long_to_look_through(self.subject):
            return self._ask_later(request, reason)
        asked = requests.ask(self.subject, rows, actor=request.user, reason=reason)
        messages.success(request, _("Asked for. Somebody else has to approve it now."))
        return HttpResponseRedirect(reverse("admin:backoffice_purgerequest_change", args=[asked.pk]))

    def _ask_later(self, request: HttpRequest, reason: str) -> HttpResponse:
        page = PurgePage(self, request)
        job = background.start(
            "purge",
            "backoffice.privacy.requests.ask_job",
            {"model": self.subject.label, "reason": reason},
            actor=request.user,
            rows=page.size.number,
            title=_("Ask to purge %(rows)s") % {"rows": page.going},
            back=request.path,
        )
        return started(request, job)

    def _shown(self, request: HttpRequest, keys: list[Any]) -> None:
        """Note that this person was told about these rows."""
        shown(self.admin_site, request, self.model, keys, AccessEvent.What.PAGE)

    def _subject_row(self, request: HttpRequest, object_id: str, *needed: str) -> Any:
        """For somebody who has one of these permissions for it."""
        if not any(map(request.user.has_perm, needed)):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if row is None:
            raise Http404(_("There is no such row."))
        if not (self.has_view_or_change_permission(request, row) and _may(request, row, *needed)):  # type: ignore[attr-defined]
            raise PermissionDenied
        return row

    def _subject_links(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        links = []
        if _may(request, row, holds.PERMISSION, holds.VIEW):
            links.append((self._subject_url("hold", row), _("Legal hold")))
        if scope.has_no_limits(request.user, self.subject, export.PERMISSION):
            links.append((self._subject_url("held", row), _("Everything held about them")))
        return links

    def _subject_url(self, name: str, row: Any) -> str:
        return reverse(f"admin:{self._page_name(name)}", args=[row.pk])

    def _page_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _subject_page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
        request.current_app = self.admin_site.name
        common = {**self.admin_site.each_context(request), "opts": self.opts, "media": RECORD}
        return TemplateResponse(request, template, {**common, **context})


def _may(request: HttpRequest, row: Any, *needed: str) -> bool:
    user = request.user
    return any(user.has_perm(permission) and sees(user, row, permission) for permission in needed)


def _place(request: HttpRequest, row: Any, held: LegalHold | None) -> None:
    if held:
        messages.info(
            request, _("“%(name)s” is under legal hold already: nothing was changed.") % {"name": row}
        )
        return
    try:
        holds.place(row, actor=request.user, reason=_reason(request))
    except ObjectDoesNotExist as error:
        raise Http404(_("There is no such row.")) from error
    messages.success(request, _("“%(name)s” is under legal hold now.") % {"name": row})


def _lift(request: HttpRequest, row: Any, held: LegalHold | None) -> None:
    if held and holds.lift(held, row, actor=request.user, reason=_reason(request)):
        messages.success(request, _("The legal hold of “%(name)s” is lifted.") % {"name": row})
    else:
        messages.info(request, _("“%(name)s” is not under legal hold: nothing was changed.") % {"name": row})


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "").strip()[:MAX_REASON]
