"""CSV as PostgreSQL writes it: COPY of the same rows, with the rule of formulas.py in SQL. Five times as quick."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models

from backoffice.exchange.writing.columns import Exported, values

SIGNS = ", ".join(str(ord(sign)) for sign in "=+-@\t\r")  # no text of PostgreSQL holds a NUL
TEXTS = (models.CharField, models.TextField)
NUMBERS = (models.IntegerField, models.DecimalField, models.BooleanField)


def can_write(columns: Sequence[Exported]) -> bool:
    """Whether SQL has the same text for the values of these columns as Python."""
    return all(_is_day(column.field) or isinstance(column.field, TEXTS + NUMBERS) for column in columns)


def written(rows: models.QuerySet[Any], columns: Sequence[Exported]) -> tuple[int, bytes]:
    """How many rows there were, and their lines."""
    import psycopg

    inner, params = values(rows, columns).query.get_compiler(rows.db).as_sql()
    cells = ", ".join(_cell(f'"export_{number}"', column.field) for number, column in enumerate(columns))
    sql = f"COPY (SELECT {cells} FROM ({inner}) exported) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)"  # noqa: S608
    connection = connections[rows.db]
    connection.ensure_connection()
    cursor = psycopg.ClientCursor(connection.connection)  # COPY takes no parameters: they are bound here
    number, found = 0, bytearray()
    with cursor, cursor.copy(cursor.mogrify(sql, params)) as lines:
        for line in lines:
            found += line
            number += 1
    return number, bytes(found)


def _is_day(field: Any) -> bool:
    return isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField)


def _cell(name: str, field: Any) -> str:
    if _is_day(field):
        return f"coalesce(to_char({name}, 'YYYY-MM-DD'), '')"
    text = name if isinstance(field, TEXTS) else f"{name}::text"
    is_formula = f"ascii(ltrim({text}, '''')) IN ({SIGNS})"
    is_word = f"ascii({text}) > {ord('@')}"  # nearly all are: told without looking further
    return (
        f"coalesce(CASE WHEN {is_word} THEN {text} WHEN {is_formula} THEN '''' || {text} ELSE {text} END, '')"
    )
