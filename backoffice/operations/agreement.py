"""Whether the histories agree with the rows: asked in set-based SQL, of any recorded model.

The changes of a row are a chain. Each one's state after it is the next one's state before it, and the last one's state
after it is what is stored. A row without a record is one that nobody touched: only somebody who knows the rows from
before can judge it.
"""

# ruff: noqa: S608  # the names are those of our own tables and columns

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections

from backoffice.operations.later_columns import filling
from backoffice.operations.tables import recorded_fields

SAMPLE = 5
DIFFERS = {"sqlite": "{} IS NOT {}", "mysql": "NOT ({} <=> {})"}


def disagreements(model: Any, *, using: str = "default") -> list[str]:
    """Sentences, each with the keys of some rows; none when the record agrees."""
    found = []
    connection = connections[using]
    with connection.cursor() as cursor:
        for sentence, sql in _questions(model, connection):
            cursor.execute(sql)
            keys = [str(key) for (key,) in cursor.fetchmany(SAMPLE)]
            if keys:
                found.append(f"{model._meta.label} {', '.join(keys)}: {sentence}")
    return found


def _questions(model: Any, connection: Any) -> Iterator[tuple[str, str]]:
    """(what is wrong, SELECT of the keys of rows with which it is), of one model."""
    quote, differs = connection.ops.quote_name, DIFFERS.get(connection.vendor, "{} IS DISTINCT FROM {}")
    history, table = quote(model.history_model._meta.db_table), quote(model._meta.db_table)
    key = quote(model._meta.pk.column)
    fields = recorded_fields(model)
    old = {field: quote(f"old_{field.column}") for field in fields}
    new = {field: quote(f"new_{field.column}") for field in fields}
    filled = {field for field in fields if not field.null or filling(field, connection.alias) is not None}
    set_to = {field: f"(action = '+' OR fields LIKE '%,{field.name},%')" for field in fields}
    after = ", ".join(
        f"CASE WHEN {set_to[field]} THEN {new[field]} ELSE {old[field]} END AS {quote(field.column)}"
        for field in fields
    )
    states = (
        f"WITH states AS (SELECT id, row_id, action, {after}, "
        f"lead(id) OVER (PARTITION BY row_id ORDER BY id) AS next FROM {history}) "
    )

    def unequal(left: str, columns: Callable[[Any], str]) -> str:
        """Nothing is known of a column that came later, with a value in every row."""
        return " OR ".join(
            differs.format(f"{left}.{quote(field.column)}", columns(field))
            + (f" AND {left}.{quote(field.column)} IS NOT NULL" if field in filled else "")
            for field in fields
        )

    yield (
        "a change does not begin where the one before it ended",
        f"{states} SELECT s.row_id FROM states s JOIN {history} n ON n.id = s.next "
        f"WHERE (s.action = '-') <> (n.action = '+') "
        f"OR s.action <> '-' AND ({unequal('s', lambda field: f'n.{old[field]}')})",
    )
    yield (
        "what is stored is not what the last change left",
        f"{states} SELECT s.row_id FROM states s LEFT JOIN {table} live ON live.{key} = s.row_id "
        f"WHERE s.next IS NULL AND ((s.action = '-') <> (live.{key} IS NULL) "
        f"OR s.action <> '-' AND ({unequal('s', lambda field: f'live.{quote(field.column)}')}))",
    )
    unset = " OR ".join(f"NOT {set_to[field]} AND {new[field]} IS NOT NULL" for field in fields)
    kept = " OR ".join(f"{old[field]} IS NOT NULL" for field in fields)
    yield (
        "a record holds values that its action has not",
        f"SELECT row_id FROM {history} WHERE {unset} OR action = '+' AND ({kept}) "
        f"OR action = '~' AND fields = '' OR action = '-' AND fields <> ''",
    )
