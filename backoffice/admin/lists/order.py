"""What a list is sorted by, and where a row stands in that order, as text for a link.

An order is a list of columns in one direction that ends in the primary key. Rows whose first column is empty come
last in either direction.
"""

import base64
import binascii
import datetime
import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections, models
from django.db.models import F
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import OrderBy
from django.db.models.fields.files import FieldFile

AFTER, BEFORE, LAST, START = "after", "before", "last", "from"  # parameters of a list's address
POSITION_VARS = (AFTER, BEFORE, LAST, START)


class _Exact(DjangoJSONEncoder):
    """With microseconds: Django's encoder cuts them off, and a position would stand beside its row."""

    def default(self, value: Any) -> Any:
        if isinstance(value, FieldFile):
            return value.name
        exact = isinstance(value, datetime.datetime | datetime.time)
        return value.isoformat() if exact else super().default(value)


class BadPosition(ValueError):
    """A position in a link that was not made by us."""


class Order(NamedTuple):
    """Columns to sort by, the last one the primary key, all in one direction."""

    model: type[models.Model]
    paths: tuple[str, ...]
    descending: bool = False
    filter_first: bool = False  # find the rows by their condition, then sort them: see found_first()

    @classmethod
    def of(cls, model: type[models.Model], ordering: Sequence[Any]) -> Self:
        """The order that Django's `ordering` (names, F, OrderBy) asks for.

        Its first column counts, with the related model's own first column for a relation; further columns are kept
        while they go in the same direction. What is no column is left out: a row has no value of it to go on from.
        """
        asked = (name_and_direction(item) for item in ordering)
        wanted = [(name, down) for name, down in asked if is_column(model, name)] or [("pk", False)]
        descending = wanted[0][1]
        first = _column(model, wanted[0][0])
        paths = [first]
        if LOOKUP_SEP in first:
            paths.append(first.rpartition(LOOKUP_SEP)[0])
            own = [name_and_direction(item)[0] for item in model._meta.ordering or ()]
            wanted = [wanted[0], *((name, descending) for name in own if is_column(model, name))]
        for name, direction in wanted[1:]:
            if name == "pk" or direction != descending:
                break
            if LOOKUP_SEP not in name and not model._meta.get_field(name).null and name not in paths:
                paths.append(name)
        return cls(model, (*(path for path in paths if path != "pk"), "pk"), descending)

    @property
    def fields(self) -> list[Any]:
        return [get_fields_from_path(self.model, path)[-1] for path in self.named(self.paths)]

    @property
    def relation(self) -> str | None:
        """The relation that the first column is reached through."""
        return self.paths[0].rpartition(LOOKUP_SEP)[0] or None

    @property
    def nullable(self) -> bool:
        return any(field.null for field in get_fields_from_path(self.model, self.named(self.paths)[0]))

    def within_parent(self) -> "Order":
        """The order of rows that all have the same parent, for an order that starts with the parent's column."""
        return self._replace(paths=self.paths[2:])

    def found_first(self, using: str) -> "Order":
        """This order, for rows of which a condition leaves not very many on PostgreSQL.

        Its planner thinks that what is asked for lies evenly along a sorted index and walks that until the page is
        full; names that start with the searched word lie together, and the walk reads the whole table (11 s of
        3,000,000 rows). So the rows are found first and then sorted.
        """
        return self._replace(filter_first=connections[using].vendor == "postgresql")

    def named(self, paths: Sequence[str]) -> list[str]:
        pk = self.model._meta.pk
        assert pk is not None
        return [pk.name if path == "pk" else path for path in paths]

    def columns(self) -> list[OrderBy]:
        """What to give to QuerySet.order_by(): empty values last."""
        if self.descending:
            return [F(path).desc(nulls_last=True) for path in self.paths]
        return [F(path).asc(nulls_last=True) for path in self.paths]

    @property
    def name(self) -> str:
        return ("-" if self.descending else "") + ",".join(self.paths)

    def position(self, row: models.Model) -> str:
        """Where `row` stands in this order, which it names, as text for a link."""
        values = [self.name, *(_value(row, path) for path in self.paths)]
        text = json.dumps(values, cls=_Exact, ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def values(self, position: str) -> list[Any]:
        """The column values of a position. Raises BadPosition for one that was not made in this order."""
        try:
            text = base64.urlsafe_b64decode(position + "=" * (-len(position) % 4)).decode()
            values = json.loads(text)
            if not isinstance(values, list) or values[:1] != [self.name]:
                raise ValueError(position)
            pairs = zip(self.fields, values[1:], strict=True)
            found = [None if value is None else _known(target(field), value) for field, value in pairs]
            # The first column may be empty, with the relation that leads to it; the others are never.
            if None in (found[2:] if self.relation and found[0] is None else found[1:]):
                raise ValueError(position)
            return found
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError):
            raise BadPosition(position) from None

    def made(self, position: str | None) -> bool:
        """Whether a position is one of this order."""
        try:
            return position is not None and bool(self.values(position))
        except BadPosition:
            return False


def name_and_direction(item: Any) -> tuple[str, bool]:
    """What an item of Django's `ordering` sorts by, and whether it descends; "" for an expression that has no name."""
    if isinstance(item, str):
        return item.lstrip("-"), item.startswith("-")
    if isinstance(item, OrderBy) and isinstance(item.expression, F):
        return item.expression.name, item.descending  # type: ignore[attr-defined]
    if isinstance(item, F):
        return item.name, False  # type: ignore[attr-defined]
    return "", False


def is_column(model: type[models.Model], path: str) -> bool:
    """Whether each row has one value of it that a link can hold: no expression or annotation, nor many related rows."""
    try:
        found = [] if path == "pk" else get_fields_from_path(model, path)
    except (FieldDoesNotExist, NotRelationField):
        return False
    return all(field.concrete and not field.many_to_many and has_places(field) for field in found)


def _column(model: type[models.Model], path: str) -> str:
    """The path of a column; for a relation, that of the related model's first own sort column."""
    if path == "pk":
        return path
    field: Any = get_fields_from_path(model, path)[-1]
    if not field.is_relation or path.endswith("_id"):
        return path
    return f"{path}{LOOKUP_SEP}{first_column(field.related_model)}"


def first_column(model: type[models.Model]) -> str:
    """The column that the model's own ordering begins with; its key where that is none."""
    assert model._meta.pk is not None
    first, _descending = name_and_direction((*(model._meta.ordering or ()), "pk")[0])
    return first if first != "pk" and is_column(model, first) else model._meta.pk.name


def _value(row: Any, path: str) -> Any:
    *relations, name = path.split(LOOKUP_SEP)
    for relation in relations:
        row = getattr(row, relation)
        if row is None:
            return None
    value = row.pk if name == "pk" else getattr(row, row._meta.get_field(name).attname)
    return value


def _known(field: Any, value: Any) -> Any:
    """A value of a position as the column's type. Raises ValueError for one that no engine can store.

    A text is left as it is stored: a field that trims would name another place than its row's.
    """
    if not isinstance(value, str | int | float):
        raise ValueError(value)
    found = str(value) if isinstance(field, models.CharField | models.TextField) else field.to_python(value)
    if isinstance(found, str):
        found.encode()  # JSON can write half of a character, which is a ValueError here
    if (isinstance(found, str) and "\x00" in found) or (isinstance(found, int) and abs(found) >= 2**63):
        raise ValueError(value)
    return found


def has_places(field: Any) -> bool:
    """Whether rows have a place in the order of this column that a link can hold."""
    return not isinstance(field, models.JSONField | models.BinaryField)


def target(field: Any) -> Any:
    """The field whose type the column has: a foreign key's is that of what it points at."""
    while field.is_relation:
        field = field.target_field
    return field
