"""The rows of an operation: page by page, as a table of old and new, and all of them as a file."""

import csv
from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.access.record import history_limit
from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.named_rows import history_url, key_named
from backoffice.models import Operation
from backoffice.operations.changes import Change, net
from backoffice.operations.names import Names
from backoffice.operations.tables import recorded_fields
from backoffice.replica import surely
from backoffice.search import Fold, SearchTextField, matching
from backoffice.sql.sqlite_search import SearchText

PER_PAGE = 50
PER_CHUNK = 1_000  # rows of a file that are read and named together


class FieldLine(NamedTuple):
    label: str
    old: str
    new: str


class RowLine(NamedTuple):
    url: str
    name: str
    change: str  # "+", "~", "-"
    action: str
    fields: list[FieldLine]


class OperationRows:
    """The rows of one model in one operation; `params` are those of the page: q, after, before.

    With `user` it is those that they see.
    """

    def __init__(
        self, operation: Operation, model: Any, params: QueryDict | None = None, user: Any = None
    ) -> None:
        self.operation, self.model, self.user = operation, model, user
        self.seen = history_limit(user, model) if user is not None else None
        self.params = params or QueryDict()

    @property
    def label(self) -> str:
        return str(self.model._meta.label)

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def query(self) -> str:
        return self.params.get("q", "").replace("\x00", "").strip()[:200]

    @cached_property
    def history(self) -> models.QuerySet[Any]:
        """The history rows that the search leaves."""
        rows = self._all()
        return searched(rows, self.model, self.query) if self.query else rows

    @property
    def count(self) -> Count:
        keys, has_next, has_previous = self.page
        if not has_next and not has_previous:
            return Count(len(keys))
        if self.query or self.seen is not None:
            return bounded_count(self.history, of="row_id")
        return Count(sum(self.operation.rows.get(self.model._meta.label, {}).values()))

    @cached_property
    def page(self) -> tuple[list[Any], bool, bool]:
        """(keys of the rows, whether there are more, whether there are some before)."""
        after, before = self._key("after"), self._key("before")
        keys = self.history.values_list("row_id", flat=True).distinct()
        if before is not None:
            found = list(keys.filter(row_id__lt=before).order_by("-row_id")[: PER_PAGE + 1])
            return found[:PER_PAGE][::-1], True, len(found) > PER_PAGE
        if after is not None:
            keys = keys.filter(row_id__gt=after)
        found = list(keys.order_by("row_id")[: PER_PAGE + 1])
        return found[:PER_PAGE], len(found) > PER_PAGE, after is not None

    @cached_property
    def lines(self) -> list[RowLine]:
        return self.lines_of(self.page[0])

    @property
    def links(self) -> dict[str, str]:
        keys, has_next, has_previous = self.page
        links = {}
        if has_previous and keys:
            links = {"first": self._link(), "previous": self._link(before=keys[0])}
        if has_next and keys:
            links["next"] = self._link(after=keys[-1])
        return links

    def file(self) -> Iterator[list[str]]:
        """Every row as a line of cells: what was done, key, name, then each field before and after."""
        fields = recorded_fields(self.model)
        titles = [capfirst(str(field.verbose_name)) for field in fields]
        heads = [cell for title in titles for cell in (_("%s before") % title, _("%s after") % title)]
        yield [_("What was done"), _("Key"), _("Name"), *heads]
        rest = self.keys.order_by("row_id")
        while chunk := surely(partial(self._chunk, rest, fields)):
            yield from chunk.values()
            rest = self.keys.order_by("row_id").filter(row_id__gt=[*chunk][-1])

    def _chunk(self, keys: models.QuerySet[Any], fields: list[Any]) -> dict[Any, list[str]]:
        """The lines of the first of these keys."""
        changes = self._changes(list(keys[:PER_CHUNK]))
        names = Names(changes, self.user)
        return {change.key: [*_facts(change, names), *_cells(change, fields, names)] for change in changes}

    @property
    def keys(self) -> models.QuerySet[Any]:
        """Of all rows, in no order."""
        return self._all().values_list("row_id", flat=True).distinct()

    def _all(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model.history_model.objects.filter(operation=self.operation)
        return rows.order_by() if self.seen is None else rows.order_by().filter(self.seen)

    def _changes(self, keys: list[Any]) -> list[Change]:
        """The net change of each row, in the order of `keys`."""
        steps: dict[Any, list[Any]] = {key: [] for key in keys}
        for step in self._all().filter(row_id__in=keys):
            steps[step.row_id].append(step)
        return [net(self.model, found) for found in steps.values() if found]

    def lines_of(self, keys: list[Any]) -> list[RowLine]:
        changes = self._changes(keys)
        names = Names(changes, self.user)
        return [
            RowLine(
                history_url(self.model, change.key),
                names.of(change),
                change.action,
                action_label(change),
                field_lines(change, names),
            )
            for change in changes
        ]

    def _key(self, name: str) -> Any:
        text = self.params.get(name, "")
        try:
            return key_named(self.model, text) if text else None
        except ValueError:
            return None

    def _link(self, **position: Any) -> str:
        params = self.params.copy()
        for name in ("after", "before"):
            params.pop(name, None)
        for name, value in position.items():
            params[name] = str(value)
        return f"?{params.urlencode()}"


def field_lines(change: Change, names: Names) -> list[FieldLine]:
    """Each field that changed, from what to what."""
    return [
        FieldLine(
            capfirst(str(field.verbose_name)),
            names.value(field, change.before),
            names.value(field, change.after),
        )
        for field in change.fields
    ]


def action_label(change: Change) -> str:
    labels = {"+": _("Added"), "~": _("Changed"), "-": _("Deleted")}
    if change.action == "~" and change.gone:
        return _("Changed (with a field that is not there any more)")
    return labels.get(change.action, _("Added and deleted again"))


def searched(history: models.QuerySet[Any], model: Any, query: str) -> models.QuerySet[Any]:
    """The history rows in whose names, old or new, every word of `query` is found."""
    parts: list[Any] = []
    for column in named_by(model):
        for prefix in ("old", "new"):
            parts += [Value(" "), f"{prefix}_{column}"]
    if not parts:
        return history.none()
    text = Fold(Concat(*parts, output_field=models.TextField()), output_field=SearchText())
    found: models.QuerySet[Any] = history.alias(text_to_search=text)
    return found.filter(matching(query, column="text_to_search", using=history.db))


def named_by(model: Any) -> list[str]:
    """The column that people know a row by: the first of its search, else its first text.

    One, because no index helps here: each further column makes a search in 300,000 rows slower by as much again.
    """
    columns = [field.columns for field in model._meta.fields if isinstance(field, SearchTextField)]
    texts = [field.name for field in recorded_fields(model) if isinstance(field, models.CharField)]
    return list(columns[0][:1] if columns else texts[:1])


def _facts(change: Change, names: Names) -> list[str]:
    return [action_label(change), str(change.key), safe(names.of(change))]


def _cells(change: Change, fields: list[Any], names: Names) -> Iterator[str]:
    changed = set(change.fields)
    for field in fields:
        for values in (change.before, change.after):
            shown = field in changed and values and values[field.attname] not in (None, "")
            yield safe(names.plain(field, values[field.attname])) if shown and values else ""


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


class Echo:
    """What csv.writer takes for a file; the line comes back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: OperationRows) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff"  # so that spreadsheets read it as UTF-8
    for cells in rows.file():
        yield writer.writerow(cells)
