"""Pages by key: the next page starts after the last row shown, so any depth costs the same.

A page is read in stages, each a range of one index, until it is full:

* the rows after (or before) a position: one row comparison, (name, id) > (…, …);
* for an order that starts in a related table: first the rest of the same parent, then parents of the same name,
  then the parents that follow, because no index spans two tables;
* the rows whose first column is empty.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import OrderBy, RawSQL
from django.db.models.sql.where import WhereNode

from backoffice.admin.lists import near
from backoffice.admin.lists.order import Order, target
from backoffice.admin.lists.sqlite_reading import parents_first

FEW = 1_000  # parents


class _Row(Func):
    template = "(%(expressions)s)"


class _Compared(Func):
    """row > row, as every engine that we support knows it and reads it from an index."""

    template = "%(expressions)s"
    output_field = models.BooleanField()


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
    parents: Q | None = None,
    as_set: models.QuerySet[Any] | None = None,
    reach: int = near.NEAR,
) -> Page:
    """`size` rows of `queryset`: the first ones, those after or before a position, from a value on, or the last.

    One query, whatever there is: the ranges are read one after another until there are keys enough, and only then
    other tables are joined. `parents` says which rows of the related table those of `queryset` may have as parents, for
    an order that starts there. `as_set` are the same rows, asked for in a way that suits finding all of them: on
    PostgreSQL, where no page of them is within `reach` rows of the table. Raises BadPosition for a position that is
    none of this order.
    """
    backward = last or before is not None
    position = before if before is not None else after
    values = order.values(position) if position is not None else None
    stages = _stages(order, values, start, backward, walks=_walks(order, queryset.db))
    reader = _Reader(queryset, order, backward, size + 1, parents, as_set, reach)
    ranges = [reader.keys(stage) for stage in stages]
    rows = list(_rows(queryset, [found for found in ranges if found], size + 1).order_by(*order.columns()))
    more = len(rows) > size
    if not backward:
        return Page(rows[:size], more, after is not None or start is not None)
    return Page(rows[-size:], before is not None, more)


def _rows(
    queryset: models.QuerySet[Any], ranges: list[tuple[str, tuple[Any, ...]]], limit: int
) -> models.QuerySet[Any]:
    """The rows of `queryset` whose keys these ranges hold, `limit` at the most."""
    if not ranges:
        return queryset.none()
    rows = queryset.all()
    rows.query.where = WhereNode()  # the ranges have asked all of it; a search is not to be made twice
    # A range of a table of its own: MySQL allows a limit in no other place.
    union = " UNION ALL ".join(f"SELECT * FROM ({sql}) r{n}" for n, (sql, _) in enumerate(ranges))  # noqa: S608
    sql = f"SELECT * FROM ({union} LIMIT %s) page_keys"  # noqa: S608
    params = [value for _, known in ranges for value in known]
    found: models.QuerySet[Any] = rows.filter(pk__in=RawSQL(sql, [*params, limit]))  # noqa: S611
    return found


class _Range(NamedTuple):
    condition: Q
    paths: Sequence[str]  # to sort by
    parents: Q | None = None  # to find the rows from their parents, in the parents' order: which ones


class _Reader(NamedTuple):
    """Writes the SQL for the keys of a range."""

    queryset: models.QuerySet[Any]
    order: Order
    backward: bool
    limit: int
    parents: Q | None
    as_set: models.QuerySet[Any] | None
    reach: int

    def keys(self, found: _Range) -> tuple[str, tuple[Any, ...]] | None:
        """SQL and its parameters; None where the range cannot hold any row."""
        try:
            if found.parents is not None:
                return self._from_parents(found.parents)
            own = not any(LOOKUP_SEP in path for path in found.paths)
            if self.as_set is not None and own and connections[self.queryset.db].vendor == "postgresql":
                return self._near_or_set(found, self.as_set)
            condition = found.condition & parents_first(self.order, found.paths, self.queryset.db)
            rows = self.queryset.filter(condition).values("pk")
            return self._sql(rows.order_by(*_ordering(self.order, found.paths, self.backward))[: self.limit])
        except EmptyResultSet:
            return None

    def _near_or_set(self, found: _Range, as_set: models.QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
        ordering = _ordering(self.order, found.paths, self.backward)
        table = self.order.model._base_manager.using(self.queryset.db)
        nearest = table.filter(found.condition).order_by(*ordering)[: self.reach]
        close = near.among(self.queryset, nearest)
        every = as_set.filter(found.condition).values("pk")
        sorting = _ordering(self.order._replace(filter_first=True), found.paths, self.backward)
        return near.first_full(
            self._sql(close.values("pk").order_by(*ordering)[: self.limit]),
            self._sql(every.order_by(*sorting)[: self.limit]),
            self.limit,
        )

    def _from_parents(self, condition: Q) -> tuple[str, tuple[Any, ...]]:
        """A page of each parent, parent after parent.

        PostgreSQL does not see by itself that two indexes together have the order, and would sort all the rows of
        parents of one name: everybody, where all are in one department.
        """
        field: Any = self.order.model._meta.get_field(str(self.order.relation))
        name = self.order.paths[0].rpartition(LOOKUP_SEP)[2]
        parents = field.related_model._base_manager.using(self.queryset.db).filter(condition)
        parents = parents.filter(self.parents) if self.parents else parents
        columns = {f"sort_{n}": F(path) for n, path in enumerate(self.order.paths[2:-1])}
        rows = self.queryset.annotate(**columns).filter(**{field.attname: RawSQL("parents.parent_key", [])})
        ordering = _ordering(self.order, self.order.paths[2:], self.backward)
        outer, known = self._sql(
            parents.order_by().values(parent_key=F(field.target_field.name), sort_first=F(name))
        )
        inner, more = self._sql(rows.order_by(*ordering).values("pk", *columns)[: self.limit])
        direction = "DESC" if self.order.descending != self.backward else "ASC"
        sorting = ", ".join(
            f"{column} {direction}" for column in ("sort_first", "parent_key", *columns, "pk")
        )
        kids = f"({outer}) parents CROSS JOIN LATERAL ({inner}) kids"
        end = f"ORDER BY {sorting} LIMIT %s"
        # Where few rows are parents, one would walk past all the others: these are looked up beforehand.
        are_few = f"(SELECT COUNT(*) FROM few WHERE id IS NOT NULL) <= {FEW}"  # noqa: S608
        few = f"SELECT pk FROM {kids} WHERE {are_few} AND parent_key IN (SELECT id FROM few) {end}"  # noqa: S608
        many = f"SELECT pk FROM {kids} WHERE NOT {are_few} {end}"  # noqa: S608
        return f"{_few_parents(field)} ({few}) UNION ALL ({many})", (*known, *more, self.limit) * 2

    def _sql(self, rows: models.QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
        sql, params = rows.query.get_compiler(self.queryset.db).as_sql()
        return sql, tuple(params)


def _few_parents(field: Any) -> str:
    """SQL that names the parents that have rows, by one step each in the index of `field`, until they are not few.

    Not with MIN: PostgreSQL has none of every kind of key that it sorts.
    """
    quote = connections["default"].ops.quote_name
    table, column = quote(field.model._meta.db_table), quote(field.column)
    least = f"SELECT {column} FROM {table} WHERE {column} {{}} ORDER BY {column} LIMIT 1"  # noqa: S608
    step = f"SELECT ({least.format('> few.id')}), n + 1 FROM few WHERE id IS NOT NULL AND n <= {FEW}"  # noqa: S608
    return f"WITH RECURSIVE few(id, n) AS (SELECT ({least.format('IS NOT NULL')}), 1 UNION ALL {step})"


def _walks(order: Order, using: str) -> bool:
    """Whether rows are found from their parents."""
    relation = order.relation
    near = relation is not None and LOOKUP_SEP not in relation
    return near and not order.filter_first and connections[using].vendor == "postgresql"


def _stages(
    order: Order, values: list[Any] | None, start: Any, backward: bool, *, walks: bool
) -> list[_Range]:
    """The ranges of rows, in the order in which they are read."""
    first = order.paths[0]
    rest = order.paths[2:] if order.relation else order.paths[1:]
    filled = Q((f"{first}__isnull", False)) if order.nullable else Q()
    nothing = _Range(Q((f"{order.relation or first}__isnull", True)), rest)
    upward = backward == order.descending
    if values is not None and values[0] is None:
        beyond = nothing._replace(
            condition=nothing.condition & _compare(order, rest, values[-len(rest) :], upward)
        )
        return [beyond, _Range(filled, order.paths, Q() if walks else None)] if backward else [beyond]
    if values is not None:
        beyonds = _beyond(order, values, upward, walks=walks)
        stages = [found._replace(condition=filled & found.condition) for found in beyonds]
    else:
        name, lookup = first.rpartition(LOOKUP_SEP)[2], "lte" if order.descending else "gte"
        known = start is not None
        condition = filled & Q((f"{first}__{lookup}", start)) if known else filled
        parents = Q((f"{name}__{lookup}", start)) if known else Q()
        stages = [_Range(condition, order.paths, parents if walks else None)]
    if not order.nullable or (backward and values is not None):
        return stages
    return [nothing, *stages] if backward else [*stages, nothing]


def _beyond(order: Order, values: list[Any], upward: bool, *, walks: bool) -> Iterator[_Range]:
    """The ranges that lie beyond the position."""
    first, *rest = order.paths
    if not order.relation:
        yield _Range(_compare(order, order.paths, values, upward), order.paths)
        return
    relation, inner = rest[0], rest[1:]
    sign = "gt" if upward else "lt"
    yield _Range(Q((relation, values[1])) & _compare(order, inner, values[2:], upward), inner)
    if walks:
        field: Any = order.model._meta.get_field(relation)
        paths = (first.rpartition(LOOKUP_SEP)[2], field.target_field.name)
        follows = _compare(Order(field.related_model, paths), paths, values[:2], upward)
        yield _Range(Q(), order.paths, follows)
        return
    stored = _literal(order, first, values[0])
    yield _Range(Q((first, stored)) & Q((f"{relation}__{sign}", values[1])), rest)
    yield _Range(Q((f"{first}__{sign}", stored)), order.paths)


def ranges(order: Order, values: list[Any] | None) -> list[tuple[Q, Sequence[str]]]:
    """The ranges that hold all rows, or those after the row with these `values`: condition and columns to sort by."""
    stages = _stages(order, values, None, False, walks=False)
    return [(stage.condition, stage.paths) for stage in stages]


def range_ordering(order: Order, paths: Sequence[str]) -> list[OrderBy]:
    return _ordering(order, paths, False)


def _compare(order: Order, paths: Sequence[str], values: Sequence[Any], upward: bool) -> Q:
    known = [_literal(order, path, value) for path, value in zip(paths, values, strict=True)]
    row = _Row(*(F(path) for path in paths))
    return Q(_Compared(row, _Row(*known), arg_joiner=" > " if upward else " < "))


def _literal(order: Order, path: str, value: Any) -> Value:
    """A value of a column, a text as it is stored: some fields would trim it on its way to the database."""
    [name] = order.named([path])
    field = target(get_fields_from_path(order.model, name)[-1])
    return Value(value, output_field=models.TextField() if isinstance(value, str) else field)


def _ordering(order: Order, paths: Sequence[str], backward: bool) -> list[OrderBy]:
    descending = order.descending != backward
    # F() and not a name: a relation's name would stand for the related model's own ordering.
    columns = [_apart(order, path) if order.filter_first else F(path) for path in paths]
    return [column.desc() if descending else column.asc() for column in columns]


def _apart(order: Order, path: str) -> Any:
    """A column to sort what was found by, such that no index tempts the planner to read in its order.

    A related one is looked up for each row: joined, the related table would be read first, with all of its rows.
    """
    relation, _sep, name = path.rpartition(LOOKUP_SEP)
    if not relation or LOOKUP_SEP in relation:
        return Func(F(path), function="GREATEST")
    field: Any = order.model._meta.get_field(relation)
    related = field.related_model._base_manager.filter(**{field.target_field.name: OuterRef(field.attname)})
    return Subquery(related.order_by().values(name)[:1])
