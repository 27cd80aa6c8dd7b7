"""CSV as PostgreSQL writes it: COPY of the same rows, with the rule of formulas.py in SQL. Five times as quick.

The lines go into a temporary file as quickly as they come: however slow the reader of the export is, the database is
done with a piece in seconds. So a piece may be large, and each manager or department in it is looked up once.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.db import connections, models

from backoffice.exchange.writing.columns import Exported, values
from backoffice.sql import memory

SIGNS = ", ".join(str(ord(sign)) for sign in "=+-@\t\r")  # no text of PostgreSQL holds a NUL
SUSPECT = ", ".join(str(ord(sign)) for sign in "=+-@\t\r'")
TEXTS = (models.CharField, models.TextField)
NUMBERS = (models.IntegerField, models.DecimalField, models.BooleanField)
ROWS = 1_000_000  # of a piece: some 200 MB on the disk
TOGETHER = 1_000  # rows that are written at once
IN_MEMORY = 1 << 20  # bytes of a piece that need no file


def can_write(columns: Sequence[Exported]) -> bool:
    """Whether SQL has the same text for the values of these columns as Python."""
    return all(_is_day(column.field) or isinstance(column.field, TEXTS + NUMBERS) for column in columns)


def written(
    rows: models.QuerySet[Any], columns: Sequence[Exported], folder: Path | None = None
) -> tuple[int, IO[bytes]]:
    """How many rows there were, and their lines: a file without a name in `folder`, gone when it is closed."""
    import psycopg

    # A condition that nothing can fulfil is asked all the same: then there are no lines.
    inner, params = values(rows, columns).query.get_compiler(rows.db, elide_empty=False).as_sql()
    connection = connections[rows.db]
    connection.ensure_connection()
    iso = str(connection.connection.info.parameter_status("DateStyle")).startswith("ISO")
    cells = ", ".join(_cell(f'"export_{number}"', column.field, iso) for number, column in enumerate(columns))
    sql = f"COPY (SELECT {cells} FROM ({inner}) exported) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)"  # noqa: S608
    cursor = psycopg.ClientCursor(connection.connection)  # COPY takes no parameters: they are bound here
    found: Any = SpooledTemporaryFile(IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115  # the caller closes it
    memory.take(rows.db)  # else it forgets the related rows that it has looked up
    with connection.wrap_database_errors, cursor:
        with cursor.copy(cursor.mogrify(sql, params)) as lines:
            told = iter(lines)  # a row each time
            while block := b"".join(islice(told, TOGETHER)):
                found.write(block)
        found.seek(0)
        return cursor.rowcount, found


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
