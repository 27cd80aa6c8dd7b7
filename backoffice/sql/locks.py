"""One at a time: for rules that look at more than one row.

Two people can each make a change that is right by itself and wrong together: one puts A below B, the other B below A,
and neither sees the other's row yet. Whoever changes what such a rule looks at calls `take` first, before the rule is
asked and before any row is locked (else two people wait for each other); the second then waits and sees what the
first has saved.

A model names the fields that its rules compare between rows in `judged_together`; other edits wait for nobody.
"""

import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import OperationalError, connections, models, router, transaction

FIRST = "SELECT MIN(m.id) FROM django_migrations m WHERE m.app = %s"
LOCKS = {
    "postgresql": "SELECT pg_advisory_xact_lock(%s)",
    "mysql": f"SELECT id FROM django_migrations WHERE id = ({FIRST}) FOR UPDATE",  # noqa: S608
}
REFUSED = ("55P03", "40P01")  # lock_not_available, deadlock_detected


def take(model: type[models.Model], key: Any = None) -> None:
    """Keep this model's lock until the transaction ends; outside one there is nothing to keep. With a `key` it is that
    of one row: of what an account does.

    SQLite needs none: its transactions begin IMMEDIATE, one writer at a time. MySQL, whose locks of a name outlive the
    transaction, locks a row that nobody else does: the first migration of the model's app.
    """
    connection = connections[router.db_for_write(model)]
    asked = LOCKS.get(connection.vendor)
    if asked and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(
                asked, [_number(model, key) if connection.vendor == "postgresql" else model._meta.app_label]
            )


def held(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """These rows, which nobody else changes or deletes until the transaction ends.

    On PostgreSQL, rows that refer to them can be written meanwhile: somebody may join the department that is edited.
    """
    features: Any = connections[rows.db].features
    of = ("self",) if features.has_select_for_update_of else ()
    return rows.select_for_update(of=of, no_key=features.has_select_for_no_key_update)


def hold(rows: models.QuerySet[Any]) -> int:
    """Keep any number of rows as they are until the transaction ends; how many. One statement, none of them is read.

    In the order of their keys, so that two people who hold the same rows wait instead of deadlocking.
    """
    connection = connections[rows.db]
    if not connection.features.has_select_for_update:
        return 0
    locked = rows.order_by("pk").select_for_update().values("pk")
    sql, params = locked.query.get_compiler(rows.db, elide_empty=False).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({sql}) held", params)  # noqa: S608
        return int(cursor.fetchone()[0])


def take_tables(tables: Sequence[type[models.Model]], seconds: float) -> None:
    """Nobody else writes these tables until the transaction ends; who has begun to is waited for, so many seconds.

    For who reads a table as a whole to change it: on PostgreSQL, what is not committed is not seen. SQLite has one
    writer. Raises OperationalError (busy.is_busy), with none of the tables taken.
    """
    using = router.db_for_write(tables[0])
    if connections[using].vendor != "postgresql":
        return
    names = sorted({model._meta.db_table for model in tables})
    end = time.monotonic() + seconds
    while refused := _refused(using, names):
        name, error = refused
        if time.monotonic() > end:
            raise error
        names = [name, *(other for other in names if other != name)]


def _refused(using: str, names: Sequence[str]) -> tuple[str, OperationalError] | None:
    """The first of the tables that could not be taken, and why; None once they are. Nobody is waited for but shortly
    while any is held, as whoever writes that one may come to another: the first that is waited for is the only one.
    """
    connection = connections[using]
    set_timeout = "SELECT set_config('lock_timeout', %s, true)"
    name = ""
    try:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            usual = cursor.fetchone()
            for name in names:
                cursor.execute(set_timeout, ["2s" if name == names[0] else "100ms"])
                cursor.execute(f"LOCK TABLE {connection.ops.quote_name(name)} IN EXCLUSIVE MODE")
            cursor.execute(set_timeout, usual)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") not in REFUSED:
            raise
        return name, error
    return None


def take_when_changed(row: models.Model) -> None:
    """Take the lock if `row` is new or its `judged_together` are not what is stored."""
    stored = None if row._state.adding else stored_values(type(row), [row.pk]).get(row.pk)
    if stored != {name: getattr(row, _attname(type(row), name)) for name in judged_together(type(row))}:
        take(type(row))


def stored_values(model: type[models.Model], keys: Iterable[Any]) -> Mapping[Any, Mapping[str, Any]]:
    """The `judged_together` of these rows, by key: one query, or none for a model without such fields."""
    names = judged_together(model)
    if not names:
        return {}
    rows = model._default_manager.using(router.db_for_write(model)).filter(pk__in=keys).order_by()
    return {pk: dict(zip(names, values, strict=True)) for pk, *values in rows.values_list("pk", *names)}


def judged_together(model: type[models.Model]) -> tuple[str, ...]:
    return getattr(model, "judged_together", ())


def _attname(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return str(field.attname)


def _number(model: type[models.Model], key: Any) -> int:
    name = model._meta.label_lower if key is None else f"{model._meta.label_lower}:{key}"
    return zlib.crc32(f"backoffice.locks:{name}".encode())
