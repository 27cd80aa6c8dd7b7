"""What is below what in a tree, kept by PostgreSQL itself in the transaction that writes the tree.

To walk down a tree takes as long as what is below is large, in every query anew: 20 ms for a branch of 7,000 rows. A
closure table has a row for each row of the tree with itself and with each one above it. What is below is a range of its
index, whether one is below another a single look-up, and the planner knows how many there are. (Karwin, SQL
Antipatterns, 2010, chapter 3: "Closure Table".)

    AddClosure("author", parent="mentor")    # in a migration
    kept_closure = "mentor"                  # in the model; backoffice.tree then asks here

A statement that adds or moves rows finds by a trigger what is above them now, and others that do so wait until its
transaction ends: of two who each move a row neither sees the other's. Whoever deletes waits for nobody: what is left by
chance is of a row that is gone, and goes when it comes back.
"""

import zlib
from collections.abc import Iterable
from typing import Any

from django.db import connection, connections

from backoffice.sql.table_operations import TableOperation

TABLE = """
CREATE TABLE {closure} (above {type} NOT NULL, below {type} NOT NULL, PRIMARY KEY (above, below));
CREATE INDEX {closure}_below ON {closure} (below, above)
"""

# Rows above are looked up one by one, as a sub-query in the place of a column: for a join PostgreSQL would hash the
# whole table in every round. UNION (not UNION ALL) ends even on a loop.
FIND = """
CREATE FUNCTION {closure}_find(changed {type}[]) RETURNS void LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    moved {type}[];
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    moved := ARRAY(
        WITH RECURSIVE down(id) AS (
            SELECT unnest(changed) UNION SELECT t.{key} FROM down JOIN {table} t ON t.{parent} = down.id
        )
        SELECT id FROM down
    );
    DELETE FROM {closure} WHERE below = ANY (moved);
    INSERT INTO {closure} (above, below)
    WITH RECURSIVE up(above, below) AS (
        SELECT id, id FROM unnest(moved) id
        UNION
        SELECT (SELECT t.{parent} FROM {table} t WHERE t.{key} = up.above), up.below FROM up WHERE up.above IS NOT NULL
    )
    SELECT above, below FROM up WHERE above IS NOT NULL;
END $$
"""

DEEDS = {
    "insert": """
    PERFORM {closure}_find(ARRAY(SELECT {key} FROM later));""",
    "update": """
    changed := ARRAY(
        SELECT {key} FROM (SELECT {key}, {parent} FROM later EXCEPT SELECT {key}, {parent} FROM earlier) c
    );
    IF changed <> ARRAY[]::{type}[] THEN
        PERFORM {closure}_find(changed);
    END IF;""",
    "delete": """
    DELETE FROM {closure} WHERE below IN (SELECT {key} FROM earlier);""",  # none is above any other row by then
    "truncate": """
    TRUNCATE {closure};""",
}
SEEN = {
    "insert": "REFERENCING NEW TABLE AS later",
    "update": "REFERENCING OLD TABLE AS earlier NEW TABLE AS later",
    "delete": "REFERENCING OLD TABLE AS earlier",
    "truncate": "",
}
TRIGGER = """
CREATE FUNCTION {closure}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed {type}[];
BEGIN{deed}
    RETURN NULL;
END $$;
CREATE TRIGGER {closure}_{event} AFTER {event} ON {table} {seen}
FOR EACH STATEMENT EXECUTE FUNCTION {closure}_{event}()
"""
FILL = "SELECT {closure}_find(ARRAY(SELECT {key} FROM {table}))"

DEPARTS = """
WITH RECURSIVE walked(above, below) AS (
    SELECT {key}, {key} FROM {table}
    UNION
    SELECT (SELECT t.{parent} FROM {table} t WHERE t.{key} = w.above), w.below FROM walked w WHERE w.above IS NOT NULL
), kept(above, below) AS (
    SELECT c.above, c.below FROM {closure} c JOIN {table} t ON t.{key} = c.below
)
SELECT EXISTS (
    (SELECT above, below FROM walked WHERE above IS NOT NULL EXCEPT SELECT above, below FROM kept)
    UNION ALL (SELECT above, below FROM kept EXCEPT SELECT above, below FROM walked)
)
"""


class AddClosure(TableOperation):
    """Keep what is below what, by the relation `parent` of a model to itself. On PostgreSQL; elsewhere it is walked."""

    def __init__(self, model_name: str, *, parent: str) -> None:
        super().__init__(model_name)
        self.parent = parent

    def deconstruct(self) -> Any:
        return type(self).__name__, [self.model_name], {"parent": self.parent}

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        names = {
            **_names(model, self.parent),
            "type": model._meta.pk.rel_db_type(schema_editor.connection),
            "lock": zlib.crc32(f"backoffice.closures:{model._meta.label_lower}".encode()),
        }
        statements = [TABLE.format(**names), FIND.format(**names)]
        for event, deed in DEEDS.items():
            told = {"event": event, "deed": deed.format(**names), "seen": SEEN[event]}
            statements.append(TRIGGER.format(**names, **told))
        for statement in (*statements, FILL.format(**names), f"ANALYZE {closure_of(model)}"):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        closure = closure_of(from_state.apps.get_model(app_label, self.model_name))
        for event in DEEDS:
            schema_editor.execute(f"DROP FUNCTION {closure}_{event}() CASCADE")  # with its trigger
        schema_editor.execute(f"DROP FUNCTION {closure}_find")
        schema_editor.execute(f"DROP TABLE {closure}")

    def describe(self) -> str:
        return f"Keep which rows of {self.model_name} are below which"


def closure_of(model: Any) -> str:
    return f"{model._meta.db_table}_closure"


def _names(model: Any, parent: str) -> dict[str, Any]:
    return {
        "closure": closure_of(model),
        "table": model._meta.db_table,
        "key": model._meta.pk.column,
        "parent": model._meta.get_field(parent).column,
    }


def departs(model: Any, using: str) -> bool:
    """Whether the closure of a model that has one is not what its rows say, as after a load without triggers."""
    with connections[using].cursor() as cursor:
        cursor.execute(DEPARTS.format(**_names(model, model.kept_closure)))
        return bool(cursor.fetchone()[0])


def mending(model: Any) -> str:
    """SQL that finds all of it anew."""
    return FILL.format(**_names(model, model.kept_closure))


def is_kept(model: Any, parent: str) -> bool:
    """Whether the tree of `model` by `parent` has a closure table here."""
    return connection.vendor == "postgresql" and getattr(model, "kept_closure", None) == parent


def kept_closures(models: Iterable[Any]) -> list[str]:
    """The closure tables of those of `models` that have one here."""
    return [closure_of(model) for model in models if is_kept(model, getattr(model, "kept_closure", ""))]


def is_there(model: Any, using: str) -> bool:
    """Whether `using` has the closure table of `model` already, and is to have one."""
    connection = connections[using]
    if connection.vendor != "postgresql" or not getattr(model, "kept_closure", ""):
        return False
    return closure_of(model) in connection.introspection.table_names()
