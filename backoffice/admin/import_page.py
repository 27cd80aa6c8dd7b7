"""What the page of an import shows, and the form that says what its columns mean."""

from functools import cached_property
from typing import Any, NamedTuple, Self

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.access import visible
from backoffice.admin import told
from backoffice.admin.counting import Count
from backoffice.admin.rights import lacking_to_undo, may_undo
from backoffice.admin.undoing import undo_url
from backoffice.background.jobs import Job
from backoffice.exchange.absent import doubt
from backoffice.exchange.missing import may_create
from backoffice.exchange.options import ALL_NEW, BY_NAME, ORDERS, Options
from backoffice.exchange.plan import ABSENT
from backoffice.exchange.reading import DELIMITERS, ENCODINGS, FileError, Misread, Reading
from backoffice.exchange.reading.headers import looks_like
from backoffice.exchange.sheet import Sheet, folded
from backoffice.imports import carrying
from backoffice.imports.choosing import taken
from backoffice.imports.models import Import, KeptMapping
from backoffice.imports.samples import sight

PER_PAGE = 50
LOOKED_AT = 3  # lines that show what a column holds
NAMED = 5  # columns
State = Import.State


class Cell(NamedTuple):
    position: int
    header: str
    examples: list[str]
    column: str


class MapForm:
    """The columns of a file and what they mean; the answers are kept with the import."""

    misread = ""

    def __init__(self, batch: Import, data: Any = None) -> None:
        self.batch, self.data = batch, data
        self.sheet = carrying.sheet_of(batch)
        self.lines: list[list[str]] = []
        self.sheets: list[str] = []

    def opened(self) -> Self:
        """With the first lines of the file, or with what is wrong as long as it is misread. Raises FileError."""
        if not self.batch.header:
            return self._misread()
        with carrying.opened(self.batch) as table:
            self.sheets = table.sheets
            for line in table.lines:
                self.lines.append(line.cells)
                if len(self.lines) >= LOOKED_AT:
                    break
        return self

    def _misread(self) -> Self:
        try:
            carrying.opened(self.batch, Reading()).close()
        except Misread as error:
            self.misread, self.sheets = str(error), list(error.sheets)
        return self

    @property
    def found(self) -> list[tuple[str, Any]]:
        """How the file is read, in words."""
        reading = Reading(**self.batch.reading)
        facts = [
            (_("Encoding"), ENCODINGS.get(reading.encoding)),
            (_("Separator"), DELIMITERS.get(reading.delimiter)),
            (_("Worksheet"), reading.sheet),
            (_("Line with the names of the columns"), reading.header_line),
        ]
        return [(label, value) for label, value in facts if value]

    @property
    def doubt(self) -> str:
        """What is said where the names of the columns may be a row."""
        header = self.batch.header
        if not header or (any(self.sheet.guess(header)) and not looks_like(header, self.lines)):
            return ""
        names = ", ".join(cell[:40] for cell in header[:NAMED]) + (", …" if len(header) > NAMED else "")
        return _(
            "Line %(line)s is taken for the names of the columns: %(names)s. If it is a row already, add a line with "
            "names above it, or say in which line they stand."
        ) % {"line": self.batch.reading.get("header_line", 1), "names": names}

    @property
    def cells(self) -> list[Cell]:
        found = []
        for place, header in enumerate(self.batch.header):
            examples = [cells[place][:60] for cells in self.lines if place < len(cells) and cells[place]]
            found.append(Cell(place, header, examples, self.batch.mapping[place]))
        return found

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(c.header, self._label(c)) for c in self.sheet.all]

    def _label(self, column: Any) -> str:
        label = self.sheet.label(column)
        return f"{label} *" if column.name in self.sheet.keys else label

    @property
    def encodings(self) -> list[tuple[str, Any]]:
        return list(ENCODINGS.items()) if self.batch.reading.get("encoding") else []

    @property
    def delimiters(self) -> list[tuple[str, Any]]:
        return list(DELIMITERS.items()) if self.batch.reading.get("encoding") else []

    @property
    def options(self) -> Options:
        return Options.of(self.batch.options)

    @property
    def creates(self) -> list[str]:
        """What can be made along, in the plural."""
        models = [
            self.sheet.field(column.name).related_model for column in self.sheet.columns if column.can_create
        ]
        return [
            str(model._meta.verbose_name_plural) for model in models if may_create(self.batch.actor, model)
        ]

    @property
    def loose_key(self) -> str:
        """What the field is called that may find rows where no key does."""
        name = self.sheet.loose_key
        return str(self.sheet.field(name).verbose_name) if name else ""

    @property
    def absent(self) -> Any:
        return self.sheet.absent

    @property
    def kept(self) -> list[KeptMapping]:
        found = KeptMapping.objects.filter(sheet=self.sheet.name, owner=self.batch.actor_id)
        return list(found.order_by("name")[:100])

    # What was answered

    def reading(self) -> Reading:
        line = self.data.get("header_line", "")
        return Reading(
            encoding=self.data.get("encoding", ""),
            delimiter=self.data.get("delimiter", ""),
            sheet=self.data.get("sheet", "").replace("\0", ""),
            header_line=int(line) if line.isascii() and line.isdecimal() and len(line) < 8 else 0,
        )

    def save(self, user: Any) -> None:
        """Raises FileError for a mapping that is not kept any more, Over for an import that is done."""
        batch = self.batch
        if self.data.get("stage") == "kept":
            self._take(self.data.get("mapping", ""))
        elif "column_0" in self.data:
            known = {column.header for column in self.sheet.all}
            asked = [self.data.get(f"column_{place}", "") for place in range(len(batch.header))]
            batch.mapping = [header if header in known else "" for header in asked]
            batch.options = Options(
                keep_blank=self.data.get("blank") != "clear",
                tidy="tidy" in self.data,
                create="create" in self.data,
                dates=self.data.get("dates", "") if self.data.get("dates") in ORDERS else "",
                absent="absent" in self.data,
                keyless=self.data.get("keyless", "")
                if self.data.get("keyless") in (BY_NAME, ALL_NEW)
                else "",
            )._asdict()
        batch.state = State.UPLOADED
        batch.keep()
        if name := self.data.get("keep_as", "").replace("\0", "").strip()[:100]:
            columns = {folded(h): m for h, m in zip(batch.header, batch.mapping, strict=True) if m}
            found = {"columns": columns, "options": batch.options}
            KeptMapping.objects.update_or_create(owner=user, sheet=self.sheet.name, name=name, defaults=found)

    def _take(self, key: str) -> None:
        mine = KeptMapping.objects.filter(owner=self.batch.actor_id, sheet=self.sheet.name)
        kept = mine.filter(pk=key).first() if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if kept is None:
            raise FileError(_("This mapping is not kept any more."))
        columns = taken(kept, self.sheet, self.batch.header)
        self.batch.mapping = [column.header if column else "" for column in columns]
        self.batch.options = kept.options


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
        kept = self.batch.stored and not self.is_hidden
        return str(self.admin.import_url("refused", self.batch.pk)) if kept else ""

    @property
    def upload_url(self) -> str:
        return str(self.admin.import_url())

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
        """What a worker does with it at the moment."""
        unfinished = [Job.State.WAITING, Job.State.RUNNING]
        return Job.objects.filter(back=self.url, state__in=unfinished).order_by("-pk").first()

    @property
    def counts(self) -> list[tuple[str, Count]]:
        counts = self.batch.counts
        done = self.batch.state == State.APPLIED
        words = {
            "created": _("Created") if done else _("Would be created"),
            "updated": _("Updated") if done else _("Would be updated"),
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
        samples = {} if self.is_hidden else self.batch.samples
        return [Kind(name, title, samples[name]) for name, title in titles.items() if samples.get(name)]

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
        """The latest time that the very same file was imported."""
        same = Import.objects.filter(sheet=self.batch.sheet, sha256=self.batch.sha256, state=State.APPLIED)
        return same.exclude(pk=self.batch.pk).select_related("operation").order_by("-pk").first()

    @property
    def earlier_undone(self) -> str:
        line = self.earlier.operation if self.earlier else None
        return standing(self.earlier) if self.earlier and line and line.state != line.State.APPLIED else ""

    @property
    def standing(self) -> str:
        return standing(self.batch)

    @property
    def can_be_undone(self) -> bool:
        """Whether whoever applies it may take all of it back."""
        counts = self.batch.counts
        done = {self.sheet.model: {"created": counts.get("created", 0)}}
        done[self.sheet.model]["updated"] = counts.get("updated", 0) + counts.get("marked", 0)
        for column in self.sheet.columns if counts.get("related") else ():
            if column.can_create:
                done[self.sheet.field(column.name).related_model] = {"created": 1}
        return not lacking_to_undo(self.admin.admin_site, self.request, done)

    @property
    def undo_url(self) -> str:
        operation = self.batch.operation
        if not operation or operation.state != operation.State.APPLIED:
            return ""
        return undo_url(operation) if may_undo(self.admin.admin_site, self.request, operation) else ""

    @property
    def said(self) -> str:
        counts = {name: str(Count(number)) for name, number in self.batch.counts.items()}
        sentence = _("Imported %(file)s: %(created)s created, %(updated)s updated, %(refused)s refused.")
        said = sentence % {"file": self.batch.file_name, **counts}
        return f"{said} {self._absent_word()}: {counts['marked']}." if self._marks else said
