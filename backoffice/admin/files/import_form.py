"""The form in which somebody says how the file of an import is read, and what its columns mean."""

from typing import Any, NamedTuple, Self

from django.utils.translation import gettext as _

from backoffice.exchange.guessing import EXAMINED
from backoffice.exchange.headers import folded
from backoffice.exchange.missing import may_create
from backoffice.exchange.options import ALL_NEW, BY_NAME, ORDERS, Options
from backoffice.exchange.reading import DELIMITERS, ENCODINGS, FileError, Misread, Reading
from backoffice.exchange.reading.headers import looks_like
from backoffice.imports import carrying
from backoffice.imports.choosing import differing, left_out, options_of, taken
from backoffice.imports.models import Import, KeptMapping

LOOKED_AT = 3  # lines that show what a column holds
NAMED = 5  # columns


class Cell(NamedTuple):
    position: int
    header: str
    examples: list[str]
    column: str


class MapForm:
    """The columns of a file and what they mean; the answers are kept with the import."""

    misread = ""
    differs = ""  # in what the file is another one than that of the mapping which was taken

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
        if column.by:
            label = f"{label} ({self.sheet.found_by(column)})"
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
        batch.state = Import.State.UPLOADED
        batch.keep()
        if name := self.data.get("keep_as", "").replace("\0", "").strip()[:100]:
            columns = {folded(h): m for h, m in zip(batch.header, batch.mapping, strict=True)}
            found = {"columns": columns, "options": batch.options}
            KeptMapping.objects.update_or_create(owner=user, sheet=self.sheet.name, name=name, defaults=found)

    def _take(self, key: str) -> None:
        mine = KeptMapping.objects.filter(owner=self.batch.actor_id, sheet=self.sheet.name)
        kept = mine.filter(pk=key).first() if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if kept is None:
            raise FileError(_("This mapping is not kept any more."))
        with carrying.opened(self.batch) as table:
            columns = taken(kept, self.sheet, self.batch.header, table.ahead(EXAMINED))
        self.batch.mapping = [column.header if column else "" for column in columns]
        self.batch.options = options_of(kept, self.batch.header, columns)
        told = [differing(kept, self.batch.header), left_out(kept, self.sheet, self.options)]
        self.differs = " ".join(filter(None, told))
