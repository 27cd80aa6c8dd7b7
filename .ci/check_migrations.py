"""Whether a migration lets the version before it go on working on a large table: .ci/lint runs it.

Looked at are the migrations that .ci/migrations.txt does not name; `--accept` writes them into it, once they are
released or somebody has decided. What is meant to be, a migration says itself, with the reason:

    accepted = {"RemoveField employee.shoe_size": "0.4 stopped reading it, and nothing older is running."}
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ACCEPTED = ROOT / ".ci" / "migrations.txt"
APPS = ("backoffice", "organization")
GONE = {
    "RemoveField": "the version before still uses the column. Stop using it in one release, remove it in the next",
    "DeleteModel": "the version before still reads the table. Stop using it in one release, remove it in the next",
    "RenameField": "the version before knows the old name only. Add a column, fill it, and remove the old one later",
    "RenameModel": "the version before knows the old table only. Keep it: Meta.db_table",
    "AlterModelTable": "the version before knows the old table only",
}
INDEX = "nobody can write while it is built. Use AddIndexQuietly of backoffice.sql.quiet_indexes, with atomic = False"
UNIQUE = "nobody can write while it is built. Accept it for a small table; else build a unique index first"
FILLED = "the version before leaves it out and is refused. Give it null=True or db_default"
TIGHTER = (
    "all rows are read under a lock, and the version before may still write NULL. Accept it one release later"
)
RETYPED = "the table is rewritten under a lock, or the version before writes what no longer fits. Add a column instead"
RENAMED = "the version before knows the old column only. Add a column, fill it, and remove the old one later"
REWRITTEN = "the table is rewritten under a lock. Fill a column of its own instead"
RELATED = (
    "a constraint is checked and an index built under a lock. Accept it for a small table; else db_constraint=False, "
    "db_index=False, and AddIndexQuietly"
)
BY_HAND = "what becomes of a table is not judged here. Accept it with the reason why nobody is stopped"
CHANGES = re.compile(
    r"\b(ALTER\s+TABLE|DROP\s+(TABLE|INDEX|VIEW)|TRUNCATE|LOCK\s+TABLE|UPDATE|DELETE\s+FROM"
    r"|CREATE\s+(UNIQUE\s+)?INDEX(?!\s+CONCURRENTLY))\b",
    re.IGNORECASE,
)
TOGETHER = "rows are changed while the table is locked. Give the data a migration of its own"


def findings(migration: Any, state: Any) -> Iterator[tuple[str, str]]:
    """(what it does, why it is not done) of one migration; `state` is that before it."""
    made: set[str] = set()
    kinds = [type(operation).__name__ for operation in migration.operations]
    if {"RunPython"} & set(kinds) and set(kinds) - {"RunPython", "RunSQL"} - {"CreateModel"}:
        yield "RunPython beside changes of tables", TOGETHER
    for operation, kind in zip(migration.operations, kinds, strict=True):
        if kind == "SeparateDatabaseAndState":
            inner = SimpleNamespace(operations=operation.database_operations, app_label=migration.app_label)
            yield from findings(inner, state)
            continue
        model = getattr(
            operation, "model_name", getattr(operation, "old_name", getattr(operation, "name", ""))
        ).lower()
        if kind == "CreateModel":
            made.add(model)
        elif model not in made:
            yield from _of(operation, kind, model, migration.app_label, state)


def _of(operation: Any, kind: str, model: str, app: str, state: Any) -> Iterator[tuple[str, str]]:
    field = {"RenameField": "old_name", "RenameModel": "", "DeleteModel": ""}.get(kind, "name")
    name = f"{kind} {model}.{getattr(operation, field)}" if hasattr(operation, field) else f"{kind} {model}"
    if kind in GONE:
        yield name, GONE[kind]
    elif kind in ("AddIndex", "AlterIndexTogether"):
        yield f"{kind} {model}.{operation.index.name}", INDEX
    elif kind == "AddConstraint":
        yield f"{kind} {model}.{operation.constraint.name}", UNIQUE
    elif kind == "AlterUniqueTogether":
        yield name, UNIQUE
    elif kind == "RunSQL":
        yield from (
            (f"RunSQL {found[0]}", BY_HAND) for found in map(CHANGES.search, _texts(operation.sql)) if found
        )
    elif kind == "AddField":
        yield from _added(operation.field, name)
    elif kind == "AlterField":
        yield from _altered(state.models[app, model].fields[operation.name], operation.field, name)


def _texts(sql: Any) -> list[str]:
    """The statements of a RunSQL, each perhaps with its parameters."""
    return [sql] if isinstance(sql, str) else [one if isinstance(one, str) else one[0] for one in sql]


def _added(field: Any, name: str) -> Iterator[tuple[str, str]]:
    if not (field.null or field.many_to_many or field.has_db_default() or getattr(field, "generated", False)):
        yield name, FILLED
    if getattr(field, "generated", False) and field.db_persist:
        yield name, REWRITTEN
    if field.remote_field and not field.many_to_many and (field.db_constraint or field.db_index):
        yield name, RELATED
    elif field.unique or (field.db_index and field.remote_field is None):
        yield name, UNIQUE


def _altered(was: Any, now: Any, name: str) -> Iterator[tuple[str, str]]:
    if was.db_column != now.db_column:
        yield name, RENAMED
    if was.null and not now.null:
        yield name, TIGHTER
    shorter = (getattr(now, "max_length", None) or 0) < (getattr(was, "max_length", None) or 0)
    if was.get_internal_type() != now.get_internal_type() or shorter:
        yield name, RETYPED
    if (now.unique, now.db_index) != (was.unique, was.db_index) and (now.unique or now.db_index):
        yield name, UNIQUE


def complaints(loader: Any, accepted: set[str]) -> Iterator[str]:
    for app, name in sorted(key for key in loader.graph.nodes if key[0] in APPS):
        migration = loader.graph.nodes[app, name]
        if f"{app}.{name}" in accepted:
            continue
        state = loader.project_state((app, name), at_end=False)
        for what, why in findings(migration, state):
            if what not in getattr(migration, "accepted", {}):
                yield f"{app}.{name}: {what}: {why}."


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    if "--accept" in arguments:
        names = sorted(f"{app}.{name}" for app, name in loader.graph.nodes if app in APPS)
        ACCEPTED.write_text("\n".join(names) + "\n")
        return 0
    found = list(complaints(loader, set(ACCEPTED.read_text().split())))
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
