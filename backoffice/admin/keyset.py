"""Pages by key: the next page starts after the last row shown, so any depth costs the same.

An order is a list of columns in one direction that ends in the primary key. Rows whose first column is empty come
last in either direction. A page is read in stages, each a range of one index, until it is full:

* the rows after (or before) a position: one row comparison, (name, id) > (…, …);
* for an order that starts in a related table: first the rest of the same parent, then parents of the same name,
  then the parents that follow, because no index spans two tables;
* the rows whose first column is empty.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections, models
from django.db.models import F, Func, Q, Value
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import OrderBy

from backoffice.admin.counting import Count


class _Row(Func):
    template = "(%(expressions)s)"


class _Compared(Func):
    """row > row, as every engine that we support knows it and reads it from an index."""

    template = "%(expressions)s"
    output_field = models.BooleanField()


class BadPosition(ValueError):
    """A position in a link that was not made by us."""


class Order(NamedTuple):
    """Columns to sort by, the last one the primary key, all in one direction."""

    model: type[models.Model]
    paths: tuple[str, ...]
    descending: bool = False
    filter_first: bool = False  # find the rows by their condition, then sort them: see after_search()

    @classmethod
    def of(cls, model: type[models.Model], ordering: Sequence[Any]) -> Self:
        """The order that Django's `ordering` (names, F, OrderBy) asks for.

        Its first column counts, with the related model's own first column for a relation; further columns are kept
        while they go in the same direction.
        """
        wanted = [_name_and_direction(item) for item in ordering] or [("pk", False)]
        descending = wanted[0][1]
        first = _column(model, wanted[0][0])
        paths = [first]
        if LOOKUP_SEP in first:
            paths.append(first.rpartition(LOOKUP_SEP)[0])
            own = model._meta.ordering or ()
            wanted = [wanted[0], *((str(name).lstrip("-"), descending) for name in own)]
        for name, direction in wanted[1:]:
            if name == "pk" or direction != descending:
                break
            if LOOKUP_SEP not in name and not model._meta.get_field(name).null and name not in paths:
                paths.append(name)
        return cls(model, (*(path for path in paths if path != "pk"), "pk"), descending)

    @property
    def fields(self) -> list[Any]:
        return [get_fields_from_path(self.model, path)[-1] for path in self._named(self.paths)]

    @property
    def relation(self) -> str | None:
        """The relation that the first column is reached through."""
        return self.paths[0].rpartition(LOOKUP_SEP)[0] or None

    @property
    def nullable(self) -> bool:
        return any(field.null for field in get_fields_from_path(self.model, self._named(self.paths)[0]))

    def within_parent(self) -> "Order":
        """The order of rows that all have the same parent, for an order that starts with the parent's column."""
        return self._replace(paths=self.paths[2:])

    def suited_to(self, count: Count, using: str) -> "Order":
        """This order, read in the way that suits `count` rows that a condition leaves on PostgreSQL.

        Its planner thinks that what is asked for lies evenly along a sorted index and walks that until the page is
        full; names that start with the searched word lie together, and the walk reads the whole table (11 s of
        3,000,000 rows). So few rows are found first and then sorted.
        """
        few = connections[using].vendor == "postgresql" and count.kind == "exact"
        return self._replace(filter_first=True) if few else self

    def _named(self, paths: Sequence[str]) -> list[str]:
        pk = self.model._meta.pk
        assert pk is not None
        return [pk.name if path == "pk" else path for path in paths]

    def columns(self) -> list[OrderBy]:
        """What to give to QuerySet.order_by()."""
        return _ordering(self, self.paths, backward=False)

    def position(self, row: models.Model) -> str:
        """Where `row` stands in this order, as text for a link."""
        values = [_value(row, path) for path in self.paths]
        text = json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def values(self, position: str) -> list[Any]:
        """The column values of a position. Raises BadPosition for a text that does not come from position()."""
        try:
            text = base64.urlsafe_b64decode(position + "=" * (-len(position) % 4)).decode()
            values = json.loads(text)
            if not isinstance(values, list) or len(values) != len(self.paths) or "\x00" in text:
                raise ValueError(position)
            pairs = zip(self.fields, values, strict=True)
            return [None if value is None else _target(field).to_python(value) for field, value in pairs]
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError):
            raise BadPosition(position) from None


class Page(NamedTuple):
    rows: list[Any]
    has_next: bool
    has_previous: bool


def read_page(
    queryset: models.QuerySet[Any],
    order: Order,
    size: int,
    *,
    after: str | None = None,
    before: str | None = None,
    start: Any = None,
    last: bool = False,
) -> Page:
    """`size` rows of `queryset`: the first ones, those after or before a position, from a value on, or the last.

    Raises BadPosition for a position that is none of this order.
    """
    backward = last or before is not None
    position = before if before is not None else after
    values = order.values(position) if position is not None else None
    rows: list[Any] = []
    for condition, paths, needed in _stages(order, values, start, backward):
        room = size + 1 - len(rows)
        if room > 0 or needed:
            found = queryset.filter(condition).order_by(*_ordering(order, paths, backward))[: max(room, 1)]
            rows += list(found)[: max(room, 0)]
    more = len(rows) > size
    rows = rows[:size]
    if not backward:
        return Page(rows, more, after is not None or start is not None)
    return Page(rows[::-1], before is not None, more)


def _stages(
    order: Order, values: list[Any] | None, start: Any, backward: bool
) -> Iterator[tuple[Q, Sequence[str], bool]]:
    """(condition, columns to sort by, whether to read even when the page is full) for each range of rows.

    Both ranges of a nullable column are read although one may fill the page: a first page and a last page cost the
    same number of queries whatever there is.
    """
    first = order.paths[0]
    rest = order.paths[2:] if order.relation else order.paths[1:]
    filled = Q((f"{first}__isnull", False)) if order.nullable else Q()
    empty = (Q((f"{order.relation or first}__isnull", True)), rest, True)
    upward = backward == order.descending
    in_empty = values is not None and values[0] is None
    stages: list[tuple[Q, Sequence[str], bool]] = []
    if values is None:
        if start is not None:
            filled &= Q((f"{first}__{'lte' if order.descending else 'gte'}", start))
        stages = [(filled, order.paths, order.nullable)]
    elif not in_empty:
        stages = [(filled & condition, paths, False) for condition, paths in _beyond(order, values, upward)]
    if not order.nullable:
        return iter(stages)
    if in_empty:
        known = values[-len(rest) :] if values else []
        empty = (empty[0] & _compare(order, rest, known, upward), rest, True)
        return iter([empty, (filled, order.paths, True)] if backward else [empty])
    if backward:
        return iter([empty, *stages] if values is None else stages)
    return iter([*stages, empty])


def _beyond(order: Order, values: list[Any], upward: bool) -> Iterator[tuple[Q, Sequence[str]]]:
    """The ranges that lie beyond the position."""
    first, *rest = order.paths
    if not order.relation:
        yield _compare(order, order.paths, values, upward), order.paths
        return
    relation, inner = rest[0], rest[1:]
    sign = "gt" if upward else "lt"
    yield Q((relation, values[1])) & _compare(order, inner, values[2:], upward), inner
    yield Q((first, values[0])) & Q((f"{relation}__{sign}", values[1])), rest
    yield Q((f"{first}__{sign}", values[0])), order.paths


def _compare(order: Order, paths: Sequence[str], values: Sequence[Any], upward: bool) -> Q:
    fields = [get_fields_from_path(order.model, path)[-1] for path in order._named(paths)]
    pairs = zip(values, fields, strict=True)
    known = [Value(value, output_field=_target(field)) for value, field in pairs]
    row = _Row(*(F(path) for path in paths))
    return Q(_Compared(row, _Row(*known), arg_joiner=" > " if upward else " < "))


def _ordering(order: Order, paths: Sequence[str], backward: bool) -> list[OrderBy]:
    descending = order.descending != backward
    # F() and not a name: a relation's name would stand for the related model's own ordering.
    columns = [Func(F(path), function="GREATEST") if order.filter_first else F(path) for path in paths]
    return [column.desc() if descending else column.asc() for column in columns]


def _name_and_direction(item: Any) -> tuple[str, bool]:
    if isinstance(item, str):
        return item.lstrip("-"), item.startswith("-")
    if isinstance(item, OrderBy) and isinstance(item.expression, F):
        return item.expression.name, item.descending  # type: ignore[attr-defined]
    if isinstance(item, F):
        return item.name, False  # type: ignore[attr-defined]
    raise TypeError(f"Sort by a column, not by {item!r}: pages by key need its value.")


def _column(model: type[models.Model], path: str) -> str:
    """The path of a column; for a relation, that of the related model's first own sort column."""
    if path == "pk":
        return path
    field: Any = get_fields_from_path(model, path)[-1]
    if not field.is_relation or path.endswith("_id"):
        return path
    related = field.related_model._meta
    first = str(related.ordering[0]).lstrip("-") if related.ordering else related.pk.name
    return f"{path}{LOOKUP_SEP}{related.pk.name if first == 'pk' else first}"


def _value(row: Any, path: str) -> Any:
    *relations, name = path.split(LOOKUP_SEP)
    for relation in relations:
        row = getattr(row, relation)
        if row is None:
            return None
    value = row.pk if name == "pk" else getattr(row, row._meta.get_field(name).attname)
    return value


def _target(field: Any) -> Any:
    """The field whose type the column has: a foreign key's is that of what it points at."""
    while field.is_relation:
        field = field.target_field
    return field


__all__ = ["BadPosition", "Order", "Page", "read_page"]
