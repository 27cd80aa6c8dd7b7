"""A list inside a page: one page of an inline, with search, sort, jump and links of its own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.lists.found import count_found
from backoffice.admin.lists.jumps import beginning
from backoffice.admin.lists.keyset import Page, read_page
from backoffice.admin.lists.order import BadPosition, Order
from backoffice.search import matching, matching_row_by_row


class Listing:
    """What `?PREFIX-q=…&PREFIX-o=…&PREFIX-after=…` asks of `queryset`; bad values ask for the first page."""

    def __init__(
        self,
        params: QueryDict,
        prefix: str,
        *,
        per_page: int,
        sortable: list[str],
        ordering: Any,
        searchable: bool,
        full_list: str = "",
        exact_fields: tuple[str, ...] = (),
    ) -> None:
        self.params = params
        self.prefix = prefix
        self.per_page = per_page
        self.sortable = sortable
        self.ordering = ordering
        self.searchable = searchable
        self.full_list = full_list
        self.exact_fields = exact_fields
        self.page: Page | None = None
        self.found: models.QuerySet[Any] | None = None  # the same rows, to be found as a set

    def _param(self, name: str) -> str:
        return self.params.get(f"{self.prefix}-{name}", "").replace("\x00", "").strip()[:500]

    @property
    def query(self) -> str:
        return self._param("q") if self.searchable else ""

    @property
    def sort(self) -> str:
        asked = self._param("o")
        return asked if asked.removeprefix("-") in self.sortable else ""

    def read(self, queryset: models.QuerySet[Any]) -> list[Any]:
        """The rows of this page."""
        self.queryset = queryset
        own = Order.of(queryset.model, list(self.ordering))
        self.order = Order.of(queryset.model, [self.sort]) if self.sort else own
        exact = self._exact_matches(queryset)
        if self.query:
            self._search(queryset, [row.pk for row in exact])
        elif self.order.paths[0] != own.paths[0]:
            self._sort(queryset)
        try:
            self.page = self._page(after=self._param("after") or None, before=self._param("before") or None)
        except BadPosition:
            self.page = read_page(self.queryset, self.order, self.per_page, as_set=self.found)
        if exact and (self.jump is not None or not self.page.has_previous):
            self.page = self.page._replace(rows=[*exact, *self.page.rows])
        return self.page.rows

    def _exact_matches(self, queryset: models.QuerySet[Any]) -> list[Any]:
        """The rows that the search names by a unique key: they stand first."""
        if not self.query or not self.exact_fields:
            return []
        asked = Q(*((name, self.query) for name in self.exact_fields), _connector=Q.OR)
        return list(queryset.filter(asked).order_by("pk")[: self.per_page])

    def _sort(self, queryset: models.QuerySet[Any]) -> None:
        """By a column whose index holds the rows of all parents: those of this one may lie at its other end."""
        if self.count.kind == "exact":
            self.order = self.order.found_first(queryset.db)
        else:
            self.found = queryset

    def _search(self, queryset: models.QuerySet[Any], exact: list[Any]) -> None:
        one_by_one = matching_row_by_row(queryset, self.query, column="search_text")
        found = queryset.filter(matching(self.query, using=queryset.db))
        self.count, plenty = count_found(found, one_by_one)
        if exact:
            found, one_by_one = (rows.exclude(pk__in=exact) for rows in (found, one_by_one))
        if plenty:
            self.queryset, self.found = one_by_one, found
        else:
            self.queryset, self.order = found, self.order.found_first(queryset.db)

    def _page(self, *, after: str | None, before: str | None) -> Page:
        last = bool(self._param("last"))
        start = None if after or before or last else self.jump
        return read_page(
            self.queryset,
            self.order,
            self.per_page,
            after=after,
            before=before,
            start=start,
            last=last,
            as_set=self.found,
        )

    @property
    def jump(self) -> Any:
        text, downward = self._param("from"), self.order.descending
        try:
            return (
                beginning(self.order.fields[0], text, self.queryset.db, downward=downward) if text else None
            )
        except (ValueError, OverflowError, ValidationError):
            return None

    @cached_property
    def count(self) -> Count:  # of a search, known before it is read
        return bounded_count(self.queryset)

    @property
    def jump_label(self) -> str:
        name = capfirst(str(self.order.fields[0].verbose_name))
        return _("%s up to") % name if self.order.descending else _("%s from") % name

    @property
    def links(self) -> dict[str, str]:
        """first, previous, next, last: the query strings of those that there are."""
        page, links = self.page, {}
        if page is None:
            return {}
        order = self.order
        if page.has_previous:
            before = {"before": order.position(page.rows[0])} if page.rows else {"last": "1"}
            links = {"first": self.link(), "previous": self.link(**before)}
        if page.has_next and page.rows:
            links |= {"next": self.link(after=order.position(page.rows[-1])), "last": self.link(last="1")}
        return links

    def link(self, **changes: str | None) -> str:
        """This page's query string, at another place of the list."""
        params = self.params.copy()
        for name in ("after", "before", "last", "from"):
            params.pop(f"{self.prefix}-{name}", None)
        for name, value in changes.items():
            params.pop(f"{self.prefix}-{name}", None)
            if value:
                params[f"{self.prefix}-{name}"] = value
        return f"?{params.urlencode()}"

    @property
    def headers(self) -> dict[str, dict[str, Any]]:
        """For each column that can be sorted by: the link that sorts, and how it is sorted now."""
        headers: dict[str, dict[str, Any]] = {}
        if self.page is None:
            return headers
        now = self.order.paths[0]
        for name in self.sortable:
            mine = now == name or self.order.relation == name
            upward = mine and not self.order.descending
            headers[name] = {
                "link": self.link(o=f"-{name}" if upward else name),
                "sorted": ("ascending" if upward else "descending") if mine else "",
            }
        return headers

    @property
    def others(self) -> list[tuple[str, str]]:
        """The page's other parameters, for the search form to carry along."""
        own = {f"{self.prefix}-{name}" for name in ("q", "after", "before", "last", "from")}
        return [(name, value) for name, values in self.params.lists() if name not in own for value in values]
