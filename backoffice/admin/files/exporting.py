"""Export: what a list shows, or what is ticked in it, as a file.

    class BookAdmin(admin.ModelAdmin):
        sheet = BOOKS  # of the app's module `exchange`

The permission is export_book of the app; it counts for the rows that it was given for. Every export is an access event
before its first row is sent, and a security event with the number of rows when it ends.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_permission_codename
from django.db import models
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.access import visible
from backoffice.access.pieces import asked_for_file
from backoffice.admin.actions import BulkActionsMixin, SelectionAction
from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.files import export_progress
from backoffice.admin.files.export_form import ExportForm
from backoffice.admin.files.export_progress import Progress
from backoffice.admin.lists.order import Order
from backoffice.admin.lists.selection import Selection, listing_of
from backoffice.admin.lists.walking import walk
from backoffice.exchange.sheet import Sheet
from backoffice.exchange.writing import CellTooLong, CSVWriter, XLSXWriter, exported
from backoffice.export_choices import ExportChoice
from backoffice.imports import uploads
from backoffice.security.access_events import AccessEvent
from backoffice.security.events import event
from backoffice.security.reads import chosen_by, named, record_read

XLSX = ExportChoice.Format.XLSX
NOT_COUNTED = Count(0)
BLOCK = 1 << 16  # bytes on their way to the browser


class ExportAction(SelectionAction):
    """The page that asks for format and columns, and the file."""

    name = "export"
    title = gettext_lazy("Export")
    permission = "export"

    def respond(self, request: HttpRequest, selection: Selection) -> HttpResponseBase:
        export = Export(self, request, selection)
        if request.method != "POST" or "format" not in request.POST or not export.form.is_valid():
            return export.page()
        return export.file()


class Export:
    """One request to the page of an export."""

    def __init__(self, action: ExportAction, request: HttpRequest, selection: Selection) -> None:
        self.action, self.request, self.selection = action, request, selection
        admin: Any = action.model_admin
        user: Any = request.user
        self.model_admin, self.user = admin, user
        self.sheet: Sheet = admin.sheet
        self.chosen = ExportChoice.objects.filter(user=self.user, sheet=self.sheet.name).first()
        asked = request.POST if request.method == "POST" and "format" in request.POST else None
        self.form = ExportForm(self.sheet, self.chosen or ExportChoice(), asked)

    def rows(self) -> tuple[models.QuerySet[Any], Order]:
        """The rows of the selection that this person may export, and the order of the list."""
        listing = listing_of(self.request, self.model_admin, self.selection.query)
        rows = self.selection.queryset(self.request, self.model_admin)
        rows = visible(self.user, rows, self.model_admin.export_permission)
        order: Order = listing.asked_order
        if listing.query and not listing.sorted and bounded_count(rows).kind != "exact":
            order = Order(self.model_admin.model, ("pk",))  # as the list itself shows so many
        return rows, order

    def page(self) -> HttpResponse:
        size = bounded_count(self.rows()[0])
        subject = ngettext("%(count)s %(rows)s", "%(count)s %(rows)s", size.number)
        names = self.action.opts
        rows = names.verbose_name if size.number == 1 else names.verbose_name_plural
        context = {
            "form": self.form,
            "subject": subject % {"count": size, "rows": rows},
            "whole": self.selection.keys is None,
            "too_many": size.number > settings.EXPORT_XLSX_ROWS,
            "xlsx_rows": Count(settings.EXPORT_XLSX_ROWS),
            "media": self.model_admin.media + self.form.media,
        }
        return self.action.render(self.request, self.selection, "backoffice/export.html", context)

    def file(self) -> HttpResponseBase:
        rows, order = self.rows()
        number, kind = rows.count(), self.form.cleaned_data["format"]
        if kind == XLSX and number > settings.EXPORT_XLSX_ROWS:
            sentence = _("%(count)s rows are too many for a workbook (%(limit)s at most). Choose CSV.")
            limit = Count(settings.EXPORT_XLSX_ROWS)
            return self._refused(sentence % {"count": Count(number), "limit": limit})
        keys = rows.order_by().values_list("pk", flat=True)
        which = named(keys, number) if self.model_admin.reads_recorded else number
        if again := asked_for_file(self.request, number, partial(self._note, kind, which)):
            return again
        self.progress = Progress(self.request, number)
        known = {column.header: column for column in exported(self.sheet, self.user)}
        columns = [known[header] for header in self.form.columns]
        if kind == XLSX:
            return self._workbook(columns, rows, order)
        writer = CSVWriter(columns, mark=kind == ExportChoice.Format.EXCEL, folder=uploads.folder())
        parts = self._told(writer, _csv(writer, rows, order))
        return self._named(StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8"), "csv")

    def _workbook(self, columns: Any, rows: models.QuerySet[Any], order: Order) -> HttpResponseBase:
        with uploads.export_folder() as folder:
            writer = XLSXWriter(columns, folder, str(self.action.opts.verbose_name_plural))
            try:
                for _piece in self._told(writer, _built(writer, rows, order)):
                    pass
            except CellTooLong as error:
                return self._refused(str(error))
            finally:
                writer.close()
            file = writer.path.open("rb")  # lives on when the folder is gone, until it is closed
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return self._named(FileResponse(file, content_type=kind), "xlsx")

    def _named(self, response: HttpResponseBase, ending: str) -> HttpResponseBase:
        name = f"{self.sheet.name}-{timezone.localdate().isoformat()}.{ending}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Accel-Buffering"] = "no"  # a proxy in front sends on what it gets
        response["Cache-Control"] = "no-store"
        return response

    def _refused(self, sentence: str) -> HttpResponse:
        messages.error(self.request, sentence)
        return HttpResponseRedirect(self.action.start_url(self.request, self.selection))

    def _note(self, kind: str, which: list[Any] | int) -> None:
        self._remember(kind)
        self._record(which)

    def _remember(self, kind: str) -> None:
        ExportChoice.objects.update_or_create(
            user=self.user,
            sheet=self.sheet.name,
            defaults={"format": kind, "columns": list(self.form.columns)},
        )

    def _record(self, which: list[Any] | int) -> None:
        """Who exported which rows, or how many, by which filters, which columns."""
        whole = len(self.form.columns) == len(self.form.headers)
        columns = "*" if whole else ",".join(self.form.columns)
        chosen = chosen_by(self.request, self.selection.query, typed=True)
        ticked = "" if self.selection.keys is None else f"ticked={len(self.selection.keys)}"
        filters = " ".join(part for part in (chosen, ticked, f"columns={columns}") if part)
        record_read(self.request, self.model_admin.model, which, AccessEvent.What.EXPORT, filters=filters)

    def _told(self, writer: Any, pieces: Iterator[Any]) -> Iterator[Any]:
        """The pieces; at their end, or where they break off, the log is told how many rows went out at most."""
        ended = False
        try:
            for piece in pieces:
                self.progress.note(writer.rows)
                yield piece
            ended = True
        finally:
            self.progress.note(writer.rows, "ended" if ended else "broken_off")
            event(
                "sensitive_read",
                request=self.request,
                what="export_ended" if ended else "export_broken_off",
                model=self.model_admin.model._meta.label,
                number=writer.rows,
                columns=list(self.form.columns),
            )


def _built(writer: XLSXWriter, rows: models.QuerySet[Any], order: Order) -> Iterator[None]:
    yield from walk(rows, order, writer.piece)
    writer.close()  # what is not packed yet is not complete


def _csv(writer: CSVWriter, rows: models.QuerySet[Any], order: Order) -> Iterator[bytes]:
    yield writer.head()
    for lines in walk(rows, order, writer.piece, writer.at_once(rows.db), is_sent=True):
        with lines:
            while block := lines.read(BLOCK):
                yield block


class ExportMixin(BulkActionsMixin):
    """The way to an export from the list and from its menu of actions, where the admin names a `sheet`."""

    sheet: Sheet | None = None

    def get_bulk_actions(self) -> Any:
        actions = super().get_bulk_actions()
        return [*actions, ExportAction] if self.sheet else actions

    @property
    def export_permission(self) -> str:
        return f"{self.opts.app_label}.{get_permission_codename('export', self.opts)}"

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.sheet) and request.user.has_perm(self.export_permission)

    def export_url(self, request: HttpRequest, query: str = "", size: Count = NOT_COUNTED) -> str:
        """The page that asks how to export what a list with this query string shows; it counts again."""
        return ExportAction(self).start_url(request, Selection(query, None, size, ""))

    def bulk_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """The page asks how far its export is."""
        if name == ExportAction.name and request.method == "GET" and export_progress.FIELD in request.GET:
            self._action(request, name)
            return export_progress.told(request)
        return super().bulk_view(request, name)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context and self.has_export_permission(request):
            url = self.export_url(request, request.GET.urlencode(), context["cl"].count)
            link = (url, ExportAction.title)
            context["list_links"] = [*context.get("list_links", []), link]
        return response
