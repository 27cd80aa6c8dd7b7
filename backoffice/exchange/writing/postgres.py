"""CSV as PostgreSQL writes it: COPY of the same rows, with the rule of formulas.py in SQL. Five times as quick."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models

from backoffice.exchange.writing.columns import Exported, values

SIGNS = ", ".join(str(ord(sign)) for sign in "=+-@\t\r")  # no text of PostgreSQL holds a NUL
SUSPECT = ", ".join(str(ord(sign)) for sign in "=+-@\t\r'")
TEXTS = (models.CharField, models.TextField)
NUMBERS = (models.IntegerField, models.DecimalField, models.BooleanField)


def can_write(columns: Sequence[Exported]) -> bool:
    """Whether SQL has the same text for the values of these columns as Python."""
    return all(_is_day(column.field) or isinstance(column.field, TEXTS + NUMBERS) for column in columns)


def written(rows: models.QuerySet[Any], columns: Sequence[Exported]) -> tuple[int, bytes]:
    """How many rows there were, and their lines."""
    import psycopg

    inner, params = values(rows, columns).query.get_compiler(rows.db).as_sql()
    connection = connections[rows.db]
    connection.ensure_connection()
    iso = str(connection.connection.info.parameter_status("DateStyle")).startswith("ISO")
    cells = ", ".join(_cell(f'"export_{number}"', column.field, iso) for number, column in enumerate(columns))
    sql = f"COPY (SELECT {cells} FROM ({inner}) exported) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)"  # noqa: S608
    cursor = psycopg.ClientCursor(connection.connection)  # COPY takes no parameters: they are bound here
    with cursor, cursor.copy(cursor.mogrify(sql, params)) as lines:
        found = bytearray()
        for line in lines:
            found += line
        return cursor.rowcount, bytes(found)


def _is_day(field: Any) -> bool:
    return isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField)


def _cell(name: str, field: Any, iso: bool) -> str:
    """As quick as can be: there are millions. `iso`: days become texts as ISO writes them."""
    if _is_day(field):
        return f"coalesce({name}::text, '')" if iso else f"coalesce(to_char({name}, 'YYYY-MM-DD'), '')"
    if isinstance(field, models.BooleanField):
        return f"coalesce({name}::text, '')"
    if not isinstance(field, TEXTS):
        return f"coalesce(CASE WHEN {name} < 0 THEN '''' || {name}::text ELSE {name}::text END, '')"
    is_word = f"ascii({name}) > {ord('@')}"  # nearly all are
    is_formula = f"ascii({name}) IN ({SUSPECT}) AND ascii(ltrim({name}, '''')) IN ({SIGNS})"
    return (
        f"coalesce(CASE WHEN {is_word} THEN {name} WHEN {is_formula} THEN '''' || {name} ELSE {name} END, '')"
    )
