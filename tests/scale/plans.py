"""How the database answers the slowest query of a page that is not quick enough."""

from django.db import DatabaseError, connection, transaction

from tests.scale.measure import SLOW

TIMES = ("ratio", "to peer", "quicker")
WORTH_A_LOOK = 0.01  # seconds


def plans(measured, rows, database):
    """The plans as text, each query once, under the pages that ask it."""
    pages: dict[str, list[str]] = {}
    for entry, row in zip(measured, rows, strict=True):
        seconds, sql = entry.large.slowest
        if seconds > WORTH_A_LOOK and not all(row.bars.get(name, True) for name in TIMES):
            pages.setdefault(sql, []).append(f"{entry.name}: {seconds * 1000:,.0f} ms")
    with database:
        return "\n".join("\n".join(["", *names, sql, *_plan(sql)]) for sql, names in pages.items())


def _plan(sql):
    how = "(ANALYZE, BUFFERS)" if connection.vendor == "postgresql" else "QUERY PLAN"
    explain = f"EXPLAIN {how} {sql}"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL statement_timeout = %s", [f"{SLOW * 60:.0f}s"])
            cursor.execute(explain)
            lines = [f"    {row[-1]}" for row in cursor.fetchall()]
            transaction.set_rollback(True)
            return lines
    except DatabaseError as error:
        return [f"    no plan: {error}"]
