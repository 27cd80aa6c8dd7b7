"""The search index on SQLite: a table of trigrams (FTS5) beside the searched one, kept by three triggers.

In the indexed text each word has two spaces before it and not one, so that the start of a word has trigrams as well: a
single letter is "  a". A query asks for rows that have all trigrams of what is searched for, and then compares those
rows' text: the index may hold too much (after a REPLACE, which fires no trigger for the row that it takes away), never
too little. Without content and positions it takes 80 bytes a row.

Triggers go with their table, and Django makes the table anew when a migration alters it. So an index without its
triggers is not asked, and is filled again when migrations have run.

Needs SQLite 3.34 with FTS5, in every program that writes to these tables; they need the fold function as well.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DatabaseError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col
from django.db.models.lookups import Contains

MOST_TRIGRAMS = 30
KIND = "content='', columnsize=0, detail='none', tokenize='trigram case_sensitive 1'"
TRIGGERS = ("insert", "update", "delete")
KEPT = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_search\\_%' ESCAPE '\\'"


class SearchText(models.TextField):
    """Text that can be asked for `words`."""


@SearchText.register_lookup
class Words(models.Lookup):
    """Whether a text has each of some parts in it: `search_text__words=["anna", " m"]`."""

    lookup_name = "words"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql: list[str] = []
        params: tuple[Any, ...] = ()
        for part in self.rhs:
            one, more = compiler.compile(Contains(self.lhs, part))
            sql.append(one)
            params += tuple(more)
        return f"({' AND '.join(sql)})", params

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.as_sql(compiler, connection)
        trigrams = _trigrams(self.rhs)
        if not trigrams or type(self.lhs) is not Col:  # what is made of a column has no index
            return sql, params
        opts = self.lhs.target.model._meta
        index = kept(connection).get(opts.db_table)
        if index is None:
            return sql, params
        quote = compiler.quote_name_unless_alias
        key = f"{quote(self.lhs.alias)}.{quote(opts.pk.column)}"
        rows = f"SELECT rowid FROM {quote(index)} WHERE {quote(index)} MATCH %s"  # noqa: S608
        return f"({key} IN ({rows}) AND {sql})", (trigrams, *params)


def _trigrams(parts: Iterable[str]) -> str:
    """What FTS5 is asked for; empty where nothing has a trigram."""
    texts = [part.replace(" ", "  ") for part in parts if "\0" not in part]
    found = dict.fromkeys(text[start : start + 3] for text in texts for start in range(len(text) - 2))
    quoted = ['"{}"'.format(trigram.replace('"', '""')) for trigram in found]
    return " AND ".join(quoted[:MOST_TRIGRAMS])


_known: WeakKeyDictionary[BaseDatabaseWrapper, tuple[Any, dict[str, str]]] = WeakKeyDictionary()


def kept(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The index of each table that has one with all its triggers; known until the schema changes."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        schema = connection.settings_dict["NAME"], _read(connection, "PRAGMA schema_version")
        known = _known.get(connection)
        if known and known[0] == schema:
            return known[1]
        found = _whole(_read(connection, KEPT))
    if not connection.in_atomic_block:  # a schema that is rolled back leaves its number to another one
        _known[connection] = schema, found
    return found


def _whole(triggers: list[tuple[str, str]]) -> dict[str, str]:
    events: dict[tuple[str, str], set[str]] = {}
    for name, table in triggers:
        index, _underscore, event = name.rpartition("_")
        events.setdefault((table, index), set()).add(event)
    return {table: index for (table, index), found in events.items() if found.issuperset(TRIGGERS)}


def _read(connection: BaseDatabaseWrapper, statement: str) -> list[Any]:
    """Past Django's cursor: what is asked here is no query of a page."""
    return list(connection.connection.execute(statement))


def create(model: type[models.Model], index: str, connection: BaseDatabaseWrapper) -> bool:
    """Create and fill the index of `model` unless it is kept; False, with a sentence, where it cannot be."""
    connection = connections[connection.alias]  # itself, not django.db's proxy
    if model._meta.db_table in kept(connection):
        return True
    reason = _reason_against(model)
    if not reason:
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                for statement in [*dropped(index), *_made(model, index)]:
                    cursor.execute(statement)
            return True
        except DatabaseError as error:
            reason = f"this SQLite has no FTS5 with trigrams, as 3.34 has ({error})"
    sys.stderr.write(
        f"\n  Search in {model._meta.verbose_name_plural} has no index: {reason}. "
        "Search works, but reads the whole table.\n"
    )
    return False


def _reason_against(model: type[models.Model]) -> str:
    whole = isinstance(model._meta.pk, models.IntegerField)
    return "" if whole else "SQLite's index needs a primary key that is a whole number"


def dropped(index: str) -> list[str]:
    triggers = [f'DROP TRIGGER IF EXISTS "{index}_{event}"' for event in TRIGGERS]
    return [*triggers, f'DROP TABLE IF EXISTS "{index}"']


def _made(model: type[models.Model], index: str) -> list[str]:
    table, search = model._meta.db_table, model._meta.get_field("search_text")
    assert model._meta.pk is not None
    key = model._meta.pk.column
    columns = [key, *(model._meta.get_field(name).column for name in search.columns)]  # type: ignore[union-attr]

    def text(row: str = "") -> str:
        return f"""{row}"{key}", replace({row}"search_text", ' ', '  ')"""

    def trigger(event: str, when: str, *deeds: str) -> str:
        return f'CREATE TRIGGER "{index}_{event}" AFTER {when} BEGIN {"; ".join(deeds)}; END'

    add = f'INSERT INTO "{index}" (rowid, words) SELECT {text("new.")}'
    take = f"""INSERT INTO "{index}" ("{index}", rowid, words) SELECT 'delete', {text("old.")}"""
    some = ", ".join(f'"{column}"' for column in dict.fromkeys(columns))
    other = f'old."{key}" IS NOT new."{key}" OR old."search_text" IS NOT new."search_text"'
    return [
        f'CREATE VIRTUAL TABLE "{index}" USING fts5(words, {KIND})',
        trigger("insert", f'INSERT ON "{table}"', add),
        trigger("update", f'UPDATE OF {some} ON "{table}" WHEN {other}', take, add),
        trigger("delete", f'DELETE ON "{table}"', take),
        f'INSERT INTO "{index}" (rowid, words) SELECT {text()} FROM "{table}" ORDER BY "{key}"',  # noqa: S608
    ]


def mend(model: type[models.Model], index: str, connection: BaseDatabaseWrapper) -> None:
    """Fill the index of `model` again if it lost its triggers."""
    exists = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = %s"
    if model._meta.db_table not in kept(connection):
        with connection.cursor() as cursor:
            there = cursor.execute(exists, [index]).fetchone()
        if there:
            create(model, index, connection)


@contextmanager
def filled_later(loaded: Iterable[type[models.Model]], using: str) -> Iterator[None]:
    """Inside, rows are written without the indexes, which are filled after: a twelfth of the time for many rows."""
    connection = connections[using]
    without = {model: index for model in loaded if (index := kept(connection).get(model._meta.db_table))}
    with connection.cursor() as cursor:
        for index in without.values():
            for statement in dropped(index):
                cursor.execute(statement)
    yield
    for model, index in without.items():
        create(model, index, connection)
