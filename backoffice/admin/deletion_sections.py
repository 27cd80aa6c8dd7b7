"""The lists on the delete page: the first rows of what goes, of what is emptied and of what blocks."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.contrib.auth import get_permission_codename
from django.db.models import Count as CountRows
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import Count
from backoffice.admin.wording import things
from backoffice.cascades import CascadePlan, Going
from backoffice.links import Link, Model, Rows
from backoffice.search import matching

SHOWN = 20  # rows of each list


class Row(NamedTuple):
    text: str
    url: str
    parent: str = ""


class Section(NamedTuple):
    """A list with a heading; `remaining` is a sentence about rows that are not in it."""

    heading: str
    rows: list[Row]
    size: Count
    remaining: str = ""
    parent: str = ""  # heading of the second column
    groups: list[str] = []
    list_url: str = ""


class Sections:
    """Builds the lists for one request. Rows are named to those who may view them, else only counted."""

    def __init__(self, site: AdminSite, request: HttpRequest, plan: CascadePlan) -> None:
        self.site, self.request, self.plan = site, request, plan

    def going(self, going: Going, count: Count, query: str) -> Section:
        link = going.links[0] if len(going.links) == 1 and not going.links[0].is_generic else None
        heading = _("%(things)s will be deleted.") % {"things": things(going.model, count)}
        if not self.may("view", going.model):
            return Section(heading, [], count)
        found = going.rows.order_by(*(going.model._meta.ordering or ()))
        if query and searchable(going.model):
            found = found.filter(matching(query, using=found.db))
        parents = link.field.name if link and not self._is_single(link) else None
        rows = list((found.select_related(parents) if parents else found)[: SHOWN + 1])
        return Section(
            heading,
            [self._row(row, parents) for row in rows[:SHOWN]],
            count,
            remaining=self._remaining(len(rows), count, query),
            parent=str(link.field.verbose_name) if link and parents else "",
            groups=self._groups(going, link) if link and parents and count.kind == "exact" else [],
            list_url=self._list_url(link) if link else "",
        )

    def affected(self, link: Link, heading: str, rows: Rows, count: Count) -> Section:
        if not self.may("view", link.model):
            return Section(heading, [], count)
        # In no order: sorting would read them all.
        found = sorted((self._row(row) for row in rows.order_by()[:SHOWN]), key=lambda row: row.text)
        return Section(heading, found, count, self._remaining(len(found), count, ""))

    def may(self, deed: str, model: Model) -> bool:
        admin = self.site._registry.get(model)
        if admin is None:  # Django's own delete page does not ask here either
            name = get_permission_codename(deed, model._meta)
            return deed == "delete" or self.request.user.has_perm(f"{model._meta.app_label}.{name}")
        return bool(getattr(admin, f"has_{deed}_permission")(self.request))

    def _row(self, row: Any, parent: str | None = None) -> Row:
        url = ""
        if type(row) in self.site._registry:
            opts = row._meta
            url = reverse(f"{self.site.name}:{opts.app_label}_{opts.model_name}_change", args=[quote(row.pk)])
        return Row(str(row), url, str(getattr(row, parent)) if parent else "")

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
        return ngettext("and %(rest)s more", "and %(rest)s more", rest) % {"rest": Count(rest)}

    def _groups(self, going: Going, link: Link) -> list[str]:
        """ "Finance: 21", for the parents with most rows."""
        name = link.field.attname
        sizes = going.rows.order_by().values_list(name).annotate(size=CountRows("pk"))
        counts = dict(sizes.order_by("-size", name)[:SHOWN])
        parents = (
            link.parent._base_manager.using(going.rows.db).in_bulk(list(counts)) if link.is_plain else {}
        )
        return [f"{parents[key]}: {Count(size)}" for key, size in counts.items() if key in parents]

    def _is_single(self, link: Link) -> bool:
        keys = self.plan.going[link.parent].keys
        return keys is not None and len(keys) == 1

    def _list_url(self, link: Link) -> str:
        """The change list of these rows, where one filter says which they are."""
        keys = self.plan.going[link.parent].keys
        if keys is None or len(keys) != 1 or not link.is_plain or link.model not in self.site._registry:
            return ""
        opts = link.model._meta
        url = reverse(f"{self.site.name}:{opts.app_label}_{opts.model_name}_changelist")
        return f"{url}?{urlencode({link.field.name: keys[0]})}"


def searchable(model: Model) -> bool:
    return any(field.name == "search_text" for field in model._meta.fields)
