"""How many rows there are of each parent, kept by PostgreSQL itself in the transaction that writes them.

To count the people of a department takes as long as it is large, even by an index alone. A tally is a table of changes:
each statement that adds, moves or removes rows notes down, by a trigger, by how many the number of each parent changes.
Their sum is exact for everybody who sees those rows, whichever way they were written, and nobody waits for anybody.
Where many changes of a parent have come together, the next one makes one of them.

    AddTally("book", by="author", where="withdrawn_on IS NULL")    # in a migration; ChangeTally counts others
    tallied(Book, keys)                                            # {author: number}
"""

from collections.abc import Iterable
from typing import Any

from django.db import connections, router

from backoffice.sql.table_operations import TableOperation

CROWDED = 100  # changes of one parent

TABLE = """
CREATE TABLE {tally} (parent {type} NOT NULL, number bigint NOT NULL);
CREATE INDEX {tally}_parent ON {tally} (parent)
"""

# What a statement did, by the rows that it found and left.
CHANGES = {
    "INSERT": "SELECT {by} AS parent, 1 AS one FROM later WHERE {where}",
    "DELETE": "SELECT {by} AS parent, -1 AS one FROM earlier WHERE {where}",
    "UPDATE": "SELECT {by} AS parent, 1 AS one FROM later WHERE {where} "
    "UNION ALL SELECT {by}, -1 FROM earlier WHERE {where}",
}
SEEN = {
    "INSERT": "NEW TABLE AS later",
    "DELETE": "OLD TABLE AS earlier",
    "UPDATE": "OLD TABLE AS earlier NEW TABLE AS later",
}
NOTE = """
CREATE OR REPLACE FUNCTION {tally}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    crowded {type}[];
BEGIN
    WITH noted AS (
        INSERT INTO {tally}
        SELECT parent, SUM(one) FROM ({changes}) changes WHERE parent IS NOT NULL GROUP BY parent HAVING SUM(one) <> 0
        RETURNING parent
    )
    SELECT array_agg(parent) INTO crowded FROM noted
    WHERE (SELECT COUNT(*) FROM {tally} known WHERE known.parent = noted.parent) > {limit};
    IF crowded IS NOT NULL THEN
        WITH gone AS (
            DELETE FROM {tally} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {tally} WHERE parent = ANY (crowded) FOR UPDATE SKIP LOCKED
            )) RETURNING parent, number
        )
        INSERT INTO {tally} SELECT parent, SUM(number) FROM gone GROUP BY parent;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER {tally}_{event} AFTER {event} ON {table} REFERENCING {seen}
FOR EACH STATEMENT EXECUTE FUNCTION {tally}_{event}()
"""
EMPTY = """
CREATE FUNCTION {tally}_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE {tally};
    RETURN NULL;
END $$;
CREATE TRIGGER {tally}_truncate AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {tally}_truncate()
"""
FILL = (
    "INSERT INTO {tally} SELECT {by}, COUNT(*) FROM {table} WHERE {where} AND {by} IS NOT NULL GROUP BY {by}"
)
LOCK = "LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"  # whoever reads goes on


def _of_each_event(statement: str) -> list[str]:
    """`statement` for inserting, deleting and updating; the names of the table stay open."""
    return [
        statement.replace("{event}", event.lower())
        .replace("{changes}", changes)
        .replace("{seen}", SEEN[event])
        for event, changes in CHANGES.items()
    ]


NOTES, TRIGGERS = _of_each_event(NOTE), _of_each_event(TRIGGER)


class AddTally(TableOperation):
    """Keep how many rows of a model that `where` (SQL about a row) there are for each value of the relation `by`.

    On PostgreSQL; elsewhere rows are counted.
    """

    def __init__(self, model_name: str, *, by: str, where: str) -> None:
        super().__init__(model_name)
        self.by, self.where = by, where

    def deconstruct(self) -> Any:
        return type(self).__name__, [self.model_name], {"by": self.by, "where": self.where}

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        names = _names(model, self.by, self.where, schema_editor)
        _execute(schema_editor, names, TABLE, EMPTY, *NOTES, *TRIGGERS, FILL)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        for event in ("truncate", "insert", "delete", "update"):
            schema_editor.execute(f"DROP FUNCTION {tally_of(model)}_{event}() CASCADE")  # with its trigger
        schema_editor.execute(f"DROP TABLE {tally_of(model)}")

    def describe(self) -> str:
        return f"Keep how many rows of {self.model_name} there are for each {self.by}"


class ChangeTally(TableOperation):
    """Keep in the tally of a model the numbers of rows that `where` instead of `was`; nobody who reads waits."""

    def __init__(self, model_name: str, *, by: str, was: str, where: str) -> None:
        super().__init__(model_name)
        self.by, self.was, self.where = by, was, where

    def deconstruct(self) -> Any:
        return type(self).__name__, [self.model_name], {"by": self.by, "was": self.was, "where": self.where}

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._keep(self.where, app_label, schema_editor, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._keep(self.was, app_label, schema_editor, to_state)

    def _keep(self, where: str, app_label: str, schema_editor: Any, state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        names = _names(state.apps.get_model(app_label, self.model_name), self.by, where, schema_editor)
        _execute(schema_editor, names, LOCK, *NOTES, "DELETE FROM {tally}", FILL)

    def describe(self) -> str:
        return f"Keep other numbers of rows of {self.model_name} for each {self.by}"


def _names(model: Any, by: str, where: str, schema_editor: Any) -> dict[str, Any]:
    field = model._meta.get_field(by)
    return {
        "tally": tally_of(model),
        "table": model._meta.db_table,
        "by": field.column,
        "type": field.rel_db_type(schema_editor.connection),
        "where": f"({where})",
        "limit": CROWDED,
    }


def _execute(schema_editor: Any, names: dict[str, Any], *statements: str) -> None:
    for statement in statements:
        schema_editor.execute(statement.format(**names), params=None)


def tally_of(model: Any) -> str:
    return f"{model._meta.db_table}_tally"


def tallied(model: Any, keys: Iterable[Any], using: str | None = None) -> dict[Any, int]:
    """key of a parent → number of its rows, of those that there are; on PostgreSQL, of a model with a tally."""
    using = using or router.db_for_read(model)
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT parent, SUM(number)::bigint FROM {tally_of(model)} WHERE parent = ANY (%s) "  # noqa: S608
            "GROUP BY parent HAVING SUM(number) <> 0",
            [list(keys)],
        )
        return dict(cursor.fetchall())
