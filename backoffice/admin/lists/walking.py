"""Walk through all rows of a list in its order, some thousand at a time, without a transaction between them.

Each step is one look at the database: it sees rows as they are then, and lasts as long as its rows take.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeVar

from django.db import connections, models, transaction

from backoffice.admin.lists.keyset import range_ordering, ranges
from backoffice.admin.lists.order import Order
from backoffice.replica import surely

T = TypeVar("T")

FIRST, ROWS = 500, 50_000  # the first piece comes at once, the second soon


def walk(
    rows: models.QuerySet[Any],
    order: Order,
    take: Callable[[models.QuerySet[Any]], T],
    size: int | None = None,
    *,
    is_sent: bool = False,
) -> Iterator[T]:
    """What `take` makes of each next piece of `rows`; it must read all of the piece that it is given.

    `size`: rows of a piece, from the third one on; ROWS unless said otherwise. `is_sent`: the pieces are sent one by
    one, and a replica that fails is to break off nothing; `take` leaves nothing behind where it raises.
    """
    sizes = chain([FIRST, ROWS], repeat(size or ROWS))
    limit, left = next(sizes), ranges(order, None)
    while left:
        condition, paths = left[0]
        found = rows.filter(condition).order_by(*range_ordering(order, paths))
        step = partial(_step, found, order.paths, limit, take)
        last, taken = surely(step) if is_sent else step()
        yield taken
        left = ranges(order, list(last)) if last else left[1:]
        limit = next(sizes)


def _step(
    found: models.QuerySet[Any], paths: Sequence[str], limit: int, take: Callable[[models.QuerySet[Any]], T]
) -> tuple[Any, T]:
    """Where a piece ends, None for the last one of its range, and what `take` made of it."""
    with _snapshot(found.db):
        last = found.values_list(*paths)[limit - 1 : limit].first()
        return last, take(found[:limit] if last else found)


@contextmanager
def _snapshot(using: str) -> Iterator[None]:
    """Within it, two queries see the same rows."""
    connection = connections[using]
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic(using=using):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
