"""Imports in the panel: a file is uploaded, its columns are matched, what would happen is shown, and then it is done.

A model whose app declares a Sheet has these pages, and a link to them on its list.
"""

import csv
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.crypto import constant_time_compare
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from backoffice.access import is_unlimited
from backoffice.access.pieces import asked_for_file
from backoffice.admin.files.import_form import MapForm
from backoffice.admin.files.import_page import ImportPage, standing
from backoffice.admin.files.refused_workbook import workbook
from backoffice.admin.later import Repeated, instead, later
from backoffice.admin.subjects.reading import shown
from backoffice.admin.undo import undoing
from backoffice.exchange import FileError, Sheet, sheet_of
from backoffice.exchange.formulas import escape
from backoffice.exchange.reading import Misread
from backoffice.exchange.writing import CellTooLong
from backoffice.imports import carrying, uploads
from backoffice.imports.begun import carrying_out
from backoffice.imports.models import Import
from backoffice.models import AccessEvent
from backoffice.security.reads import MOST_ROWS, record_read

State = Import.State
READ_LOG = "backoffice.view_operation"
MARK = "\ufeff"  # without it, spreadsheets read CSV in the encoding of the machine
SHOWN = 20


class ImportsMixin(ModelAdmin):
    def get_urls(self) -> list[Any]:
        urls: list[Any] = super().get_urls()
        if sheet_of(self.model) is None:
            return urls
        wrap, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}_import"
        pages = [
            path("import/", wrap(partial(upload_page, self)), name=name),
            path("import/template/", wrap(partial(template_file, self)), name=f"{name}_template"),
            path("import/<int:pk>/", wrap(partial(import_page, self)), name=f"{name}_page"),
            path("import/<int:pk>/refused/", wrap(partial(refused_file, self)), name=f"{name}_refused"),
        ]
        return [*pages, *urls]

    def has_import_permission(self, request: HttpRequest) -> bool:
        asked = f"{self.opts.app_label}.import_{self.opts.model_name}"
        return sheet_of(self.model) is not None and request.user.has_perm(asked)

    def sees_imports_of_others(self, request: HttpRequest) -> bool:
        """Whoever may import this, or read the log, without bounds: nothing in such a file is kept from them."""
        user, asked = request.user, f"{self.opts.app_label}.import_{self.opts.model_name}"
        if sheet_of(self.model) is None or not is_unlimited(user, self.model):
            return False
        return any(
            user.has_perm(right) and is_unlimited(user, self.model, right) for right in (asked, READ_LOG)
        )

    def reads_imports(self, request: HttpRequest) -> bool:
        """Whoever may import, and an auditor, who brings nothing and sees what others brought."""
        return self.has_import_permission(request) or self.sees_imports_of_others(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = dict(extra_context or {})
        if self.reads_imports(request):
            words = _("Import") if self.has_import_permission(request) else _("Imports")
            link = (self.import_url(), words)
            context["list_links"] = [*context.get("list_links", []), link]
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def import_url(self, page: str = "", *args: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_import"
        return reverse(f"{name}_{page}" if page else name, args=args)


def upload_page(admin: ImportsMixin, request: HttpRequest) -> HttpResponse:
    sheet = _sheet(admin, request)
    refusal = ""
    if request.method == "POST":
        _demand_import(admin, request)
        try:
            batch = _uploaded(sheet, request)
            return HttpResponseRedirect(admin.import_url("page", batch.pk))
        except FileError as error:
            refusal = str(error)
    mine = Import.objects.filter(sheet=sheet.name).select_related("operation").order_by("-pk")
    mine = mine.prefetch_related("operation__undone_by").filter(_open_to(admin, request))
    may_import = admin.has_import_permission(request)
    context = {
        "title": _step(admin, 1)
        if may_import
        else _("Imports of %(rows)s") % {"rows": admin.opts.verbose_name_plural},
        "may_import": may_import,
        "refusal": refusal,
        "imports": [(each, admin.import_url("page", each.pk), standing(each)) for each in mine[:SHOWN]],
        "template_url": admin.import_url("template"),
        "columns": [(column, sheet.field(column.name)) for column in sheet.columns],
    }
    return _page(admin, request, "backoffice/imports/upload.html", context, status=400 if refusal else 200)


def _uploaded(sheet: Sheet, request: HttpRequest) -> Import:
    """Raises FileError for what no other reading would mend; nothing is kept then."""
    file = request.FILES.get("file")
    if file is None:
        raise FileError(_("Choose a file."))
    uploads.expire()
    name = str(file.name)[-200:]
    stored = uploads.store(file.chunks(), name, most=settings.IMPORT_BYTES)
    user: Any = request.user
    batch = Import(
        sheet=sheet.name,
        file_name=name,
        sha256=stored.sha256,
        size=stored.size,
        stored=stored.name,
        actor=user,
        actor_name=str(user.get_full_name() or user.get_username())[:150],
    )
    try:
        try:
            carrying.look_into(batch, sheet)
        except Misread as error:
            if not batch.header:  # its page asks for another reading
                batch.reading = error.found._asdict()
        batch.save()
    except BaseException:
        uploads.remove(batch)
        raise
    return batch


def import_page(admin: ImportsMixin, request: HttpRequest, pk: int) -> HttpResponse:
    batch = _batch(admin, request, pk)
    page = ImportPage(admin, request, batch)
    if request.method != "POST":
        return _shown(admin, request, page)
    if not (admin.has_import_permission(request) and batch.actor_id == request.user.pk):
        raise PermissionDenied
    if page.job and not isinstance(request, Repeated):
        return HttpResponseRedirect(page.url)
    stage = request.POST.get("stage", "")
    try:
        if stage in ("apply", "apply_possible"):
            return _carried_out(admin, request, page, partial=stage == "apply_possible")
        if stage == "again":
            return _looked_again(request, page)
        return _matched(admin, request, page, stage)
    except Import.Over:
        return _over(request, page)
    except FileError as error:
        page.notice = str(error)
        return _shown(admin, request, page)


def _matched(admin: ImportsMixin, request: HttpRequest, page: ImportPage, stage: str) -> HttpResponse:
    batch = page.batch
    if batch.is_over:
        return _over(request, page)
    form = MapForm(batch, request.POST)
    if stage == "read":
        carrying.look_into(batch, page.sheet, form.reading())
        batch.state = State.UPLOADED
        batch.keep()
        return HttpResponseRedirect(page.url)
    form.save(request.user)
    if stage == "kept":
        if form.differs:
            messages.warning(request, form.differs)
        return HttpResponseRedirect(page.url)
    page.sheet.check(carrying.columns_of(batch), batch.header, form.options.keyless)
    title = _("Preview of %(file)s") % {"file": batch.file_name}
    if response := later(request, carrying.rows_of(batch), title, back=page.url):
        return response
    carrying.preview(batch, request.user)
    messages.success(request, _("This is what would happen. Nothing has been changed yet."))
    return HttpResponseRedirect(page.url)


def _looked_again(request: HttpRequest, page: ImportPage) -> HttpResponse:
    """What would happen by now, without the rows that changed since the preview."""
    batch = page.batch
    if batch.state != State.PREVIEWED:
        return _over(request, page)
    title = _("Preview of %(file)s") % {"file": batch.file_name}
    if response := later(request, batch.lines, title, back=page.url):
        return response
    carrying.preview(batch, request.user, since=True)
    messages.success(request, _("This is what would happen by now. Nothing has been changed yet."))
    return HttpResponseRedirect(page.url)


def _carried_out(
    admin: ImportsMixin, request: HttpRequest, page: ImportPage, *, partial: bool
) -> HttpResponse:
    title = _("Import of %(file)s") % {"file": page.batch.file_name}
    if response := _unless_as_seen(admin, request, page):
        return response
    if response := later(request, max(page.batch.lines, page.possible), title, back=page.url):
        return response
    try:
        with carrying_out(page.batch), transaction.atomic():
            # A second click waits here for the first one, and finds the import applied.
            page.batch = Import.objects.select_for_update().get(pk=page.batch.pk)
            if response := _unless_as_seen(admin, request, page):
                return response
            carrying.carry_out(page.batch, request.user, reason=page.reason, partial=partial)
    except carrying.Stale:
        page.batch = Import.objects.get(pk=page.batch.pk)
        page.notice = _(
            "Nothing was saved: something changed since you looked, and rows are refused now. Look again."
        )
        if isinstance(request, Repeated):
            title = _("Preview of %(file)s") % {"file": page.batch.file_name}
            raise instead(
                request, page.notice, page.batch.lines, title, back=page.url, stage="again"
            ) from None
        carrying.preview(page.batch, request.user, since=True)
        return _shown(admin, request, page)
    except DatabaseError:
        page.batch = Import.objects.get(pk=page.batch.pk)
        page.notice = _("Nothing was saved: somebody changed something at that moment. Try again.")
        return _shown(admin, request, page)
    undoing.tell(request, page.said, page.batch.operation)
    return HttpResponseRedirect(page.url)


def _unless_as_seen(admin: ImportsMixin, request: HttpRequest, page: ImportPage) -> HttpResponse | None:
    """The page instead, where the preview that was looked at is not the one that would be carried out."""
    if page.batch.state != State.PREVIEWED:
        return _over(request, page)
    if page.is_hidden:
        return _shown(admin, request, page)
    if constant_time_compare(request.POST.get("preview", ""), page.batch.mark):
        return None
    page.notice = _(
        "Nothing was saved: this file was previewed anew since you looked. This is what would happen now."
    )
    return _shown(admin, request, page)


def _over(request: HttpRequest, page: ImportPage) -> HttpResponse:
    if Import.objects.filter(pk=page.batch.pk, state=State.EXPIRED).exists():
        gone = _("%(file)s is not kept any more. Upload it again.") % {"file": page.batch.file_name}
        messages.warning(request, gone)
    else:
        sentence = _("This was done already, or it has to be previewed first.")
        messages.info(request, f"{sentence} {page.unsaved}".rstrip())
    return HttpResponseRedirect(page.url)


def _shown(admin: ImportsMixin, request: HttpRequest, page: ImportPage) -> HttpResponse:
    context: dict[str, Any] = {"page": page, "batch": page.batch}
    template = "page"
    if page.is_hidden:
        page.notice = page.notice or page.hidden_reason
    shown(admin.admin_site, request, admin.model, page.keys_shown, AccessEvent.What.PAGE)
    page.notice = page.notice or page.broken_off
    asks = page.batch.state == State.UPLOADED or page.is_hidden or (page.may_act and "map" in request.GET)
    if asks and not page.is_over:
        try:
            context["form"] = form = MapForm(page.batch).opened()
            page.notice = page.notice or form.misread
            template = "map"
        except FileError as error:
            page.notice = page.notice or str(error)
    title = _("Import of %(file)s") % {"file": page.batch.file_name}
    if not page.is_over:
        title = _step(admin, 2 if template == "map" else 3)
    context |= {"title": title, "notice": page.notice}
    return _page(admin, request, f"backoffice/imports/{template}.html", context)


def _step(admin: ImportsMixin, number: int) -> str:
    rows = admin.opts.verbose_name_plural
    return _("Import %(rows)s: step %(number)s of 3") % {"rows": rows, "number": number}


def refused_file(admin: ImportsMixin, request: HttpRequest, pk: int) -> Any:
    batch = _batch(admin, request, pk)
    _demand_import(admin, request)
    page = ImportPage(admin, request, batch)
    if page.is_hidden:
        return HttpResponseRedirect(page.url)
    number, keys = page.refused.number, batch.samples.get("refused", [])
    known = getattr(admin, "reads_recorded", False) and 0 < len(keys) <= MOST_ROWS
    which, chosen = keys if known else number, f"import={batch.pk}"
    note = partial(record_read, request, admin.model, which, AccessEvent.What.REFUSED_ROWS, filters=chosen)
    try:
        rows = carrying.refused_rows(batch)
        first = next(rows)
        if again := asked_for_file(request, number, note):  # it is a list of people, like an export
            return again
        if request.GET.get("format") == "xlsx" and page.refused_workbook_url:
            title = str(admin.opts.verbose_name_plural)
            return workbook(f"refused-{batch.pk}.xlsx", title, first, rows)
    except (FileError, CellTooLong) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(page.url)
    separator = batch.reading.get("delimiter") or _usual_separator()
    return _csv(f"refused-{batch.pk}.csv", first, rows, separator)


def template_file(admin: ImportsMixin, request: HttpRequest) -> Any:
    sheet = _sheet(admin, request)
    _demand_import(admin, request)
    header = [column.header for column in sheet.columns]
    return _csv(f"{sheet.name}.csv", header, iter(()), _usual_separator())


def _usual_separator() -> str:
    """Of spreadsheets in the language of the panel: where the decimals have a comma, it cannot separate cells."""
    return ";" if get_format("DECIMAL_SEPARATOR") == "," else ","


def _csv(name: str, first: list[str], rows: Iterator[list[str]], separator: str) -> StreamingHttpResponse:
    class Echo:
        def write(self, text: str) -> str:
            return text

    out = csv.writer(Echo(), delimiter=separator)
    lines = (out.writerow([escape(cell) for cell in row]) for row in _chained(first, rows))
    response = StreamingHttpResponse(_marked(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _chained(first: list[str], rows: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rows


def _marked(lines: Iterator[Any]) -> Iterator[str]:
    yield MARK
    yield from lines


def _sheet(admin: ImportsMixin, request: HttpRequest) -> Sheet:
    if not admin.reads_imports(request):
        raise PermissionDenied
    sheet = sheet_of(admin.model)
    assert sheet
    return sheet


def _demand_import(admin: ImportsMixin, request: HttpRequest) -> None:
    if not admin.has_import_permission(request):
        raise PermissionDenied


def _batch(admin: ImportsMixin, request: HttpRequest, pk: int) -> Import:
    sheet = _sheet(admin, request)
    found = Import.objects.filter(_open_to(admin, request), pk=pk, sheet=sheet.name)
    batch = found.select_related("operation").first()
    if batch is None:
        raise Http404("There is no such import.")
    return batch


def _open_to(admin: ImportsMixin, request: HttpRequest) -> Q:
    """One's own, and those of others; of these, who may import nothing sees what was previewed at least."""
    own = Q(actor=request.user.pk)
    if not admin.has_import_permission(request):
        return ~Q(state=State.UPLOADED)
    return Q() if admin.sees_imports_of_others(request) else own


def _page(
    admin: ImportsMixin, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    request.current_app = admin.admin_site.name
    common = {**admin.admin_site.each_context(request), "opts": admin.opts, "media": admin.media}
    return TemplateResponse(request, template, {**common, **context}, status=status)
