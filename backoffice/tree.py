"""Trees kept by a `parent` column: sub-trees and paths, one recursive query each, or a look-up in a closure table."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections, models
from django.db.models import F
from django.db.models.expressions import RawSQL

from backoffice.sql.closures import closure_of, is_kept


def descendants(model: type[models.Model], parent: str, roots: list[Any]) -> RawSQL:
    """A sub-query of the primary keys of `roots` and of everything below them, for `pk__in=…`."""
    return _closure(model, parent, _marks(roots), roots, up=False)


def some_descendants(model: type[models.Model], parent: str, roots: list[Any], limit: int) -> RawSQL:
    """descendants(), but of a large sub-tree only the first `limit` that are met, at that cost."""
    return first_of(descendants(model, parent, roots), limit)


def first_of(whole: RawSQL, limit: int) -> RawSQL:
    """Of the keys of a sub-tree the first `limit` that are met; the others are not looked for."""
    # A table of its own: MySQL allows a limit in no other place.
    return RawSQL(f"SELECT id FROM ({whole.sql} LIMIT %s) first_ones", [*whole.params, limit])  # noqa: S608, S611


class Under(models.Func):
    """Whether the row that a foreign key points at is one of `roots` or below.

    The first SMALL of a sub-tree are known once for all rows; of a larger one the rest is found by climbing from the
    row, at the cost of its depth. For reading a few rows in order, not for finding all of a sub-tree. MariaDB, where a
    recursive query cannot begin at a row of the query around it, finds all of it.
    """

    SMALL = 2_000
    output_field = models.BooleanField()

    def __init__(self, key: str, model: type[models.Model], parent: str, roots: list[Any]) -> None:
        super().__init__(F(key))
        self.model, self.parent, self.roots = model, parent, roots

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        start, params = compiler.compile(self.source_expressions[0])
        found = descendants(self.model, self.parent, self.roots)
        return f"({start} IN ({found.sql}))", [*params, *found.params]

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        quote = connection.ops.quote_name
        names = (self.model._meta.db_table, _column(self.model, "pk"), _column(self.model, self.parent))
        table, key, column = (quote(name) for name in names)
        start, params = compiler.compile(self.source_expressions[0])
        if is_kept(self.model, self.parent):
            within = f"SELECT 1 FROM {quote(closure_of(self.model))} c WHERE c.below = {start}"  # noqa: S608
            # With OFFSET PostgreSQL asks of one row after another instead of joining all that is below.
            return f"EXISTS ({within} AND c.above IN ({_marks(self.roots)}) OFFSET 0)", [*params, *self.roots]
        step = f"SELECT t.{column} FROM {table} t JOIN up ON t.{key} = up.id WHERE t.{column} IS NOT NULL"  # noqa: S608
        path = f"WITH RECURSIVE up(id) AS (SELECT {start} UNION {step})"
        found = f"SELECT 1 FROM up WHERE up.id IN ({_marks(self.roots)})"  # noqa: S608
        first = some_descendants(self.model, self.parent, self.roots, self.SMALL)
        more = some_descendants(self.model, self.parent, self.roots, self.SMALL + 1)
        large = f"(SELECT COUNT(*) FROM ({more.sql}) known) > %s"  # noqa: S608
        return (
            f"({start} IN ({first.sql}) OR ({large} AND EXISTS ({path} {found})))",
            [*params, *first.params, *more.params, self.SMALL, *params, *self.roots],
        )


class NearestAbove(models.Func):
    """The row that a foreign key points at or, as long as that is one of `passing`, the next above; NULL at the top."""

    output_field = models.BigIntegerField()

    def __init__(self, key: str, parent: str, passing: models.QuerySet[Any]) -> None:
        super().__init__(F(key))
        self.parent, self.passing = parent, passing

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        quote, model = connection.ops.quote_name, self.passing.model
        names = (model._meta.db_table, _column(model, "pk"), _column(model, self.parent))
        table, key, column = (quote(name) for name in names)
        passes = self.passing.order_by().filter(pk=RawSQL("up.id", [])).values("pk").query
        asked, values = passes.get_compiler(connection=connection, elide_empty=False).as_sql()
        start, params = compiler.compile(self.source_expressions[0])
        step = f"SELECT t.{column} FROM {table} t JOIN up ON t.{key} = up.id WHERE EXISTS ({asked})"  # noqa: S608
        climb = f"WITH RECURSIVE up(id) AS (SELECT {start} UNION {step})"
        found = f"SELECT up.id FROM up WHERE up.id IS NOT NULL AND NOT EXISTS ({asked})"  # noqa: S608
        return f"({climb} {found})", [*params, *values, *values]

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """From all of `passing` at once: MariaDB begins no recursive query at a row of the query around it."""
        quote, model = connection.ops.quote_name, self.passing.model
        names = (model._meta.db_table, _column(model, "pk"), _column(model, self.parent))
        table, key, column = (quote(name) for name in names)
        every = self.passing.order_by().values("pk").query
        asked, values = every.get_compiler(connection=connection, elide_empty=False).as_sql()
        start, params = compiler.compile(self.source_expressions[0])
        first = f"SELECT t.{key}, t.{column} FROM {table} t WHERE t.{key} IN ({asked})"  # noqa: S608
        step = (
            f"SELECT up.start, t.{column} FROM up JOIN {table} t ON t.{key} = up.id WHERE up.id IN ({asked})"  # noqa: S608
        )
        climb = f"WITH RECURSIVE up(start, id) AS ({first} UNION {step}) SELECT start, id FROM up"  # noqa: S608
        ends = f"SELECT n.id FROM ({climb}) n WHERE n.start = {start} AND n.id NOT IN ({asked})"  # noqa: S608
        return (
            f"CASE WHEN {start} IN ({asked}) THEN ({ends}) ELSE {start} END",
            [*params, *values, *values, *values, *params, *values, *params],
        )


def ancestors(model: type[models.Model], parent: str, leaves: list[Any]) -> RawSQL:
    """A sub-query of the primary keys of `leaves` and of everything above them, for `pk__in=…`."""
    return _closure(model, parent, _marks(leaves), leaves, up=True)


def below(rows: models.QuerySet[Any], parent: str) -> RawSQL:
    """A sub-query of the primary keys of `rows` and of everything below them, for `pk__in=…`."""
    keys = rows.order_by().values("pk").query
    try:
        start, params = keys.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        start, params = "NULL", ()
    return _closure(rows.model, parent, start, params, up=False)


class AtOrAbove(models.Func):
    """Whether a row is the one that `start` points at or above it: climbs for each, so each costs its depth."""

    output_field = models.BooleanField()

    def __init__(self, model: type[models.Model], parent: str, start: Any) -> None:
        super().__init__(F("pk"), start)
        self.model, self.parent = model, parent

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        quote = connection.ops.quote_name
        names = (self.model._meta.db_table, _column(self.model, "pk"), _column(self.model, self.parent))
        table, key, column = (quote(name) for name in names)
        (row, _), (start, params) = (compiler.compile(each) for each in self.source_expressions)
        step = f"SELECT t.{column} FROM {table} t JOIN up ON t.{key} = up.id WHERE t.{column} IS NOT NULL"  # noqa: S608
        path = f"WITH RECURSIVE up(id) AS (SELECT {start} UNION {step})"
        return f"EXISTS ({path} SELECT 1 FROM up WHERE up.id = {row})", params  # noqa: S608

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """From all rows at once: MariaDB begins no recursive query at a row of the query around it."""
        quote = connection.ops.quote_name
        names = (self.model._meta.db_table, _column(self.model, "pk"), _column(self.model, self.parent))
        table, key, column = (quote(name) for name in names)
        (row, _), (start, params) = (compiler.compile(each) for each in self.source_expressions)
        first = f"SELECT t.{key}, t.{key} FROM {table} t"  # noqa: S608
        step = f"SELECT up.start, t.{column} FROM up JOIN {table} t ON t.{key} = up.id WHERE t.{column} IS NOT NULL"  # noqa: S608
        path = f"WITH RECURSIVE up(start, id) AS ({first} UNION {step})"
        return f"(({start}, {row}) IN ({path} SELECT start, id FROM up))", params  # noqa: S608


def in_a_loop(rows: models.QuerySet[Any], parent: str) -> models.QuerySet[Any]:
    """Those of `rows` that are above themselves; asks at once whether there may be any."""
    hanging = rows.order_by().filter(**{f"{parent}__isnull": False})
    try:
        start, params = hanging.values(parent).query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return rows.none()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(f"{_rootless(rows.model, parent, start)} LIMIT 1", params)
        suspected = cursor.fetchone()
    if not suspected:
        return rows.none()
    if connections[rows.db].vendor == "mysql":
        # All at once: MariaDB begins no recursive query at a row of the query around it.
        return hanging.filter(pk__in=RawSQL(_loops(rows.model, parent, start), params))  # noqa: S611
    return hanging.filter(AtOrAbove(rows.model, parent, F(parent)))


def _rootless(model: type[models.Model], parent: str, start: str) -> str:
    """The rows at or above `start` from which no way leads up to a root: those in a loop, and those below one."""
    return f"WITH RECURSIVE {_lost(model, parent, start)} SELECT id FROM linked EXCEPT SELECT id FROM down"  # noqa: S608


def _loops(model: type[models.Model], parent: str, start: str) -> str:
    """Of these rows, those in a loop."""
    lost = "SELECT l.id, l.up FROM linked l WHERE l.id NOT IN (SELECT id FROM down)"
    climb = f"climb(id, up) AS ({lost} UNION SELECT c.id, l.up FROM climb c JOIN linked l ON l.id = c.up)"  # noqa: S608
    return f"WITH RECURSIVE {_lost(model, parent, start)}, {climb} SELECT id FROM climb WHERE id = up"  # noqa: S608


def _lost(model: type[models.Model], parent: str, start: str) -> str:
    """The rows at or above `start`, each with the one above it (linked), and those below a root or one (down).

    Looks rows up one by one, as a sub-query in the place of a column: for a join PostgreSQL would hash the whole
    table in every round.
    """
    quote = connection.ops.quote_name
    table, key, column = (
        quote(name) for name in (model._meta.db_table, _column(model, "pk"), _column(model, parent))
    )
    look_up = f"(SELECT t.{column} FROM {table} t WHERE t.{key} = c.id)"  # noqa: S608
    above = f"{start} UNION SELECT {look_up} FROM above c WHERE c.id IS NOT NULL"  # noqa: S608
    linked = f"SELECT c.id, {look_up} FROM above c WHERE c.id IS NOT NULL"  # noqa: S608
    down = "SELECT id FROM linked WHERE up IS NULL UNION SELECT l.id FROM linked l JOIN down d ON l.up = d.id"
    return f"above(id) AS ({above}), linked(id, up) AS ({linked}), down(id) AS ({down})"


def _closure(
    model: type[models.Model], parent: str, start: str, params: Iterable[Any], *, up: bool
) -> RawSQL:
    """`start` is what stands in IN (…): a sub-query, or marks for the values in `params`. No key comes twice."""
    # Names come from the model, values are parameters. UNION (not UNION ALL) ends even on a loop.
    quote = connection.ops.quote_name
    if is_kept(model, parent):
        found, of = ("above", "below") if up else ("below", "above")
        distinct = "" if start == "%s" else "DISTINCT "
        sql = f"SELECT {distinct}{found} AS id FROM {quote(closure_of(model))} WHERE {of} IN ({start})"  # noqa: S608
        return RawSQL(sql, list(params))  # noqa: S611
    table, key, column = (
        quote(name) for name in (model._meta.db_table, _column(model, "pk"), _column(model, parent))
    )
    if up:
        step = f"SELECT t.{column} FROM {table} t JOIN closure c ON t.{key} = c.id"  # noqa: S608
        step += f" WHERE t.{column} IS NOT NULL"
    else:
        step = f"SELECT t.{key} FROM {table} t JOIN closure c ON t.{column} = c.id"  # noqa: S608
    seed = f"SELECT {key} FROM {table} WHERE {key} IN ({start})"  # noqa: S608
    sql = f"WITH RECURSIVE closure(id) AS ({seed} UNION {step}) SELECT id FROM closure"  # noqa: S608
    return RawSQL(sql, list(params))  # noqa: S611


def _column(model: type[models.Model], name: str) -> str:
    """The database column of a field with one, such as a foreign key."""
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(field, models.Field) or field.column is None:
        raise ValueError(f"{model._meta.label}.{name} has no column of its own.")
    return field.column


def _marks(values: list[Any]) -> str:
    return ", ".join(["%s"] * len(values)) or "NULL"
