"""The log: every operation, what it did row by row, and the way to undo it. Nobody changes it here."""

import datetime
from functools import partial
from typing import Any

from django.contrib.admin import display, site
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property, lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.access.pieces import asked_for_file
from backoffice.admin.history.pages import RECORD
from backoffice.admin.lists.filters import ChoicesFilter, DateRangeFilter
from backoffice.admin.log import recent, told
from backoffice.admin.log.choices import LogChoices
from backoffice.admin.log.file import log_lines, note_file
from backoffice.admin.log.filters import ActorFilter, KindFilter, RowFilter, SizeFilter
from backoffice.admin.log.noted import Noted, name_whom, noted
from backoffice.admin.log.rows import OperationRows, csv_lines
from backoffice.admin.log.seen import found_by, is_told_all, is_whole, refuse_unseen, seen, seen_one
from backoffice.admin.model_admin import ModelAdmin
from backoffice.admin.moments import moments
from backoffice.admin.rights import may
from backoffice.admin.subjects.reading import shown
from backoffice.admin.undo.offered import is_offered, offered
from backoffice.admin.undo.page import undo_view
from backoffice.admin.undo.undoing import undo_url
from backoffice.models import AccessEvent, Operation
from backoffice.operations.outcome import UndoError
from backoffice.operations.own_words import are_told_otherwise
from backoffice.operations.tables import is_recorded
from backoffice.operations.undo import check
from backoffice.security.reads import named, of_operation, record_read

MAX_DIGITS = 18  # of a key that every engine takes


def _time_and_zone() -> str:
    return f"{_('time')} ({timezone.get_current_timezone_name()})"


class OperationAdmin(ModelAdmin):
    list_display = ("when", "what", "who", "number", "rows_in_words", "standing", "reason", "undo_link")
    list_display_links = None
    sortable_by = ("when", "number")
    list_filter = (
        ("kind", KindFilter),
        ("actor", ActorFilter),
        ("at", DateRangeFilter),
        ("number", SizeFilter),
        ("state", ChoicesFilter),
        ("id", RowFilter),
    )
    search_fields = ("search_text",)
    ordering = ("-at",)
    actions = None
    readonly_fields = ("actor", "undoes")  # there is no form
    can_be_chosen = False  # its name has those of its rows in it

    def get_list_display(self, request: HttpRequest) -> Any:
        """Whoever sees a part of the rows is not told how many there are, nor by an order or a filter."""
        return [name for name in self.list_display if name != "number" or is_whole(request)]

    def get_list_filter(self, request: HttpRequest) -> Any:
        whole = is_whole(request)
        return [each for each in self.list_filter if each[0] != "number" or whole]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return found_by(request, queryset, search_term), False

    def has_plain_search(self, request: HttpRequest) -> bool:
        return is_told_all(request) and not are_told_otherwise(request.GET.get(SEARCH_VAR, ""))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=lazy(_time_and_zone, str)(), ordering="at")
    def when(self, operation: Any) -> SafeString:
        return operation.moment  # type: ignore[no-any-return]

    @display(description=gettext_lazy("what"))
    def what(self, operation: Operation) -> SafeString:
        url = reverse("admin:backoffice_operation_change", args=[operation.pk])
        return format_html('<a href="{}">{}</a>', url, told.what(operation))

    @display(description=gettext_lazy("who"))
    def who(self, operation: Operation) -> str:
        return told.who(operation)

    def prepare_page(self, request: HttpRequest, rows: list[Any]) -> None:
        """As far as this person sees the rows; with its time, and the way back in each line that they may take back."""
        back = offered(self.admin_site, request, rows)
        rows[:] = seen(request, rows)
        name_whom(self.admin_site, request, rows)
        told_apart = moments(line.at for line in rows)
        for line in rows:
            line.moment = told_apart[line.at]
            line.undo_url = undo_url(line) if line.pk in back else ""

    @display(description=gettext_lazy("undo"), empty_value="")
    def undo_link(self, operation: Any) -> SafeString | None:
        if not operation.undo_url:
            return None
        label = _("Undo “%(subject)s”") % {"subject": told.what(operation)}
        return format_html('<a href="{}" aria-label="{}">{}</a>', operation.undo_url, label, _("Undo"))

    @display(description=gettext_lazy("state"))
    def standing(self, operation: Operation) -> str:
        return told.standing(operation)

    @display(description=gettext_lazy("rows"))
    def rows_in_words(self, operation: Operation) -> str:
        return told.in_words(operation.rows)

    # Pages

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            view = self.admin_site.admin_view(view)
            return path(route, view, name=f"backoffice_operation_{name}")  # type: ignore[no-any-return]

        return [
            page("log.csv", self.log_file, "file"),
            page("mine/", self.mine, "mine"),
            page("choices/", self.choices, "choices"),
            page("<int:pk>/undo/", self.undo, "undo"),
            page("<int:pk>/rows.csv", self.rows_file, "rows"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        url = reverse("admin:backoffice_operation_file")
        query = request.GET.urlencode()
        links = [(f"{url}?{query}" if query else url, _("Download CSV"))]
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def log_file(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The operations that the filters of the list leave, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found: Any = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:backoffice_operation_changelist"))
        number = found.count.number
        note = partial(note_file, request, found.queryset, number)
        if again := asked_for_file(request, number, note):
            return again
        return StreamingHttpResponse(
            log_lines(request, found.queryset, timezone.get_current_timezone()),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="operations.csv"'},
        )

    def choices(self, request: HttpRequest) -> HttpResponseBase:
        """What the filters of the list look up."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return LogChoices.as_view(admin_site=self.admin_site)(request)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        operation = self._get(pk)
        refuse_unseen(request, operation)
        return undo_view(self, request, operation)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        operation = self._own(request, object_id)
        if operation is None and not self.has_view_permission(request):
            raise PermissionDenied
        operation = operation or self._find(request, object_id, None)
        if operation is None:
            return self._gone(request, object_id)
        page = OperationPage(self, request, operation)
        title = told.what(page.operation)
        if page.rows:
            keys, _next, _previous = page.rows.page
            shown(self.admin_site, request, page.rows.model, keys, AccessEvent.What.HISTORY)
        return self.render(request, "backoffice/operations/operation.html", {"title": title, "page": page})

    def mine(self, request: HttpRequest) -> HttpResponse:
        """What somebody did, also without seeing the log."""
        context = {"title": _("Your changes"), **recent.page(request)}
        return self.render(request, "backoffice/operations/mine.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An operation has no history: it never changes."""
        return HttpResponseRedirect(reverse("admin:backoffice_operation_change", args=[quote(object_id)]))

    def rows_file(self, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
        """All rows of one model (?model=library.Book) as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        operation = self._get(pk)
        refuse_unseen(request, operation)
        self.refuse_unlisted(request, operation)
        if operation.expired_at:
            raise Http404(_("The rows of this operation are not kept any more."))
        page = OperationPage(self, request, operation)
        if page.rows is None:
            raise PermissionDenied
        number = sum(page.operation.rows[page.rows.model._meta.label].values())
        recorded = getattr(self.admin_site._registry.get(page.rows.model), "reads_recorded", False)
        which = named(page.rows.keys, number) if recorded else number
        chosen = of_operation(operation, whole=page.rows.seen is None)
        note = partial(record_read, request, page.rows.model, which, "operation_rows", filters=chosen)
        if again := asked_for_file(request, number, note):
            return again
        name = f"operation-{pk}-{page.rows.model._meta.model_name}.csv"
        return StreamingHttpResponse(
            csv_lines(page.rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
        request.current_app = self.admin_site.name
        common = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media + RECORD}
        return TemplateResponse(request, template, {**common, **context})

    def refuse_unlisted(self, request: HttpRequest, operation: Operation) -> None:
        """404 for an operation that the log does not show to this person, whoever's rows they see."""
        own = operation.actor_id == request.user.pk
        if not own and not self.get_queryset(request).filter(pk=operation.pk).exists():
            raise Http404(_("There is no such operation."))

    def url_of(self, request: HttpRequest, operation: Operation | None) -> str:
        """The page of an operation, for whom there is one: those who see the log, and whoever did it."""
        if operation is None:
            return ""
        opens = operation.actor_id == request.user.pk or self.has_view_permission(request)
        return reverse("admin:backoffice_operation_change", args=[operation.pk]) if opens else ""

    def _own(self, request: HttpRequest, object_id: str) -> Operation | None:
        """An operation of this person, whatever they see of its rows and of the log."""
        if not object_id.isdecimal() or len(object_id) > MAX_DIGITS:
            return None
        own = Operation.objects.select_related("undoes").filter(actor=request.user.pk)
        return own.filter(pk=object_id).first()

    def _get(self, pk: int) -> Operation:
        try:
            return Operation.objects.select_related("undoes").get(pk=pk)
        except (Operation.DoesNotExist, OverflowError):
            raise Http404(_("There is no such operation.")) from None


class OperationPage:
    """What the page of an operation says: facts, and one page of the rows of one model."""

    def __init__(self, admin: OperationAdmin, request: HttpRequest, operation: Operation) -> None:
        self.whole, operation = operation, seen_one(request, operation)
        name_whom(admin.admin_site, request, [operation])
        self.admin, self.request, self.operation = admin, request, operation
        counted = told.counts(operation.rows)
        self.models = [model for model in counted if may(admin.admin_site, request, "view", model)]
        self.hidden = [model for model in counted if model not in self.models]
        asked = request.GET.get("model", "")
        model = next((model for model in self.models if model._meta.label == asked), None)
        if asked and model is None:
            raise Http404(_("This operation has no such rows."))
        recorded = [model for model in self.models if is_recorded(model)]
        model = model if model in recorded else next(iter(recorded), None)
        kept = model and not operation.expired_at
        self.rows = OperationRows(operation, model, request.GET, request.user) if kept else None

    @property
    def who(self) -> str:
        return told.who(self.operation)

    @property
    def standing(self) -> str:
        return told.standing(self.operation)

    @property
    def words(self) -> str:
        return told.in_words(self.operation.rows)

    @property
    def came_without(self) -> list[str]:
        return told.came_without(self.operation)

    @property
    def hidden_text(self) -> str:
        return ", ".join(str(model._meta.verbose_name_plural) for model in self.hidden)

    @cached_property
    def moments(self) -> dict[datetime.datetime, SafeString]:
        return moments([self.operation.at, *(undo.at for undo, _who, _url in self.undone_by)])

    @cached_property
    def undone_by(self) -> list[tuple[Operation, str, str]]:
        """(undo, who did it, its page)"""
        found = Operation.objects.filter(undoes=self.operation).order_by("pk")[:20]
        return [(undo, told.who(undo), self.admin.url_of(self.request, undo)) for undo in found]

    @property
    def undoes_url(self) -> str:
        return self.admin.url_of(self.request, self.operation.undoes)

    @property
    def has_file(self) -> bool:
        return bool(self.admin.has_view_permission(self.request))

    @cached_property
    def noted(self) -> list[Noted]:
        return noted(self.admin.admin_site, self.request, self.operation)

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """(label, words, whether it is shown) of each model."""
        shown = self.rows.model if self.rows else None
        return [
            (
                model._meta.label,
                told.in_words({model._meta.label: self.operation.rows[model._meta.label]}),
                model is shown,
            )
            for model in self.models
            if is_recorded(model)
        ]

    @property
    def refusal(self) -> str:
        """Why it cannot be undone, whoever asks."""
        try:
            check(self.operation)
        except UndoError as error:
            return str(error)
        return ""

    @property
    def can_be_undone(self) -> bool:
        return is_offered(self.admin.admin_site, self.request, self.whole)


def register() -> None:
    if not site.is_registered(Operation):
        site.register(Operation, OperationAdmin)
