"""Counts that cost the same for thirty rows and for three million."""

import json
from functools import cached_property
from typing import Any, NamedTuple, Self

from django.core.paginator import EmptyPage, Page, Paginator
from django.db import connections, models
from django.utils.formats import number_format
from django.utils.translation import gettext as _

LIMIT = 10_000


class Count(NamedTuple):
    """A number of rows: exact, at least ("10,000+"), at most ("up to 20") or estimated ("about 3,000")."""

    number: int
    kind: str = "exact"

    def __str__(self) -> str:
        number = number_format(self.number, use_l10n=True, force_grouping=True)
        if self.kind == "more":
            return _("%(number)s+") % {"number": number}
        if self.kind == "most":
            return _("up to %(number)s") % {"number": number}
        if self.kind == "about":
            return _("about %(number)s") % {"number": number}
        return number

    def without(self, some: int) -> Self:
        """Less by `some`; there are still at least as many where there were more."""
        return self if self.kind == "more" else self._replace(number=self.number - some)


def bounded_count(queryset: models.QuerySet[Any], limit: int | None = None, *, of: str = "") -> Count:
    """The number of rows: exact up to `limit` (LIMIT), "more" above; "about" where the whole table is meant.

    `of` is a column whose different values are counted instead.
    """
    limit = LIMIT if limit is None else limit
    estimate = None if queryset.query.where else table_estimate(queryset.model, queryset.db)
    counted = queryset.order_by().values(of).distinct() if of else queryset.order_by().values("pk")
    number = counted[: limit + 1].count()
    if number <= limit:
        return Count(number)
    return Count(max(estimate, limit), "about") if estimate else Count(limit, "more")


def table_estimate(model: type[models.Model], using: str) -> int | None:
    """The number of rows that PostgreSQL's planner expects, to three digits; None on other engines.

    pg_class.reltuples is what VACUUM and ANALYZE last saw; reading it does not touch the table.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        estimate = int(cursor.fetchone()[0])
    return round(estimate, 3 - len(str(estimate))) if estimate > 0 else None


def rows_estimate(queryset: models.QuerySet[Any]) -> int | None:
    """The number of rows that PostgreSQL's planner expects, to two digits; None on other engines.

    Worth telling only where the conditions are about columns of the table itself.
    """
    if connections[queryset.db].vendor != "postgresql":
        return None
    plan = queryset.order_by().values("pk").explain(format="json")  # empty where Django knows of no row
    estimate = int(json.loads(plan)[0]["Plan"]["Plan Rows"]) if plan else 0
    return round(estimate, 2 - len(str(estimate)))


class BoundedPaginator(Paginator):
    """A paginator that counts no further than LIMIT; for autocomplete and other lists by offset."""

    @cached_property
    def count(self) -> int:
        return bounded_count(self.object_list).number  # type: ignore[arg-type]


class UncountedPaginator(BoundedPaginator):
    """A paginator that looks one row further than its page and knows no more; for lists that are scrolled through."""

    def page(self, number: Any) -> "UncountedPage":
        start = (number - 1) * self.per_page
        if not 0 <= start < LIMIT:
            raise EmptyPage(number)
        rows = list(self.object_list[start : start + self.per_page + 1])
        return UncountedPage(rows, number, self)


class UncountedPage(Page):
    def __init__(self, rows: list[Any], number: int, paginator: Paginator) -> None:
        super().__init__(rows[: paginator.per_page], number, paginator)
        self._more = len(rows) > paginator.per_page

    def has_next(self) -> bool:
        return self._more
