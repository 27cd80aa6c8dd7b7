"""What the delete page says: for one object and for a selection alike, at any size.

Rows are counted up to previewed.EXACT. Where there are more, the page says so and leads to one that counts
everything (`exact`) before it offers to delete.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Self

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import previewed
from backoffice.admin.counting import Count, bounded_count, rows_estimate
from backoffice.admin.deletion_sections import Section, Sections, searchable
from backoffice.admin.wording import grammatical, listing, things
from backoffice.cascades import CascadePlan
from backoffice.links import Link, Model, Rows

PARENTS = 1_000  # of so many rows that go, those that point at them are counted,
SOME = 200  # or, where more go, those that point at so many of them: few enough to be looked up in an index,
EMPTIED = 1_000  # up to this number


class DeletionPage:
    @classmethod
    def asked_for(cls, site: AdminSite, request: HttpRequest, roots: Rows) -> Self:
        """The page for a request with its `q` (a search) and `count` ("exact")."""
        given = request.POST if request.method == "POST" else request.GET
        exact = "exact" in (request.GET.get("count"), request.POST.get("count"))
        query = given.get("q", "").strip()[:100].replace("\x00", "")
        return cls(site, request, CascadePlan(roots), exact=exact, query=query)

    def __init__(
        self,
        site: AdminSite,
        request: HttpRequest,
        plan: CascadePlan,
        *,
        exact: bool = False,
        query: str = "",
    ) -> None:
        self.plan, self.exact, self.query = plan, exact, query
        self.sections = Sections(site, request, plan)
        self.models = {model: going for model, going in plan.going.items() if not model._meta.auto_created}

    @cached_property
    def seen(self) -> dict[Model, previewed.Seen]:
        return {model: previewed.look(going.rows, exact=self.exact) for model, going in self.models.items()}

    @cached_property
    def counts(self) -> dict[Model, Count]:
        return {model: self._count(model) for model in self.models}

    @cached_property
    def single(self) -> Any:
        """The object, when it is one."""
        return self.plan.chosen.first() if len(self.plan.keys or []) == 1 else None

    @property
    def subject(self) -> str:
        """ "Finance" or "3 departments"."""
        return str(self.single) if self.single else things(self.plan.model, self.counts[self.plan.model])

    @cached_property
    def summary(self) -> str:
        """ "Finance and 21 employees": what the button deletes."""
        counts = dict(self.counts)
        own = counts.pop(self.plan.model)
        if self.single:  # of a tree, its branches go along
            counts = {self.plan.model: own._replace(number=own.number - 1), **counts}
        return listing(
            [self.subject, *(things(model, count) for model, count in counts.items() if count.number)]
        )

    @property
    def title(self) -> str:
        pattern = _("Delete %(subject)s?") if self.is_allowed else _("%(subject)s cannot be deleted")
        return pattern % {"subject": self.subject}

    @cached_property
    def lacking(self) -> list[str]:
        """The kinds of things that go but may not be deleted by this person."""
        return [
            str(model._meta.verbose_name_plural)
            for model, seen in self.seen.items()
            if seen.number and not self.sections.may("delete", model)
        ]

    @property
    def lacking_text(self) -> str:
        return listing(self.lacking)

    @cached_property
    def going(self) -> list[Section]:
        return [
            self.sections.going(going, self.counts[model], self.query)
            for model, going in self.models.items()
            if self.seen[model].number > (1 if model is self.plan.model and self.single else 0)
        ]

    @cached_property
    def emptied(self) -> list[Section]:
        return self._affected(self.plan.emptied, PARENTS, EMPTIED, _loses)

    @cached_property
    def blocking(self) -> list[Section]:
        return self._affected(self.plan.blocking, previewed.EXACT, previewed.EXACT, self._blocks)

    @property
    def is_allowed(self) -> bool:
        return not self.blocking and not self.lacking

    @property
    def is_counted(self) -> bool:
        """Whether the numbers of what goes are exact, so that it can be confirmed."""
        return self.exact or all(seen.is_small for seen in self.seen.values())

    @property
    def is_complete(self) -> bool:
        """Whether all numbers on the page are exact."""
        unknown = any(self.seen[link.parent].number > PARENTS for link in self.plan.emptied)
        return self.exact or (not unknown and all(section.size.kind == "exact" for section in self.emptied))

    @property
    def is_searchable(self) -> bool:
        return any(searchable(model) for model in self.models if self.seen[model].number)

    @property
    def fingerprint(self) -> str:
        return previewed.signed(self.seen)

    def _count(self, model: Model) -> Count:
        going = self.models[model]
        # Asked of few rows too: as many queries whatever there is.
        about = rows_estimate(going.rows) if going.is_simple and not self.exact and not going.keys else None
        if self.exact or self.seen[model].is_small:
            return Count(self.seen[model].number)
        return Count(about, "about") if about and about > previewed.EXACT else Count(previewed.EXACT, "more")

    def _affected(
        self, links: list[Link], parents: int, limit: int, sentence: Callable[[Link, Count], str]
    ) -> list[Section]:
        found = []
        for link in links:
            is_part = not self.exact and self.seen[link.parent].number > parents
            rows = self.plan.staying(link, parents=None if self.exact else SOME if is_part else parents)
            count = Count(rows.count()) if self.exact else bounded_count(rows, limit)
            if count.number == 0:
                continue
            if is_part:
                count = count._replace(kind="more")
            found.append(self.sections.affected(link, sentence(link, count), rows, count))
        return found

    def _blocks(self, link: Link, count: Count) -> str:
        direct = self.single if link.parent is self.plan.model else None
        one_of_them = _("one of these %(things)s") % {"things": link.parent._meta.verbose_name_plural}
        pattern = ngettext(
            "%(things)s has %(subject)s as its %(field)s.",
            "%(things)s have %(subject)s as their %(field)s.",
            grammatical(count),
        )
        return pattern % {
            "things": things(link.model, count),
            "subject": direct or one_of_them,
            "field": link.field.verbose_name,
        }


def _loses(link: Link, count: Count) -> str:
    pattern = ngettext(
        "%(things)s loses its %(field)s.", "%(things)s lose their %(field)s.", grammatical(count)
    )
    return pattern % {"things": things(link.model, count), "field": link.field.verbose_name}
