"""The change list: pages by key, bounded counts, exact matches first, filters that can be seen and taken off."""

from typing import Any, Literal, NamedTuple

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import lookup_spawns_duplicates
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.access import scope
from backoffice.access.scope import APART, ROW_BY_ROW
from backoffice.access.scope import AS_A_SET as SET
from backoffice.admin.addresses import FormAddress
from backoffice.admin.counting import LIMIT, Count, bounded_count, table_estimate
from backoffice.admin.lists.facets import count_each
from backoffice.admin.lists.filters import EMPTY, Chip, Filter
from backoffice.admin.lists.found import Found, count_below, count_found, count_near
from backoffice.admin.lists.jumps import beginning
from backoffice.admin.lists.keyset import read_page
from backoffice.admin.lists.near import FAR, NEAR
from backoffice.admin.lists.once import each_once
from backoffice.admin.lists.order import AFTER, BEFORE, LAST, POSITION_VARS, START, BadPosition, Order
from backoffice.admin.lists.related_filter import RelatedFilter
from backoffice.admin.lists.sqlite_reading import row_by_row
from backoffice.admin.lists.views import NONE, VIEW_VAR
from backoffice.admin.scoping import shown_order
from backoffice.search import MAX_WORDS, all_words, are_short, matching_row_by_row

MAX_JUMP = 100  # characters
LEAST = 1_000  # rows that are not found and sorted in no time
WALKED = 5_000  # rows that are looked at in their order for a page, as far as can be told before


class PageLinks(NamedTuple):
    """Query strings of the neighbouring pages; None where there is none."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None


class KeysetChangeList(ChangeList):
    """A ChangeList whose page, count and links cost the same at any size and depth."""

    count: Count
    plenty: bool  # of what was searched for
    links: PageLinks
    hidden: dict[str, set[Any]]  # by column: the keys of the related rows whose names this person may not see
    model_admin: Any

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request  # links are made before there are rows
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        lookups: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in lookups.items() if name not in (*POSITION_VARS, VIEW_VAR)}

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """As Django's; a link to a changed list starts on its first page unless it says where."""
        gone = {name: None for name in self.filter_params if name in (*POSITION_VARS, *(remove or ()))}
        found = str(super().get_query_string({**gone, **(new_params or {})}))
        return found if found != "?" or not self._opens_with_a_view else f"?{VIEW_VAR}={NONE}"

    @cached_property
    def _opens_with_a_view(self) -> bool:
        """Whether the bare address is no list of everything, because a role of this person has a view."""
        return self.model_admin.views(self.request).default is not None

    def url_for_result(self, result: models.Model) -> str:
        return self._address(getattr(result, self.pk_attname))

    @cached_property
    def _address(self) -> FormAddress:
        return FormAddress(self.opts, self.model_admin.admin_site.name)

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """The one column that the list is sorted by, if it is: a page by key follows one index."""
        known = {number for number, name in enumerate(self.list_display) if self._is_sortable(name)}
        found = [pair for pair in super().get_ordering_field_columns().items() if pair[0] in known]
        return {} if self.broad else dict(found[:1])

    def _is_sortable(self, name: Any) -> bool:
        """Whether the header of this column sorts for this person."""
        return name in (self.sortable_by or ())

    def get_ordering_field(self, field_name: Any) -> Any:
        """None for a column that is not sorted by, whatever the address asks for."""
        return super().get_ordering_field(field_name) if self._is_sortable(field_name) else None

    def get_ordering(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> list[Any]:
        """Not by names that may not be shown, whoever asks for it: each link says where its page begins."""
        shown = shown_order(request.user, self.model, super().get_ordering(request, queryset))
        return shown[:1] if ORDER_VAR in self.params else shown

    @cached_property
    def order(self) -> Order:
        order, entered = self.asked_order, Order(self.model, ("pk",))
        if self.query and not self.sorted and (self.many or entered.made(self._position)):
            order = entered
        found_first = self.queryset.query.where and self.postgres and not self.many
        return order._replace(filter_first=True) if found_first else order

    @cached_property
    def asked_order(self) -> Order:
        ordering = self.get_ordering(self.request, self.root_queryset.order_by())
        order = Order.of(self.model, ordering)
        return order.within_parent() if order.relation in self._single_parents() else order

    @property
    def _position(self) -> str | None:
        return self.request.GET.get(AFTER, self.request.GET.get(BEFORE))

    def _single_parents(self) -> set[str]:
        """The relations that are filtered by one row: in its order, they all stand at the same place."""
        specs = [spec for spec in self.filter_specs if isinstance(spec, RelatedFilter) and not spec.below]
        return {str(spec.field_path) for spec in specs if len(spec.chosen) == 1 and EMPTY not in spec.chosen}

    def _parents(self) -> Q | None:
        """Which parents the filters leave, for an order that starts with the parent's column."""
        specs = [spec for spec in self.filter_specs if isinstance(spec, RelatedFilter)]
        chosen = next((spec.parents() for spec in specs if spec.field_path == self.order.relation), None)
        seen = scope.parents(self.request.user, self.model, self.order.relation)
        return chosen & seen if chosen and seen else chosen or seen

    @property
    def postgres(self) -> bool:
        return connections[self.queryset.db].vendor == "postgresql"

    @cached_property
    def many(self) -> bool:
        """Whether the list is better read row by row, in its order, than found as a set and then sorted.

        What was searched for may lie together at the far end of an order that is asked for, so more of it is sorted
        than is counted.
        """
        if self.count.kind == "exact":
            return self._fills_soon
        return self.plenty if self.query and self.postgres and self.sorted else True

    @property
    def _fills_soon(self) -> bool:
        """Whether so much of the table is in the sub-tree that is shown that a page of its order is found sooner."""
        if self.query or not self._trees or not self.postgres:
            return False
        table = table_estimate(self.model, self.queryset.db) or 0
        return self.count.number > LEAST and self.count.number * WALKED > table * self.list_per_page

    @cached_property
    def sorted(self) -> bool:
        """Whether an order was asked for; who walks through a list goes on in the order in which they began."""
        return bool(self.params.get(ORDER_VAR)) or self.asked_order.made(self._position)

    @property
    def broad(self) -> bool:
        """Whether so much was found that it is listed as it was entered."""
        return bool(self.query) and not self.sorted and self.order.paths == ("pk",)

    asking = SET

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        if found[2]:  # Django would filter by any column and lookup, a costly regular expression among them
            raise IncorrectLookupParameters(found[2])
        for spec in found[0]:
            spec.asking = self.asking  # type: ignore[attr-defined]
        return (*found[:3], self._may_repeat(found[0]), *found[4:])

    def _may_repeat(self, specs: list[Any]) -> bool:
        """Whether a row can be found several times: not by filters of ours, and Django says so of any."""
        paths = (getattr(spec, "field_path", "") for spec in specs if not isinstance(spec, Filter))
        return any(lookup_spawns_duplicates(self.lookup_opts, path) for path in paths if path)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> models.QuerySet[Any]:
        column = self.model_admin.search_column
        plain = column and self.model_admin.has_plain_search(request)
        query, one_by_one = self.query, self.asking == ROW_BY_ROW and plain
        try:
            if one_by_one:
                self.query = ""
            rows = super().get_queryset(request, exclude_parameters)
            if self._meant:
                rows = rows.filter(pk__in=self._meant)
            searched = one_by_one and query
            return each_once(matching_row_by_row(rows, query, column=column) if searched else rows)
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from None
        finally:
            self.query = query

    @cached_property
    def _meant(self) -> list[Any]:
        """The keys of those whose e-mail address is searched for: nobody else is meant whose address has it in it."""
        rows = row_by_row(self.root_queryset)
        found = (
            self.model_admin.get_exact_matches(self.request, rows, self.query) if "@" in self.query else ()
        )
        return [row.pk for row in found]

    def _asked(self, request: HttpRequest, asking: str, without: Any = None) -> models.QuerySet[Any]:
        """The same rows, asked for in another way; the filters that the page shows stay as they are."""
        shown, root, self.asking = self.filter_specs, self.root_queryset, asking
        try:
            with scope.asked(asking):
                self.root_queryset = self.model_admin.get_queryset(request)
                return self.get_queryset(request, without)
        finally:
            self.filter_specs, self.root_queryset, self.asking = shown, root, SET

    @property
    def _trees(self) -> list[tuple[str, RawSQL]]:
        """The columns that are filtered by a sub-tree, with its keys."""
        related = [spec for spec in self.filter_specs if isinstance(spec, RelatedFilter)]
        trees = [(f"{spec.field_path}_id", spec.subtree) for spec in related if spec.subtree]
        seen = scope.subtree(self.request.user, self.model)
        return [*trees, seen] if seen else trees

    def _count(self, request: HttpRequest) -> Found:
        # Below whom each sampled row is, takes longer to tell than the count.
        samples = self.query if self._trees else self.queryset.query.where
        one_by_one = self._asked(request, ROW_BY_ROW) if samples and self.postgres else None
        short = one_by_one if are_short(self.query) and not self._trees else None
        if short is not None and (found := count_near(short)):
            return found
        if len(self._trees) == 1:
            [(key, keys)] = self._trees
            return count_below(self._asked(request, APART), key, keys, one_by_one)
        if self.queryset.query.where:
            return count_found(self.queryset, one_by_one)
        return Found(bounded_count(self.queryset))

    def facets(self, request: HttpRequest, without: Any, conditions: list[Q]) -> list[Count | None]:
        """How many rows each condition leaves of those that all but one of the filters leave."""
        trees = self._trees
        rows = self._asked(request, APART if len(trees) == 1 else SET, without)
        if not trees and not rows.query.where:  # each has an index of its own
            return [bounded_count(rows.filter(condition)) for condition in conditions]
        return count_each(rows, conditions, trees[0] if len(trees) == 1 else None)

    def get_results(self, request: HttpRequest) -> None:
        self.exact = self._exact_matches(request)
        if warning := self._not_searched():
            messages.warning(request, warning)
        self.count, self.plenty = self._count(request)
        self.result_count = self.count.number
        rows = self._read(request)
        self.hidden = _hidden(request, self.model, self.list_display, rows)
        self.model_admin.prepare_page(request, rows)
        self.result_list = rows
        self.multi_page = any(self.links)
        self.can_show_all = False
        self.show_full_result_count = False
        self.full_result_count = None
        self.show_admin_actions = True
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)

    def _not_searched(self) -> str:
        """A sentence about what was typed and is not searched for; empty where all of it is."""
        if not self.query.strip() or not self.model_admin.search_column:
            return ""
        found = all_words(self.query)
        if len(found) > MAX_WORDS:
            sentence = _(
                "Only the first %(count)s words are searched for; “%(word)s” and what follows is not."
            )
            return sentence % {"count": MAX_WORDS, "word": found[MAX_WORDS]}
        return "" if found else _("Signs alone are not searched for. Add a letter or a digit.")

    def _exact_matches(self, request: HttpRequest) -> list[Any]:
        """The rows that the search names by a unique key: they stand first."""
        if not self.query:
            return []
        found = self.model_admin.get_exact_matches(request, row_by_row(self.queryset), self.query)
        if isinstance(found, models.QuerySet) and not found.exists():
            return []  # nearly always: a row with all that belongs to it takes much longer to ask for
        return list(found)

    def _read(self, request: HttpRequest) -> list[Any]:
        position = {name: request.GET[name] for name in (AFTER, BEFORE) if name in request.GET}
        rows = self.queryset
        if self.many and self.queryset.query.where:
            rows = row_by_row(self._asked(request, ROW_BY_ROW), self.order)
        exact = [row.pk for row in self.exact]
        far = self.count.kind != "exact" and (self.plenty or self._trees or self.count.number < LIMIT)
        others, as_set = (asked.exclude(pk__in=exact) if exact else asked for asked in (rows, self.queryset))
        try:
            page = read_page(
                others,
                self.order,
                self.list_per_page,
                start=self.jump,
                last=LAST in request.GET,
                parents=self._parents(),
                as_set=as_set if self.many and as_set.query.where else None,
                reach=FAR if far else NEAR,
                **position,
            )
        except BadPosition as error:
            raise IncorrectLookupParameters(error) from None
        self.links = self._links(page)
        further = page.has_previous and self.jump is None
        return page.rows if further else [*self.exact, *page.rows]

    def _links(self, page: Any) -> PageLinks:
        def link(**position: str) -> str:
            return self.get_query_string(position)

        rows, order = page.rows, self.order
        beyond = page.has_next and bool(rows)
        earlier = page.has_previous
        return PageLinks(
            first=link() if earlier else None,
            previous=(link(before=order.position(rows[0])) if rows else link(last="1")) if earlier else None,
            next=link(after=order.position(rows[-1])) if beyond else None,
            last=link(last="1") if beyond else None,
        )

    @cached_property
    def jump(self) -> Any:
        """The value that the page starts from, as the sort column's type; None without a jump."""
        text = self.request.GET.get(START, "").strip()[:MAX_JUMP].replace("\x00", "")
        if not text or set(self.request.GET) & {AFTER, BEFORE, LAST}:
            return None
        try:
            return beginning(self.sort_field, text, self.root_queryset.db, downward=self.order.descending)
        except (ValidationError, ValueError, OverflowError):
            raise IncorrectLookupParameters(text) from None

    @cached_property
    def sort_field(self) -> Any:
        return self.order.fields[0]

    @property
    def jump_label(self) -> str:
        """What to write at the jump box: "Name from", "Hire date from"."""
        relation = self.order.relation
        field = self.model._meta.get_field(relation.split("__")[0]) if relation else self.sort_field
        name = capfirst(str(getattr(field, "verbose_name", field.name)))
        return _("%s up to") % name if self.order.descending else _("%s from") % name

    @property
    def jump_kind(self) -> str:
        """The kind of input that suits the sort column."""
        return "date" if isinstance(self.sort_field, models.DateField) else "text"

    @property
    def jump_choices(self) -> list[tuple[Any, str]]:
        return sorted((value, str(label)) for value, label in self.sort_field.flatchoices if value)

    @property
    def chips(self) -> list[Chip]:
        """The active filters and the search, each with the list without it."""
        chips = [chip for spec in self.filter_specs for chip in getattr(spec, "chips", lambda _: ())(self)]
        if self.query and self.search_fields:
            chips.insert(0, Chip(_("Search: %s") % self.query, self.get_query_string({"q": None})))
        return chips

    @property
    def to_correct(self) -> list[Any]:
        """The filters whose values cannot be meant; each says why."""
        return [spec for spec in self.filter_specs if getattr(spec, "warning", "")]

    @property
    def filters_on(self) -> int:
        """How many filters leave rows out."""
        return sum(bool(getattr(spec, "active", False)) for spec in self.filter_specs)

    @property
    def clear_all(self) -> str:
        """The list without search and filters; the order and the popup's parameters stay."""
        kept = (ORDER_VAR, VIEW_VAR, "_popup", "_to_field")
        return self.get_query_string(dict.fromkeys(name for name in self.filter_params if name not in kept))

    @property
    def hidden_params(self) -> list[tuple[str, str]]:
        """What the search form carries along besides its own controls."""
        own: set[str | None] = {"q", *POSITION_VARS}
        for spec in self.filter_specs:
            own.update(spec.expected_parameters())
        return [(n, value) for n, values in self.filter_params.items() if n not in own for value in values]


def _hidden(
    request: HttpRequest, model: type[models.Model], columns: Any, rows: list[Any]
) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {}
    for field in model._meta.concrete_fields:
        if field.is_relation and field.name in columns:
            keys = {getattr(row, field.attname) for row in rows}
            found[field.name] = scope.hidden_by(request.user, field, keys)
    return {name: keys for name, keys in found.items() if keys}
