"""Temporary tables of one connection, and the few words in which the engines differ.

A plan lives in four of them: what the file says (STAGED), which row each line means (NODES), how the rows will be
(PLANNED) and what is wrong (PROBLEMS); beside them one for each relation. Inside a transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from string import ascii_letters
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from backoffice.exchange import letters
from backoffice.exchange.letters import BLANKS
from backoffice.sql import memory
from backoffice.sql.frozen import temporary

STAGED, NODES, PLANNED, PROBLEMS = "import_staged", "import_nodes", "import_planned", "import_problems"
# A plan needs to know how many rows there are and which columns repeat themselves: a tenth of the usual sample.
FEW_STATISTICS = "SET LOCAL default_statistics_target = 10"
APART = "\x1f"  # stands between the cells of a line
SHOWN = 500  # characters of a cell in a list of what is wrong


class Scratch:
    def __init__(self, model: type[models.Model]) -> None:
        self.using = router.db_for_write(model)
        self.connection: BaseDatabaseWrapper = connections[self.using]
        self.vendor = self.connection.vendor
        self.made: list[str] = []
        self.keys: dict[str, str] = {}
        self.sought: dict[str, Sequence[str]] = {}
        self.numbers = count(1)
        memory.take(self.using)
        if self.vendor == "postgresql":
            self.run(FEW_STATISTICS)

    def quote(self, name: str | None) -> str:
        return str(self.connection.ops.quote_name(name or ""))

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """How many rows it wrote."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return int(cursor.rowcount)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return list(cursor.fetchall())

    def table(
        self,
        name: str,
        columns: Iterable[tuple[str, str]],
        *,
        key: str = "",
        sought: Sequence[str] = (),
        joined: Sequence[str] = (),
    ) -> str:
        """A new temporary table, without one of that name that an earlier plan left.

        The columns `sought` are indexed once the table is filled; on MySQL now, as CREATE INDEX commits there. So are
        those that whole sets are `joined` by, but on PostgreSQL: it hashes them in less time than an index takes. Its
        `key`, too, is made in half the time once the rows are there.
        """
        self.drop(name)
        kinds = dict(columns)
        if self.vendor == "postgresql":
            self.keys[name], key = key, ""
        else:
            sought = [*sought, *joined]
        parts = [f"{self.quote(column)} {self._kind(kind)}" for column, kind in kinds.items()]
        if key:
            parts.append(f"PRIMARY KEY ({self.quote(key)})")
        if self.vendor == "mysql":
            parts += [f"KEY ({self.quote(column)}{_start(kinds[column])})" for column in sought]
        else:
            self.sought[name] = sought
        self.run(f"CREATE TEMPORARY TABLE {name} ({', '.join(parts)})")
        self.made.append(name)
        return name

    def _kind(self, kind: str) -> str:
        return "longtext" if self.vendor == "mysql" and kind == "text" else kind

    def known(self, table: str) -> None:
        """The table is filled: index it, and let the planner know it."""
        made = [
            f"CREATE INDEX {table}_{next(self.numbers)} ON {table} ({self.quote(column)})"
            for column in self.sought.pop(table, ())
        ]
        if key := self.keys.pop(table, ""):
            made.insert(0, f"ALTER TABLE {table} ADD PRIMARY KEY ({self.quote(key)})")
        if self.vendor == "postgresql":  # in one go, which SQLite does not take
            made = ["; ".join([*made, f"ANALYZE {table}"])]
        for statement in made:
            self.run(statement)

    def drop(self, name: str) -> None:
        schema = {"postgresql": "pg_temp.", "sqlite": "temp."}.get(self.vendor, "")
        self.run(f"DROP {temporary(self.connection)} IF EXISTS {schema}{name}")

    def clear(self) -> None:
        while self.made:
            self.drop(self.made.pop())

    def differs(self, one: str, other: str) -> str:
        if self.vendor == "mysql":
            return f"NOT ({one} <=> {other})"
        return f"{one} {'IS NOT' if self.vendor == 'sqlite' else 'IS DISTINCT FROM'} {other}"

    def stripped(self, text: str) -> str:
        """As Python strips it."""
        if self.vendor == "mysql":
            return f"REGEXP_REPLACE({text}, '^[{BLANKS}]+|[{BLANKS}]+\\\\z', '')"
        return f"{'btrim' if self.vendor == 'postgresql' else 'trim'}({text}, '{BLANKS}')"

    def size(self, text: str) -> str:
        """In bytes."""
        return f"LENGTH(CAST({text} AS BLOB))" if self.vendor == "sqlite" else f"OCTET_LENGTH({text})"

    def folded(self, text: str) -> str:
        """As names are compared."""
        return letters.in_sql(self.vendor, text)

    def has_digits_alone(self, text: str) -> str:
        if self.vendor == "sqlite":
            return f"({text} <> '' AND {text} NOT GLOB '*[^0-9]*')"
        return f"{text} {'~' if self.vendor == 'postgresql' else 'REGEXP'} '^[0-9]+$'"

    def without_zeros(self, text: str) -> str:
        """Without those in front."""
        return f"TRIM(LEADING '0' FROM {text})" if self.vendor != "sqlite" else f"LTRIM({text}, '0')"

    def without_letters(self, text: str) -> str:
        """Without those of ASCII in front, and the signs among them."""
        if self.vendor == "sqlite":
            return f"LTRIM({text}, '{ascii_letters} _./-')"
        return f"REGEXP_REPLACE({text}, '^[A-Za-z _./-]+', '')"

    def joined(self, *parts: str) -> str:
        if self.vendor == "mysql":
            return f"CONCAT({', '.join(parts)})"
        return f"({' || '.join(parts)})"

    def cell(self, cells: str, position: str) -> str:
        """The text of the cell at this position, from 0 on."""
        if self.vendor == "postgresql":
            return f"split_part({cells}, chr(31), {position} + 1)"
        if self.vendor == "mysql":
            return (
                f"SUBSTRING_INDEX(SUBSTRING_INDEX({cells}, CHAR(31 USING utf8mb4), {position} + 1),"
                " CHAR(31 USING utf8mb4), -1)"
            )
        return f"backoffice_cell({cells}, {position})"

    def load(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        note: Callable[[str, bytes], None] | None = None,
    ) -> None:
        """`note` is told the table and each piece of what PostgreSQL's COPY is given."""
        if not rows:
            return
        names = ", ".join(self.quote(column) for column in columns)
        with self.connection.cursor() as cursor:
            if self.vendor == "postgresql":
                raw = cursor.cursor  # the wrapper that DEBUG puts around it knows no writer
                writer = _noting(raw, table, note) if note else None
                with raw.copy(f"COPY {table} ({names}) FROM STDIN", writer=writer) as copy:
                    for row in rows:
                        copy.write_row(row)
                return
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608

    def load_from(self, table: str, columns: Sequence[str], pieces: Iterable[bytes]) -> None:
        """What PostgreSQL's COPY was given once, again."""
        names = ", ".join(self.quote(column) for column in columns)
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for piece in pieces:
                copy.write(piece)

    def update_from(self, table: str, source: str, on: str, values: dict[str, str], where: str = "") -> int:
        """UPDATE `table` t with values from `source` s."""
        where = f" AND {where}" if where else ""
        if self.vendor == "mysql":
            changes = ", ".join(f"t.{self.quote(name)} = {value}" for name, value in values.items())
            return self.run(f"UPDATE {table} t JOIN {source} s ON {on}{where} SET {changes}")  # noqa: S608
        changes = ", ".join(f"{self.quote(name)} = {value}" for name, value in values.items())
        return self.run(f"UPDATE {table} AS t SET {changes} FROM {source} AS s WHERE {on}{where}")  # noqa: S608


def _noting(cursor: Any, table: str, note: Callable[[str, bytes], None]) -> Any:
    from psycopg.copy import LibpqWriter

    class Noting(LibpqWriter):
        def write(self, data: Any) -> None:
            super().write(data)
            note(table, data)

    return Noting(cursor)


def _start(kind: str) -> str:
    """How much of a text MySQL indexes, which cannot index all of it."""
    return "(191)" if kind in ("text", "longtext") else ""


def install() -> None:
    """Give every SQLite connection its functions: while a statement is under way, it takes none."""
    connection_created.connect(_add_functions, dispatch_uid="backoffice.exchange.scratch")


def _add_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        add = connection.connection.create_function
        add("backoffice_cell", 2, _cell, deterministic=True)
        add(letters.FUNCTION, 1, _folded, deterministic=True)


def _folded(text: str | None) -> str | None:
    return None if text is None else letters.folded(text)


def _cell(cells: str, position: int) -> str:
    parts = cells.split(APART)
    return parts[position] if position < len(parts) else ""
