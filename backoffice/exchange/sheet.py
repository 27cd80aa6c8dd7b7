"""What a kind of file holds: its columns, the fields that they fill, and the fields that find a row again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.module_loading import autodiscover_modules
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice.exchange.cells import LANGUAGES
from backoffice.exchange.guessing import guess, words_of
from backoffice.exchange.headers import folded
from backoffice.exchange.options import ALL_NEW, BY_NAME
from backoffice.exchange.reading import FileError

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

    from backoffice.exchange.plan import Objection, Plan

Rule = Callable[["Plan"], Iterator["Objection"]]


@dataclass(frozen=True)
class Column:
    """A column of a file.

    `field` is the header's name unless said otherwise; `also` are other headers that mean the same, `guess` are words
    for it that people use, in any language: good for a proposal, too loose to be taken unsaid. `loose` ones mean it
    only where no other header of the file does, the first of them before the next, and where the first lines hold
    what the column does: not what it is `never`.

    A column that holds a relation says `by` which field of the related row, and `or_by` which others are tried after
    it. `path` is the relation of the related rows that makes "Research / Chemistry" a way to one, by their `or_by`.
    `called` is what the related rows are called: an export says “Chemistry [#12]” of one that has no key.
    `may_come_later`: a related row that is not there is a warning and leaves the field alone. `can_create`: it may be
    made, with the first of `or_by`, if the person wishes. `keyed` are headers under which a word in capitals or
    figures is the key of such a row, `called_in` are headers beside it that say what the row with this key is called.
    `loop`, on a relation to the same model, is the sentence that refuses one which closes a loop; it may use
    %(target)s. `tidy`: a name, which may be put right.
    `values` are further words for the choices of a field, as (word, value); `nothing` are words that a relation is said
    by where there is none.

    One of the `parts` of a sheet is a part of what `field` holds, and has a `label`: a first name. It is `optional`
    where the whole is one without it: a middle name. Its cell goes `over` that of another part, by its header, where
    it is filled; without that column it is this part itself.
    """

    header: str
    field: str = ""
    also: tuple[str, ...] = ()
    guess: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    nothing: tuple[str, ...] = ()
    by: str = ""
    or_by: tuple[str, ...] = ()
    path: str = ""
    called: str = ""
    may_come_later: bool = False
    can_create: bool = False
    keyed: tuple[str, ...] = ()
    called_in: tuple[str, ...] = ()
    loop: "StrOrPromise" = ""
    tidy: bool = False
    label: "StrOrPromise" = ""
    optional: bool = False
    over: str = ""

    @property
    def name(self) -> str:
        return self.field or self.header

    @property
    def headers(self) -> tuple[str, ...]:
        return (self.header, *self.also)


@dataclass(frozen=True)
class Absent:
    """Rows that a file should have held: those with the same `within` as one of its rows. `gone` is what is set on
    them if the person wishes, `rows` are those to look among; `called` is what they are called.
    """

    within: str
    rows: Callable[[], models.QuerySet[Any]]
    gone: Callable[[], dict[str, Any]]
    label: "StrOrPromise"
    called: str


@dataclass(frozen=True)
class Sheet:
    """A kind of file. `key` is the field that finds a row again, `or_keys` are asked where its cell is empty; `ignored`
    headers are for readers only, where another one says what they mean. `parts` are columns that together make one:
    their cells are joined, in this order. `loose_key` may find rows where no key has a value, if the person wishes:
    a name, which several rows can have. `not_beside` are words that mean none of the columns where one of the others
    stands in the header, too: the city of a home address.

    `rules` look at the whole plan and yield an Objection for each set of rows that may not be saved so.
    """

    name: str
    model: type[models.Model]
    key: str
    columns: Sequence[Column]
    parts: Sequence[Column] = ()
    or_keys: Sequence[str] = ()
    loose_key: str = ""
    ignored: Sequence[str] = ()
    not_beside: Sequence[tuple[Sequence[str], Sequence[str]]] = ()
    rules: Sequence[Rule] = ()
    absent: Absent | None = None
    example: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        return [self.key, *self.or_keys]

    def keys_among(self, columns: Sequence[Column | None], keyless: str) -> list[str]:
        """The fields that find the rows of a file with these columns."""
        names = {column.name for column in columns if column}
        loose = [self.loose_key] if keyless == BY_NAME else []
        return [name for name in [*self.keys, *loose] if name in names]

    def field(self, name: str) -> Any:
        return self.model._meta.get_field(name)

    def column(self, header: str) -> Column:
        return next(column for column in self.all if column.header == header)

    @property
    def all(self) -> list[Column]:
        return [*self.columns, *self.parts]

    def label(self, column: Column) -> str:
        return str(capfirst(str(column.label) or self.field(column.name).verbose_name))

    def labels(self, column: Column) -> list[str]:
        """In every language. None of a field with choices: below “Beschäftigungsart” people write “Vollzeit”, too."""
        found: list[str] = []
        if self.field(column.name).choices:
            return found
        for language in LANGUAGES:
            with override(language):
                found.append(self.label(column))
        return found

    def is_self_reference(self, column: Column) -> bool:
        return bool(column.by) and self.field(column.name).related_model is self.model

    @property
    def apart(self) -> Column | None:
        """Which says below what a row lies: two that are called the same are told apart by it."""
        return next(
            (column for column in self.columns if column.path and self.is_self_reference(column)), None
        )

    def match(self, header: Sequence[str]) -> list[Column | None]:
        """The column for each cell of `header`; None for one that is ignored. Raises FileError."""
        known = {folded(name): column for column in self.all for name in column.headers}
        ignored = {folded(name) for name in self.ignored}
        unknown = [name for name in header if folded(name) not in known.keys() | ignored]
        if unknown:
            raise FileError(
                _("Unknown column: %(names)s. Known columns: %(known)s.")
                % {"names": _listed(unknown), "known": ", ".join(column.header for column in self.columns)}
            )
        columns = [known.get(folded(name)) for name in header]
        self.check(columns, header)
        return columns

    def guess(self, header: Sequence[str], lines: Sequence[Sequence[str]] = ()) -> list[Column | None]:
        """The column that each cell of `header` probably means, each once; None where that cannot be told.

        `lines` are the first ones below it.
        """
        return guess(self, header, lines)

    def is_filled(self, column: Column, columns: Sequence[Column | None]) -> bool:
        """Whether one of these columns fills already what this one would: itself, or the whole beside a part."""
        rivals = [other for other in columns if other and other.name == column.name]
        return any(other is column or column not in self.parts or other not in self.parts for other in rivals)

    def check(self, columns: Sequence[Column | None], header: Sequence[str], keyless: str = "") -> None:
        """Raise FileError unless rows can be found by these columns, each of which stands there once."""
        self._refuse_doubled(columns, header)
        if self.keys_among(columns, keyless) or (self.loose_key and keyless == ALL_NEW):
            return
        if self.loose_key:
            missing = _(
                "No column is the %(field)s, by which rows are found. Match one, or choose how they are found "
                "without it."
            )
            raise FileError(missing % {"field": self.field(self.key).verbose_name})
        raise FileError(_("The column %(name)s is missing: rows are found by it.") % {"name": self.key})

    def _refuse_doubled(self, columns: Sequence[Column | None], header: Sequence[str]) -> None:
        for column in self.all:
            names = [name for name, found in zip(header, columns, strict=True) if found is column]
            if column in self.parts and names:
                whole = zip(header, columns, strict=True)
                names += [
                    name
                    for name, found in whole
                    if found and found in self.columns and found.name == column.name
                ]
            if len(names) > 1:
                raise FileError(
                    _("Two columns mean the same: %(names)s. Keep one.") % {"names": _listed(names)}
                )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


_sheets: dict[str, Sheet] = {}


def register(sheet: Sheet) -> Sheet:
    _sheets[sheet.name] = sheet
    return sheet


def sheets() -> dict[str, Sheet]:
    """Every sheet by its name, from the `exchange` modules of the installed apps."""
    _discover()
    return dict(_sheets)


@cache
def _discover() -> None:
    autodiscover_modules("exchange")


@cache
def known_headers() -> frozenset[str]:
    """Every word for a column, as headers are compared: such a one is no name."""
    found: set[str] = set()
    for sheet in sheets().values():
        found.update(words_of(sheet))
        found.update(map(folded, sheet.ignored))
    return frozenset(found)


def sheet_of(model: type[models.Model]) -> Sheet | None:
    return next((sheet for sheet in sheets().values() if sheet.model is model), None)
