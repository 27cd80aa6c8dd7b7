"""Recording that somebody looked at personal data: one INSERT for a request, none for a list."""

import datetime
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.db import DatabaseError, connections, models, router, transaction
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, QueryDict

from backoffice.operations.tables import is_recorded
from backoffice.security.access_events import AccessEvent
from backoffice.security.events import address_of, event

MOST_ROWS = 1_000  # named one by one; of more, or of unknown ones, the number is kept
SHOWN_VALUE = re.compile(r"[\d.,:-]{1,30}", re.ASCII)  # of a filter: keys, numbers and dates
PATIENCE = 500  # milliseconds that a page waits on SQLite, whose one writer may be a long operation
BATCH = 5_000


class NotNoted(Exception):
    """A file is not sent: that somebody reads it could not be noted down."""


def record_read(
    request: HttpRequest,
    model: Any,
    which: Iterable[Any] | int,
    what: str,
    *,
    filters: str | None = None,
    level: str = "INFO",
) -> None:
    """Note that this person saw rows of `model`: these keys, or so many. `what` is one of AccessEvent.What.

    `filters` says how the rows were chosen; by default, of many, the request's own filters, without what people typed.
    A file is a security event of this `level`, too, with the key where it is of one row. A page that a worker
    makes again (admin/later.py) is shown to nobody.

    A read that cannot be noted down is told to the log of security events instead: the page is shown, and a file, with
    which people are taken along, is not sent. Raises NotNoted.
    """
    is_file = what not in (AccessEvent.What.PAGE, AccessEvent.What.HISTORY)
    if not is_file and getattr(request, "is_repeated", False):
        return
    rows = [] if isinstance(which, int) else list(which)
    keys = [str(key)[:64] for key in rows]
    number = which if isinstance(which, int) else len(keys)
    facts = {
        "actor_id": request.user.pk,
        "what": what,
        "model": model._meta.label,
        "address": address_of(request),
    }
    if 0 < len(keys) <= MOST_ROWS:
        lines = [AccessEvent(row=key, filters=(filters or "")[:300], **facts) for key in keys]
    else:
        chosen = chosen_by(request) if filters is None else filters
        lines = [AccessEvent(number=number, filters=chosen[:300], **facts)]
    try:
        with transaction.atomic(using=router.db_for_write(AccessEvent)) if is_file else _impatiently():
            AccessEvent.objects.bulk_create(lines)
    except DatabaseError as error:
        event(
            "sys_audit_fail",
            request=request,
            level="ERROR",
            what=what,
            model=model._meta.label,
            number=number,
        )
        if is_file:
            raise NotNoted from error
    if is_file:
        about = {"what": what, "model": model._meta.label, "number": number}
        row = {"row": rows[0]} if len(rows) == 1 else {}
        event("sensitive_read", request=request, level=level, **about, **row)


def named(keys: models.QuerySet[Any], number: int) -> list[Any] | int:
    """What `record_read` is told of so many rows: their keys, where they are few enough to be named."""
    found = list(keys[: MOST_ROWS + 1])
    return found if 0 < len(found) <= MOST_ROWS else number


def of_operation(operation: Any, *, whole: bool) -> str:
    """As what the file of an operation's rows is noted down: all of them, or those that somebody sees."""
    return f"operation={operation.pk}" if whole else f"operation={operation.pk} part"


def about(model: Any, key: Any) -> Q:
    """The events in which a row was seen: where it is named, and the whole files of operations that touched it."""
    found = Q(row=str(key))
    if is_recorded(model):
        steps = model.history_model.objects.order_by().filter(row=key)
        number = Cast("operation_id", models.TextField())
        files = steps.annotate(file=Concat(Value("operation="), number, output_field=models.TextField()))
        found |= Q(row="", what=AccessEvent.What.OPERATION_ROWS, filters__in=files.values("file"))
    return Q(model=model._meta.label) & found


def files_of_many(model: Any) -> models.QuerySet[AccessEvent]:
    """Files of rows that are not named: each may hold any row of `model`."""
    pages = (AccessEvent.What.PAGE, AccessEvent.What.HISTORY)
    return AccessEvent.objects.filter(model=model._meta.label, row="").exclude(what__in=pages)


def chosen_by(request: HttpRequest, query: str | None = None, *, typed: bool = False) -> str:
    """The names of the filters in the address, or in `query`, with values where these are keys, numbers or dates.

    What people typed is told only if asked for: it may be somebody's number. A purge finds it.
    """
    parts = (
        f"{name}={value}" if typed or (SHOWN_VALUE.fullmatch(value) and name != SEARCH_VAR) else name
        for name, values in (request.GET if query is None else QueryDict(query)).lists()
        for value in values
        if name.isidentifier() and not name.startswith("_") and value
    )
    return " ".join(dict.fromkeys(parts))


@contextmanager
def _impatiently() -> Iterator[None]:
    using = router.db_for_write(AccessEvent)
    connection = connections[using]
    with transaction.atomic(using=using) if connection.vendor != "sqlite" else _waiting(connection, PATIENCE):
        yield


@contextmanager
def _waiting(connection: Any, milliseconds: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
        try:
            with transaction.atomic(using=connection.alias):
                yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")


def expire(before: datetime.datetime) -> int:
    """Delete the access events older than `before`, batch by batch; how many. Safe to be stopped and run again."""
    from backoffice.security.locks import housekeeping

    old = AccessEvent.objects.filter(at__lt=before).order_by("at", "pk").values_list("pk", flat=True)
    number = 0
    while keys := list(old[:BATCH]):
        with housekeeping(old.db):
            number += AccessEvent.objects.filter(pk__in=keys)._raw_delete(old.db)
    return number
