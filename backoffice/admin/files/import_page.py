"""What the page of an import shows."""

from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.access import visible
from backoffice.admin.counting import Count
from backoffice.admin.forms.typed import unsaved_reason
from backoffice.admin.job_page import HowFar, how_far, is_heard_of
from backoffice.admin.log import told
from backoffice.admin.recording import stripped_reason
from backoffice.admin.undo.offered import is_offered
from backoffice.admin.undo.undoing import undo_url
from backoffice.background.jobs import Job
from backoffice.exchange.absent import doubt
from backoffice.exchange.plan import ABSENT
from backoffice.exchange.sheet import Sheet
from backoffice.imports import carrying
from backoffice.imports.begun import Begun, begun
from backoffice.imports.models import Import
from backoffice.imports.samples import in_words, labels, sight

PER_PAGE = 50
State = Import.State


def standing(batch: Import) -> str:
    """What became of it, in words: what was applied may be undone by now."""
    line = batch.operation if batch.state == State.APPLIED else None
    if line is None or line.state == line.State.APPLIED:
        return str(batch.get_state_display())
    undos = (undo for undo in line.undone_by.all() if undo.state != line.State.UNDONE)
    who = ", ".join(dict.fromkeys(told.who(undo) for undo in undos))
    return _("%(state)s by %(who)s") % {"state": line.get_state_display(), "who": who}


class Kind(NamedTuple):
    name: str
    title: str
    rows: list[Any]


class ImportPage:
    notice = ""

    def __init__(self, admin: Any, request: HttpRequest, batch: Import) -> None:
        self.admin, self.request, self.batch = admin, request, batch
        self.sheet: Sheet = carrying.sheet_of(batch)
        self.query = request.GET.get("q", "").replace("\0", "").strip()[:200]

    @property
    def url(self) -> str:
        return str(self.admin.import_url("page", self.batch.pk))

    @property
    def refused_url(self) -> str:
        may = self.admin.has_import_permission(self.request)
        kept = self.batch.stored and not self.is_hidden and may
        return str(self.admin.import_url("refused", self.batch.pk)) if kept else ""

    @property
    def refused_workbook_url(self) -> str:
        fits = self.refused.number <= settings.EXPORT_XLSX_ROWS
        return f"{self.refused_url}?format=xlsx" if self.refused_url and fits else ""

    @property
    def upload_url(self) -> str:
        return str(self.admin.import_url())

    @property
    def reason(self) -> str:
        return stripped_reason(self.request.POST)

    @property
    def unsaved(self) -> str:
        return unsaved_reason(self.reason)

    @property
    def may_act(self) -> bool:
        mine = self.batch.actor_id == self.request.user.pk
        return mine and bool(self.admin.has_import_permission(self.request))

    @property
    def is_over(self) -> bool:
        return self.batch.is_over

    @cached_property
    def is_hidden(self) -> bool:
        """Whether the preview told what the person may not see any more."""
        told = self.batch.samples
        if not told or self.admin.sees_imports_of_others(self.request):
            return False
        return bool(told.get("sight") != sight(self.request.user, self.sheet))

    @property
    def hidden_reason(self) -> str:
        if self.is_over:
            return _("What you may see has changed since this import: which rows it was about is not shown.")
        return _("What you may see has changed since the preview: it is not shown. Preview the file anew.")

    @cached_property
    def job(self) -> Job | None:
        """What a worker does with it at the moment, or shall do."""
        unfinished = [Job.State.WAITING, Job.State.RUNNING]
        return Job.objects.filter(back=self.url, state__in=unfinished).order_by("-pk").first()

    @cached_property
    def has_worker(self) -> bool:
        return is_heard_of()

    @property
    def is_worked_on(self) -> bool:
        return bool(self.job and self.job.state == Job.State.RUNNING and self.has_worker)

    @cached_property
    def progress(self) -> HowFar | None:
        return how_far(self.job) if self.job else None

    @cached_property
    def begun(self) -> Begun | None:
        """That it is carried out without a worker, or was when its process ended."""
        return None if self.is_over or self.job else begun(self.batch)

    @property
    def broken_off(self) -> str:
        """What came of the latest attempt that left everything as it was, where the page does not tell it otherwise."""
        if self.is_over or self.job:
            return ""
        ended = [Job.State.REFUSED, Job.State.FAILED, Job.State.CANCELLED]
        jobs = Job.objects.filter(actor=self.batch.actor_id, back=self.url, state__in=ended)
        if self.batch.previewed_at:
            jobs = jobs.filter(finished_at__gt=self.batch.previewed_at)
        if job := jobs.order_by("-pk").first():
            return f"{job.title}: {job.message}"
        if not self.begun or self.begun.goes_on:
            return ""
        sentence = _(
            "The import that was begun on %(when)s was broken off before it was through: nothing was changed. You can "
            "begin it again."
        )
        when = timezone.localtime(self.begun.when)
        return sentence % {"when": formats.date_format(when, "DATETIME_FORMAT")}

    @property
    def counts(self) -> list[tuple[str, Count]]:
        counts = self.batch.counts
        done = self.batch.state == State.APPLIED
        words = {
            "created": pgettext("rows of a file", "Created") if done else _("Would be created"),
            "updated": pgettext("rows of a file", "Updated") if done else _("Would be updated"),
            "unchanged": _("Unchanged"),
            "refused": _("Refused"),
            "marked" if self._marks else "absent": self._absent_word(),
            "related": _("Made along") if done else _("Would be made along"),
        }
        always = ("created", "updated", "unchanged", "refused")
        return [(word, Count(counts.get(n, 0))) for n, word in words.items() if n in always or counts.get(n)]

    def _absent_word(self) -> str:
        absent = self.sheet.absent
        return f"{_('Not in the file')}: {absent.label}" if absent and self._marks else _("Not in the file")

    @property
    def _marks(self) -> bool:
        """Whether something is done to the rows that the file lacks."""
        return bool(self.batch.options.get("absent")) and not self.batch.counts.get("unplaced")

    @property
    def possible(self) -> int:
        counts = self.batch.counts
        return int(counts.get("created", 0) + counts.get("updated", 0) + counts.get("marked", 0))

    @property
    def refused(self) -> Count:
        return Count(self.batch.counts.get("refused", 0))

    @property
    def refused_lines(self) -> Count:
        """Those of the file: who is not in it and cannot be marked has none."""
        counts = self.batch.counts
        others = counts.get("absent", 0) - counts.get("marked", 0) if self._marks else 0
        return Count(counts.get("refused", 0) - others)

    @property
    def kinds(self) -> list[Kind]:
        titles = {
            "updated": _("Some that change, before and after"),
            "created": _("Some that are new"),
            "unchanged": _("Some that stay as they are"),
        }
        told = {} if self.is_hidden else self.batch.samples
        found = ((name, title, in_words(self.sheet, told, name)) for name, title in titles.items())
        return [Kind(name, title, rows) for name, title, rows in found if rows]

    @property
    def sample_labels(self) -> list[str]:
        return labels(self.sheet, self.batch.samples)

    @property
    def made_along(self) -> list[str]:
        return [] if self.is_hidden else self.batch.samples.get("related", [])

    @cached_property
    def problems(self) -> list[Any]:
        if self.is_hidden:
            return []
        found: Any = self.batch.problems.order_by("line", "id")
        if self.query:
            asked = Q(value__icontains=self.query) | Q(reason__icontains=self.query)
            asked |= Q(column__icontains=self.query)
            found = found.filter(asked | Q(line=self.query) if self._is_line else asked)
        after = self.request.GET.get("after", "")
        line, _dash, key = after.partition("-")
        if line.isdecimal() and key.isdecimal() and after.isascii() and len(after) < 38:
            found = found.filter(Q(line__gt=line) | Q(line=line, pk__gt=key))
        return list(found[: PER_PAGE + 1])

    @property
    def _is_line(self) -> bool:
        return self.query.isascii() and self.query.isdecimal() and len(self.query) < 19

    @property
    def shown(self) -> list[Any]:
        return self.problems[:PER_PAGE]

    @property
    def next(self) -> str:
        if len(self.problems) <= PER_PAGE:
            return ""
        params = self.request.GET.copy()
        last = self.problems[PER_PAGE - 1]
        params["after"] = f"{last.line}-{last.pk}"
        return f"?{params.urlencode()}#problems"

    @cached_property
    def _absent(self) -> list[Any]:
        """Stored rows that the file lacks, of those that the person sees, from `absent` on."""
        if self.is_hidden or not self.batch.counts.get("absent"):
            return []
        model: Any = self.sheet.model
        lacking = self.batch.absent.order_by().values("row")
        found = visible(self.request.user, model._base_manager.filter(pk__in=lacking)).order_by("pk")
        after = self.request.GET.get("absent", "")
        if after.isascii() and after.isdecimal() and len(after) < 19:
            found = found.filter(pk__gt=after)
        return list(found[: PER_PAGE + 1])

    @property
    def absent(self) -> list[tuple[str, str]]:
        """Address and name."""
        opts = self.admin.opts
        name = f"admin:{opts.app_label}_{opts.model_name}_change"
        return [(reverse(name, args=[row.pk]), str(row)) for row in self._absent[:PER_PAGE]]

    @property
    def keys_shown(self) -> list[Any]:
        """Of the stored rows that the page tells of: samples and those that the file lacks."""
        keys = [] if self.is_hidden else self.batch.samples.get("keys", [])
        return [*keys, *(row.pk for row in self._absent[:PER_PAGE])]

    @property
    def absent_count(self) -> Count:
        return Count(self.batch.counts.get("absent", 0))

    @property
    def doubt(self) -> str:
        """Why nobody is marked whom the file lacks."""
        return doubt(self.batch.counts.get("unplaced", 0), self.batch.samples.get("unplaced", []))

    @property
    def next_absent(self) -> str:
        if len(self._absent) <= PER_PAGE:
            return ""
        params = self.request.GET.copy()
        params["absent"] = str(self._absent[PER_PAGE - 1].pk)
        return f"?{params.urlencode()}#absent"

    @property
    def last_line(self) -> int:
        return ABSENT

    @property
    def mapping(self) -> list[tuple[str, str]]:
        labels = {column.header: self.sheet.label(column) for column in self.sheet.all}
        pairs = zip(self.batch.header, self.batch.mapping, strict=False)
        return [(header, labels.get(column, "")) for header, column in pairs]

    @cached_property
    def earlier(self) -> Import | None:
        return self.batch.earlier

    @property
    def earlier_undone(self) -> str:
        line = self.earlier.operation if self.earlier else None
        return standing(self.earlier) if self.earlier and line and line.state != line.State.APPLIED else ""

    @property
    def standing(self) -> str:
        return standing(self.batch)

    @property
    def undo_url(self) -> str:
        operation = self.batch.operation
        if not operation or operation.state != operation.State.APPLIED:
            return ""
        return undo_url(operation) if is_offered(self.admin.admin_site, self.request, operation) else ""

    @property
    def said(self) -> str:
        counts = {name: str(Count(number)) for name, number in self.batch.counts.items()}
        sentence = _("Imported %(file)s: %(created)s created, %(updated)s updated, %(refused)s refused.")
        said = sentence % {"file": self.batch.file_name, **counts}
        return f"{said} {self._absent_word()}: {counts['marked']}." if self._marks else said
