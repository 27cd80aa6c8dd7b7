"""What the delete page says: for one object and for a selection alike, at any size.

Rows are counted up to previewed.EXACT. Where there are more, the page says so and leads to one that counts
everything (`exact`) before it offers to delete.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Self

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice import previewed
from backoffice.access import scope, within
from backoffice.admin.counting import Count, bounded_count, rows_estimate
from backoffice.admin.deletion import scope as deletion_scope
from backoffice.admin.deletion import words as words
from backoffice.admin.deletion.choices import INCLUDE, MOVE, UP, Choices, Question
from backoffice.admin.deletion.losses import Loss
from backoffice.admin.deletion.sections import Search, Section, Sections
from backoffice.admin.showing import place
from backoffice.admin.wording import listing
from backoffice.cascades import CascadePlan
from backoffice.links import Link, Model, Rows
from backoffice.operations.since import Moment
from backoffice.operations.tables import is_recorded
from backoffice.privacy.holds import held

PARENTS = previewed.EXACT  # of so many rows that go, those that point at them are counted,
SOME = 200  # or, where more go, those that point at so many of them: few enough to be looked up in an index,
EMPTIED = previewed.EXACT  # up to this number


class DeletionPage:
    @classmethod
    def asked_for(cls, site: AdminSite, request: HttpRequest, roots: Rows) -> Self:
        """The page for a request with its answers, its searches and `count` ("exact"; so is a button's "look")."""
        moment = Moment.now()  # before anything is looked at
        asked = (request.GET.get("count"), request.POST.get("count"), request.POST.get("look"))
        exact = "exact" in asked
        choices = Choices(site, request, roots)
        some = None if exact or not choices.included else choices.first_roots(previewed.EXACT + 1)
        plan, search = choices.plan(some), Search.of(request)
        return cls(site, request, plan, choices, exact=exact, search=search, moment=moment)

    def __init__(
        self,
        site: AdminSite,
        request: HttpRequest,
        plan: CascadePlan,
        choices: Choices | None = None,
        *,
        exact: bool = False,
        search: Search | None = None,
        nonce: str = "",
        moment: Moment = previewed.EVER,
    ) -> None:
        self.nonce, self.moment = nonce or previewed.new_nonce(), moment
        self.plan, self.choices, self.exact = plan, choices, exact
        self.chosen = choices.base if choices else plan  # without the branches that were included
        self.sections = Sections(site, request, plan, search)
        self.models = {model: going for model, going in plan.going.items() if not model._meta.auto_created}
        self.moves = choices.moves(plan) if choices else []

    # In numbers

    @cached_property
    def sets(self) -> dict[str, Rows]:
        """The rows that go or move, by names that say what happens to them."""
        going = {model._meta.label: going.rows for model, going in self.models.items()}
        return going | {move.key: move.rows for move in self.moves}

    @cached_property
    def looks(self) -> dict[str, previewed.Seen]:
        return {name: previewed.look(rows, self.nonce, exact=self.exact) for name, rows in self.sets.items()}

    @cached_property
    def losses(self) -> list[Loss]:
        """The rows that stay and lose what they point at; none where finding them takes as long as counting all."""
        if not self.is_few and not self.is_small:
            return []
        return [self._loss(link) for link in self.plan.emptied]

    @property
    def bound(self) -> dict[str, previewed.Seen]:
        """What a confirmation is bound to; what was not counted is not in it."""
        losses = {loss.name: loss.seen for loss in self.losses if loss.is_bound and loss.is_counted}
        return self.looks | losses

    @property
    def seen(self) -> dict[Model, previewed.Seen]:
        return {model: self.looks[model._meta.label] for model in self.models}

    @cached_property
    def counts(self) -> dict[Model, Count]:
        return {
            model: self._count(self.seen[model], going.rows if going.is_simple and not going.keys else None)
            for model, going in self.models.items()
        }

    @cached_property
    def moved(self) -> list[tuple[Any, Count]]:
        """The moves of which there are rows."""
        counts = [
            (move, self._count(self.looks[move.key], move.rows if self.is_few else None))
            for move in self.moves
        ]
        return [(move, count) for move, count in counts if count.number]

    @cached_property
    def single(self) -> Any:
        """The object, when it is one."""
        return self.chosen.chosen.first() if len(self.chosen.keys or []) == 1 else None

    @property
    def is_few(self) -> bool:
        """Whether the roots are few enough to be named, so that a planner finds quickly what hangs on them."""
        return self.plan.roots.keys is not None

    @property
    def is_partial(self) -> bool:
        """Whether there are more branches than those that the plan was made of: see asked_for()."""
        included = self.choices is not None and bool(self.choices.included)
        return included and not self.exact and not self.seen[self.plan.model].is_small

    @property
    def is_small(self) -> bool:
        """Whether the numbers of what goes are exact."""
        return self.exact or all(seen.is_small for seen in self.looks.values())

    @property
    def is_counted(self) -> bool:
        """Whether enough is counted for a confirmation."""
        return self.is_small and all(loss.is_compared for loss in self.losses)

    @property
    def is_complete(self) -> bool:
        """Whether all numbers on the page are exact."""
        if self.exact or not self.is_counted:
            return self.exact
        return not self.uncounted and all(section.size.kind == "exact" for section in self.emptied)

    @property
    def uncounted(self) -> list[str]:
        """Which relations are set empty by what goes and were counted for the first rows alone, in words."""
        if self.exact or (not self.is_few and not self.is_small):
            return []
        links = [link for link in self.plan.emptied if self.seen[link.parent].number > PARENTS]
        return [words.uncounted(link, Count(SOME)) for link in links]

    @property
    def fingerprint(self) -> str:
        user = self.sections.request.user
        return previewed.signed(self.bound, self.nonce, user, self.moment, self.targets, self.question)

    @cached_property
    def targets(self) -> dict[str, str]:
        """Where rows move, by name and place at this moment, by the names of their sets: as far as the page says it."""
        user = self.sections.request.user
        moved = [move for move in self.moves if self.looks[move.key].number]
        return {move.key: place(move.target, user) for move in moved if move.target and move.is_named}

    # In lists

    @cached_property
    def going(self) -> list[Section]:
        return [
            self.sections.going(going, self.counts[model])
            for model, going in self.models.items()
            if self.seen[model].number > (1 if model is self.plan.model and self.single else 0)
        ]

    @cached_property
    def moving(self) -> list[Section]:
        return [self.sections.moving(move, words.moves(move, count), count) for move, count in self.moved]

    @cached_property
    def emptied(self) -> list[Section]:
        return [
            self.sections.affected(loss.link, words.loses(loss.link, loss.size), loss.rows, loss.size)
            for loss in self.losses
            if loss.size.number
        ]

    @cached_property
    def blocking(self) -> list[Section]:
        limit = previewed.EXACT
        # What points from one branch to another may be in those that were not looked for, and goes as well.
        links = [
            link for link in self.plan.blocking if not (self.is_partial and link.model in self.plan.going)
        ]
        return [*self._held, *self._kept, *self._affected(links, limit, self._blocks)]

    @property
    def _held(self) -> list[Section]:
        """What must not go: somebody has said so."""
        return [
            self.sections.held(rows, count)
            for model, keys in held(self.models).items()
            if (count := bounded_count(rows := self.models[model].rows.filter(pk__in=keys))).number
        ]

    @property
    def _kept(self) -> list[Section]:
        """What must not go: the admin of its model says so."""
        return [
            self.sections.stays(refusal, count, at)
            for going in self.models.values()
            for at, refusal in enumerate(self.sections.staying(going.rows))
            if (count := bounded_count(refusal.rows)).number
        ]

    @cached_property
    def refused(self) -> list[Section]:
        """What cannot be moved so, reason by reason."""
        return [
            self.sections.affected(move.link, words.refused(move, count, reason), rows, count, "refused")
            for move, _count in self.moved
            for rows, reason in self.sections.refusals(move)
            if (count := bounded_count(rows, previewed.EXACT)).number
        ]

    @cached_property
    def lacking(self) -> list[Model]:
        """What goes but may not be deleted by this person."""
        return [
            model
            for model, seen in self.seen.items()
            if seen.number and not self.sections.may("delete", model)
        ]

    @property
    def lacking_permissions(self) -> list[Any]:
        return [self.sections.lack(model, self.models[model]) for model in self.lacking]

    @cached_property
    def questions(self) -> list[Question]:
        """What can be chosen about the rows that there are, and what was chosen about some that are there no more."""
        choices = self.choices
        if choices is None:
            return []
        groups = [(link, self._about(link, choices)) for link in choices.links.values()]
        return [
            choices.question(link, words.choice(link, count))
            for link, count in groups
            if count.number or choices.given(link)
        ]

    def hold(self) -> None:
        """Keep others from changing what the rules about those who move look at; inside a transaction."""
        for move in self.moves:
            admin = self.sections.admin(move.link.model)
            if hasattr(admin, "hold"):
                admin.hold(move.changes)

    @property
    def media(self) -> forms.Media:
        own = forms.Media(js=["backoffice/deletion.js"])
        return self.choices.form.media + own if self.choices else own

    # In words

    @property
    def subject(self) -> str:
        return words.subject(self)

    @cached_property
    def summary(self) -> str:
        return words.summary(self)

    @property
    def moves_text(self) -> list[str]:
        return [words.moves(move, count) for move, count in self.moved]

    @property
    def question(self) -> str:
        return words.question(self)

    @property
    def report(self) -> str:
        return words.report(self)

    @property
    def title(self) -> str:
        pattern = _("Delete %(subject)s?") if self.is_allowed else _("%(subject)s cannot be deleted")
        return pattern % {"subject": self.subject}

    @property
    def lacking_text(self) -> str:
        return listing(model._meta.verbose_name_plural for model in self.lacking)

    # Whether it can be done

    @property
    def is_allowed(self) -> bool:
        return not self.blocking and not self.lacking and not self.beyond

    @cached_property
    def beyond(self) -> list[str]:
        """Why this person may not do it: what it would do outside of what they look after; all of it when done."""
        request = self.sections.request
        parents = None if self.exact or request.method == "POST" else SOME
        return [capfirst(sentence) for sentence in deletion_scope.beyond(request.user, self, parents)]

    @property
    def is_answered(self) -> bool:
        """Whether every answer can be; else nobody knows what would happen."""
        return self.choices is None or self.choices.is_valid

    @property
    def can_be_confirmed(self) -> bool:
        return self.is_allowed and self.is_counted and self.is_answered and not self.refused

    @property
    def to_type(self) -> str:
        """What has to be typed before so many rows go: the name of the object, of several their number."""
        limit = getattr(self.sections.admin(self.plan.model), "type_name_above", None)
        if limit is None or all(count <= limit for count in self._concerned()):
            return ""
        return " ".join(str(self.single or "").split()) or str(self.counts[self.plan.model].number)

    def _concerned(self) -> Iterator[int]:
        """How many rows of each model go, and of each move how many are moved along."""
        yield from (seen.number for seen in self.seen.values())
        yield from (look.number for look in self.looks.values())

    @property
    def days_to_undo(self) -> int:
        """For how many days all of it can be taken back; 0 where some of it is not recorded."""
        return settings.OPERATION_RETENTION_DAYS if all(map(is_recorded, self.plan.going)) else 0

    def _count(self, seen: previewed.Seen, simple: Rows | None = None) -> Count:
        """`simple` are the rows, where a planner can tell about how many they are."""
        if self.is_partial:
            return Count(min(seen.number, previewed.EXACT), "more")
        # Asked of few rows too: as many queries whatever there is.
        about = rows_estimate(simple) if simple is not None and not self.exact else None
        if self.exact or seen.is_small:
            return Count(seen.number)
        return Count(about, "about") if about and about > previewed.EXACT else Count(previewed.EXACT, "more")

    def _loss(self, link: Link) -> Loss:
        rows, is_part = self._staying(link, PARENTS)
        seen = previewed.look(rows, self.nonce, exact=self.exact, most=EMPTIED)
        if self.exact or (seen.number <= EMPTIED and not is_part):
            return Loss(link, rows, seen, Count(seen.number))
        return Loss(link, rows, seen, Count(min(seen.number, EMPTIED), "more"))

    def _staying(self, link: Link, parents: int) -> tuple[Rows, bool]:
        """What this person sees of the rows that point at what goes, and whether only some of that was looked at."""
        is_part = not self.exact and self.seen[link.parent].number > parents
        rows = self.plan.staying(link, parents=None if self.exact else SOME if is_part else parents)
        with scope.asked(scope.ROW_BY_ROW):  # few, found by what they point at
            return within(self.sections.request.user, rows), is_part

    def _affected(
        self, links: list[Link], limit: int, sentence: Callable[[Link, Count], str]
    ) -> list[Section]:
        found = []
        for link in links:
            rows, is_part = self._staying(link, limit)
            count = Count(rows.count()) if self.exact else bounded_count(rows, limit)
            if count.number == 0:
                continue
            if is_part:
                count = count._replace(kind="more")
            found.append(self.sections.affected(link, sentence(link, count), rows, count))
        return found

    def _blocks(self, link: Link, count: Count) -> str:
        return words.blocks(link, count, self.single if link.parent is self.plan.model else None)

    def _about(self, link: Link, choices: Choices) -> Count:
        """How many rows a question is about."""
        if choices.answer(link) in (MOVE, UP):
            counts = [count for move, count in self.moved if move.link == link]
            return counts[0]._replace(number=sum(count.number for count in counts)) if counts else Count(0)
        if link.model is self.plan.model and (link.cascades or choices.answer(link) == INCLUDE):
            own = self.counts[link.model]
            return own.without(len(self.chosen.keys or []))
        if link.cascades:
            return self.counts[link.model]
        sections = [*self.blocking, *self.emptied]
        return next((section.size for section in sections if section.link == link), Count(0))
