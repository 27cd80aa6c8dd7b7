"""What a kind of file holds: its columns, the fields that they fill, and the field that finds a row again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from backoffice.exchange.reader import FileError

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

    from backoffice.exchange.plan import Objection, Plan

Rule = Callable[["Plan"], Iterator["Objection"]]


class Keep:
    """The field stays as it is; a new row gets its default."""


KEEP = Keep()


@dataclass(frozen=True)
class Column:
    """A column of a file.

    `field` is the header's name unless said otherwise; `also` are other headers that mean the same.
    A column that holds a relation says `by` which field of the related row. `may_come_later`: a related row
    that is not there is a warning and leaves the field alone. `loop`, on a relation to the same model, is the
    sentence that refuses one which closes a loop; it may use %(target)s.
    """

    header: str
    field: str = ""
    also: tuple[str, ...] = ()
    by: str = ""
    may_come_later: bool = False
    loop: "StrOrPromise" = ""

    @property
    def name(self) -> str:
        return self.field or self.header

    @property
    def headers(self) -> tuple[str, ...]:
        return (self.header, *self.also)


@dataclass(frozen=True)
class Sheet:
    """A kind of file. `key` is the field that finds a row again; `ignored` headers are for readers only.

    `rules` look at the whole plan and yield an Objection for each row that may not be saved so.
    """

    name: str
    model: type[models.Model]
    key: str
    columns: Sequence[Column]
    ignored: Sequence[str] = ()
    rules: Sequence[Rule] = ()

    def field(self, name: str) -> Any:
        return self.model._meta.get_field(name)

    def is_self_reference(self, column: Column) -> bool:
        return bool(column.by) and self.field(column.name).related_model is self.model

    def match(self, header: Sequence[str]) -> list[Column | None]:
        """The column for each cell of `header`; None for one that is ignored. Raises FileError."""
        known = {_folded(name): column for column in self.columns for name in column.headers}
        ignored = {_folded(name) for name in self.ignored}
        unknown = [name for name in header if _folded(name) not in known.keys() | ignored]
        if unknown:
            raise FileError(
                _("Unknown column: %(names)s. Known columns: %(known)s.")
                % {"names": _listed(unknown), "known": ", ".join(column.header for column in self.columns)}
            )
        columns = [known.get(_folded(name)) for name in header]
        self._refuse_doubled(columns, header)
        if self.key not in [column.name for column in columns if column]:
            raise FileError(_("The column %(name)s is missing: rows are found by it.") % {"name": self.key})
        return columns

    def _refuse_doubled(self, columns: Sequence[Column | None], header: Sequence[str]) -> None:
        for column in self.columns:
            names = [name for name, found in zip(header, columns, strict=True) if found is column]
            if len(names) > 1:
                raise FileError(
                    _("Two columns mean the same: %(names)s. Keep one.") % {"names": _listed(names)}
                )


def clean(field: Any, text: str) -> Any:
    """The value that `text` means for `field`, or KEEP. Raises ValidationError with a sentence."""
    if not text:
        if field.null:
            return None
        if field.blank:
            return ""
        if field.has_default():
            return KEEP
        raise ValidationError(_("The cell is empty. Enter the %(field)s.") % {"field": field.verbose_name})
    if field.choices:
        return _choice(field, text)
    return field.clean(text, None)


def _choice(field: Any, text: str) -> Any:
    """A choice by its value or its label, in any case."""
    for value, label in field.flatchoices:
        if text.casefold() in (str(value).casefold(), str(label).casefold()):
            return value
    allowed = ", ".join(str(value) for value, _label in field.flatchoices if value != "")
    raise ValidationError(_("Use one of: %(allowed)s.") % {"allowed": allowed})


def _folded(header: str) -> str:
    return "_".join(header.casefold().replace("-", "_").split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


_sheets: dict[str, Sheet] = {}


def register(sheet: Sheet) -> Sheet:
    _sheets[sheet.name] = sheet
    return sheet


def sheets() -> dict[str, Sheet]:
    """Every sheet by its name, from the `exchange` modules of the installed apps."""
    autodiscover_modules("exchange")
    return dict(_sheets)
