"""What is in every table: how many rows, and a sum over all of them that another content would not have."""

import hashlib
from typing import Any

SQLITE_ROWS = 10_000
MODULUS = 2**64


def contents(connection: Any) -> dict[str, list[str]]:
    """Table → number and sum. Histories are tables like others: the chain of changes is compared with the rest."""
    names = sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))
    names += ["django_migrations"] if "django_migrations" not in names else []
    measure = {"postgresql": _on_postgres, "sqlite": _on_sqlite}[connection.vendor]
    with connection.cursor() as cursor:
        return {name: [str(value) for value in measure(connection, cursor, name)] for name in names}


def _on_postgres(connection: Any, cursor: Any, table: str) -> Any:
    name = connection.ops.quote_name(table)
    total = "coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)"
    cursor.execute(f"SELECT count(*), {total} FROM {name} t")  # noqa: S608  # a table's quoted name
    return cursor.fetchone()


def _on_sqlite(connection: Any, cursor: Any, table: str) -> Any:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
    number = total = 0
    while rows := cursor.fetchmany(SQLITE_ROWS):
        number += len(rows)
        for row in rows:
            digest = hashlib.blake2b(repr(row).encode(), digest_size=8).digest()
            total = (total + int.from_bytes(digest)) % MODULUS
    return number, total


def differences(was: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    """A sentence for each table that is not what it was."""
    found = []
    for table in sorted(was.keys() | now.keys()):
        before, after = was.get(table, ["none", ""]), now.get(table, ["none", ""])
        if before[0] != after[0]:
            found.append(f"{table} had {before[0]} rows and has {after[0]}.")
        elif before != after:
            found.append(f"{table} has {after[0]} rows, as before, but others.")
    return found
