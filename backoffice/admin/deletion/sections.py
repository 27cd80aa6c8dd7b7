"""The lists on the delete page: the first rows of what goes, of what is emptied and of what blocks."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.contrib.auth import get_permission_codename
from django.db.models import Count as CountRows
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.access import within
from backoffice.admin.counting import Count
from backoffice.admin.named_rows import with_names
from backoffice.admin.wording import grammatical, things
from backoffice.cascades import CascadePlan, Going
from backoffice.links import Link, Model, Rows
from backoffice.moves import Move
from backoffice.rules import Refusal, broken_constraints
from backoffice.search import matching

SHOWN = 20  # rows of each list
FIND = "find-"  # before the name of a list: what is looked for in it


class Search(NamedTuple):
    """What is looked for in each of the lists, by their names; `everywhere` in those of which nothing is said."""

    everywhere: str = ""
    texts: Mapping[str, str] = {}

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        given = request.POST if request.method == "POST" else request.GET
        texts = {name.removeprefix(FIND): _words(given[name]) for name in given if name.startswith(FIND)}
        return cls(_words(given.get("q", "")), texts)

    def inside(self, name: str) -> str:
        return self.texts.get(name, self.everywhere)


def _words(text: str) -> str:
    return text.strip()[:100].replace("\x00", "")


class Lack(NamedTuple):
    """A permission that is missing, and the pages that help: the account it is missing from, the rows it is about."""

    text: str
    account_url: str
    list_url: str


class Row(NamedTuple):
    text: str
    url: str
    parent: str = ""


class Section(NamedTuple):
    """A list with a heading; `remaining` is a sentence about rows that are not in it."""

    name: str  # its id on the page
    heading: str
    rows: list[Row]
    size: Count
    link: Link | None = None
    remaining: str = ""
    parent: str = ""  # heading of the second column
    groups: list[str] = []
    list_url: str = ""
    query: str = ""
    is_searchable: bool = False


class Sections:
    """Builds the lists for one request. Rows are named to those who may view them, else only counted."""

    def __init__(
        self, site: AdminSite, request: HttpRequest, plan: CascadePlan, search: Search | None = None
    ) -> None:
        self.site, self.request, self.plan = site, request, plan
        self.search = search or Search()

    def going(self, going: Going, count: Count) -> Section:
        link = going.links[0] if len(going.links) == 1 and not going.links[0].is_generic else None
        heading = _("%(things)s will be deleted.") % {"things": things(going.model, count)}
        name = f"going-{going.model._meta.model_name}"
        return self._sorted(name, heading, going.rows, count, link)

    def moving(self, move: Move, heading: str, count: Count) -> Section:
        name = f"moving-{move.link.model._meta.model_name}-{move.link.field.name}"
        name = f"{name}-up" if move.is_up else name
        return self._sorted(name, heading, move.rows, count, move.link)

    def held(self, rows: Rows, count: Count) -> Section:
        pattern = ngettext(
            "%(things)s is under legal hold. Lift it before you delete.",
            "%(things)s are under legal hold. Lift it before you delete.",
            grammatical(count),
        )
        heading = pattern % {"things": things(rows.model, count)}
        return self._sorted(f"held-{rows.model._meta.model_name}", heading, rows, count, None)

    def _sorted(self, name: str, heading: str, rows: Rows, count: Count, link: Link | None) -> Section:
        if not self.may("view", rows.model):
            return Section(name, heading, [], count, link)
        query = self.search.inside(name) if searchable(rows.model) else ""
        seen = within(self.request.user, rows)
        found = self._first(self._searched(seen, query), is_sorted=count.kind == "exact" or self._is_few())
        parents = link.field.name if link and not self._is_single(link) else None
        shown = with_names(list(found.select_related(parents) if parents else found))
        return Section(
            name,
            heading,
            [self._row(row, parents) for row in shown[:SHOWN]],
            count,
            link,
            remaining=self._remaining(len(shown), count, query),
            parent=str(link.field.verbose_name) if link and parents else "",
            groups=self._groups(rows, link) if link and parents and count.kind == "exact" else [],
            list_url=self._list_url(link) if link else "",
            query=query,
            is_searchable=self._is_searchable(rows, count, query),
        )

    def affected(self, link: Link, heading: str, rows: Rows, count: Count, kind: str = "affected") -> Section:
        name = f"{kind}-{link.model._meta.model_name}-{link.field.name}"
        if not self.may("view", link.model):
            return Section(name, heading, [], count, link)
        query = self.search.inside(name) if searchable(link.model) else ""
        # In no order: sorting would read them all.
        shown = with_names(list(self._searched(rows, query).order_by()[: SHOWN + 1]))
        return Section(
            name,
            heading,
            sorted((self._row(row) for row in shown[:SHOWN]), key=lambda row: row.text),
            count,
            link,
            remaining=self._remaining(len(shown), count, query),
            list_url=self._list_url(link) if kind == "affected" else "",
            query=query,
            is_searchable=self._is_searchable(rows, count, query),
        )

    def refusals(self, move: Move) -> Iterator[tuple[Rows, str]]:
        """The rows that may not be moved so, reason by reason."""
        ask = getattr(self.admin(move.link.model), "refusals", None)
        without = self.plan.going[move.link.model].rows if move.link.model in self.plan.going else None
        found = ask(move.rows, move.changes, without) if ask else broken_constraints(move.rows, move.changes)
        for refusal in found:
            yield refusal.rows, refusal.reason

    def staying(self, rows: Rows) -> Iterator[Refusal]:
        """What of the rows must stay, reason by reason."""
        ask = getattr(self.admin(rows.model), "undeletable", None)
        return ask(rows) if ask else iter(())

    def stays(self, refusal: Refusal, count: Count, at: int) -> Section:
        name = f"stays-{refusal.rows.model._meta.model_name}-{at}"
        return self._sorted(name, refusal.reason, refusal.rows, count, None)

    def admin(self, model: Model) -> Any:
        return self.site._registry.get(model)

    def lack(self, model: Model, going: Going) -> Lack:
        text = _("Can delete %(thing)s") % {"thing": model._meta.verbose_name}
        link = next((link for link in going.links), None)
        user: Any = self.request.user
        accounts = self.admin(user._meta.model)
        account = accounts is not None and accounts.has_view_or_change_permission(self.request)
        return Lack(
            f"{text} ({model._meta.app_label}.{get_permission_codename('delete', model._meta)})",
            self._change_url(user._meta.model, user.pk) if account else "",
            self._list_url(link) if link and self.may("view", model) else "",
        )

    def may(self, deed: str, model: Model) -> bool:
        admin = self.site._registry.get(model)
        if admin is None:  # Django's own delete page does not ask here either
            name = get_permission_codename(deed, model._meta)
            return deed == "delete" or self.request.user.has_perm(f"{model._meta.app_label}.{name}")
        return bool(getattr(admin, f"has_{deed}_permission")(self.request))

    def _row(self, row: Any, parent: str | None = None) -> Row:
        url = self._change_url(type(row), row.pk) if type(row) in self.site._registry else ""
        return Row(str(row), url, str(getattr(row, parent)) if parent else "")

    def _change_url(self, model: Model, key: Any) -> str:
        opts = model._meta
        return reverse(f"{self.site.name}:{opts.app_label}_{opts.model_name}_change", args=[quote(key)])

    def _searched(self, rows: Rows, query: str) -> Rows:
        return rows.filter(matching(query, using=rows.db)) if query else rows

    def _first(self, rows: Rows, *, is_sorted: bool) -> Rows:
        if is_sorted:
            return rows.order_by(*(rows.model._meta.ordering or ()))[: SHOWN + 1]
        # To sort them would read them all, and so might a join.
        keys = list(rows.order_by().values_list("pk", flat=True)[: SHOWN + 1])
        found: Rows = rows.model._base_manager.using(rows.db).filter(pk__in=keys)
        return found

    def _is_few(self) -> bool:
        return self.plan.roots.keys is not None

    def _is_searchable(self, rows: Rows, count: Count, query: str) -> bool:
        return searchable(rows.model) and (bool(query) or count.number > SHOWN)

    def _remaining(self, shown: int, count: Count, query: str) -> str:
        if query:
            if not shown:
                return _("None of them matches “%(query)s”.") % {"query": query}
            return _("More match; add a word to the search.") if shown > SHOWN else ""
        if count.number <= SHOWN:
            return ""
        if count.kind != "exact":
            return _("These are %(shown)s of them.") % {"shown": SHOWN}
        rest = count.number - SHOWN
        return _("and %(rest)s more") % {"rest": Count(rest)}

    def _groups(self, rows: Rows, link: Link) -> list[str]:
        """ "Finance: 21", for the parents with most rows."""
        name = link.field.attname
        sizes = rows.order_by().values_list(name).annotate(size=CountRows("pk"))
        counts = dict(sizes.order_by("-size", name)[:SHOWN])
        every = link.parent._base_manager.using(rows.db)
        parents = every.in_bulk(list(counts)) if link.is_plain else {}
        return [f"{parents[key]}: {Count(size)}" for key, size in counts.items() if key in parents]

    def _is_single(self, link: Link) -> bool:
        keys = self.plan.going[link.parent].keys
        return keys is not None and len(keys) == 1

    def _list_url(self, link: Link) -> str:
        """The change list of these rows, where one filter says which they are."""
        keys = self.plan.going[link.parent].keys
        if link.is_generic or not link.is_plain or link.model not in self.site._registry:
            return ""
        if keys is None or len(keys) > SHOWN:
            return ""
        opts = link.model._meta
        url = reverse(f"{self.site.name}:{opts.app_label}_{opts.model_name}_changelist")
        one = {link.field.name: keys[0]}
        return f"{url}?{urlencode(one if len(keys) == 1 else {f'{link.field.name}__in': _joined(keys)})}"


def searchable(model: Model) -> bool:
    return any(field.name == "search_text" for field in model._meta.fields)


def _joined(keys: list[Any]) -> str:
    return ",".join(str(key) for key in keys)
