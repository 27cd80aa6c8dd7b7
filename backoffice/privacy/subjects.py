"""Subjects: the models whose rows are people, each with the rule that says whose data is kept no longer.

register(Subject(Author, due=retired_before, days="AUTHOR_RETENTION_DAYS"))
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.links import Link, Rows, links_to
from backoffice.privacy import addresses
from backoffice.privacy.models import FormerName, LegalHold
from backoffice.privacy.registry import address_columns
from backoffice.rules import Refusal

DUE = gettext_lazy("They are due since before %(day)s.")


@dataclass(frozen=True)
class Subject:
    """`due` gives the rows that are done with since before a day; `days` names the setting of how long they are kept.

    `due_gone` is the same for rows that were deleted the ordinary way: of the history rows of their deletions. Without,
    what is left of them goes with the record alone.

    `account` is the relation to the account of a row, `shown` are the columns that a list of rows to purge has, and
    `since` is the one that says since when they are done with; `why` says so in words, of all of them.
    """

    model: Any
    due: Callable[[Rows, datetime.date], Rows]
    days: str
    since: str
    account: str = ""
    shown: tuple[str, ...] = ()
    title: Any = ""
    why: Any = DUE
    due_gone: Callable[[Rows, datetime.date], Rows] | None = None
    refusals: Callable[[Rows], Iterator[Refusal]] = field(default=lambda rows: iter(()))

    @property
    def label(self) -> str:
        return str(self.model._meta.label)

    @property
    def before(self) -> datetime.date:
        """Whoever was done with before this day is due."""
        days: int = getattr(settings, self.days)
        return timezone.localdate() - datetime.timedelta(days=days)

    @property
    def links(self) -> list[Link]:
        """The relations by which rows that stay point at subjects."""
        return [link for link in links_to(self.model) if link.empties or link.cascades or link.blocks]


_subjects: dict[Any, Subject] = {}


def register(subject: Subject) -> None:
    _subjects[subject.model] = subject


def subjects() -> list[Subject]:
    return list(_subjects.values())


def subject_of(model: Any) -> Subject | None:
    return _subjects.get(model)


def named(label: str) -> Subject | None:
    return next((subject for subject in _subjects.values() if subject.label == label), None)


class Due:
    """The rows that are due on a day: who goes, who is held, who cannot go and why."""

    def __init__(self, subject: Subject, rows: Rows, before: datetime.date | None = None) -> None:
        self.subject, self.before = subject, before or subject.before
        self.every = subject.due(rows, self.before)

    @property
    def held(self) -> Rows:
        return self.every.filter(self._hold())

    @property
    def kept(self) -> list[Refusal]:
        """Whom something else stands against."""
        refusals = self.subject.refusals(self.every.exclude(self._hold()))
        return [*self._hanging(), *self._powerful(), *self._unlinked(), *refusals]

    @property
    def going(self) -> Rows:
        rows = self.every.exclude(self._hold())
        for refusal in self.kept:
            rows = rows.exclude(pk__in=refusal.rows.order_by().values("pk"))
        return rows

    def _hold(self) -> Exists:
        return held(self.subject)

    def _powerful(self) -> Iterator[Refusal]:
        """An account goes with its person: not the last one that can give rights to others."""
        name = self.subject.account
        if name:
            asked = {f"{name}__is_superuser": True, f"{name}__is_active": True}
            reason = _("Their account may do everything and can still sign in: deactivate it first")
            yield Refusal(self.every.exclude(self._hold()).filter(**asked), name, reason)

    def _unlinked(self) -> Iterator[Refusal]:
        """Whose an account is that has their address and is not linked to them, somebody has to say."""
        name = self.subject.account
        if name and address_columns(self.subject.model):
            accounts = addresses.unlinked(self.subject)
            accounts = accounts.exclude(pk__in=addresses.going_along(accounts).order_by().values("pk"))
            reason = _(
                "An account with an e-mail address of theirs is linked to nobody: link it to whom it belongs, or "
                "delete it"
            )
            free = self.every.exclude(self._hold())
            yield Refusal(free.filter(addresses.has_one(self.subject, accounts)), name, reason)

    def _hanging(self) -> Iterator[Refusal]:
        """Nothing goes along with a person but their account."""
        free = self.every.exclude(self._hold())
        for link in self.subject.links:
            if (link.cascades or link.blocks) and link.is_plain:
                hanging = link.model._base_manager.filter(**{link.field.name: OuterRef("pk")}).order_by()
                reason = _("There are %(rows)s that belong to them")
                rows = link.model._meta.verbose_name_plural
                yield Refusal(free.filter(Exists(hanging)), link.field.name, reason % {"rows": rows})


def pointing(subject: Subject, rows: Rows) -> Iterator[tuple[Link, Rows]]:
    """What stays and points at these rows, if they go: its relation becomes empty."""
    keys = rows.order_by().values("pk")
    for link in subject.links:
        if link.empties and link.is_plain:
            every = link.model._base_manager.using(rows.db)
            yield link, every.filter(**{f"{link.field.name}__in": keys})


def held(subject: Subject) -> Exists:
    """As a condition on a row of the subject: whether it must be kept."""
    return Exists(LegalHold.objects.filter(model=subject.label, key=OuterRef("pk")).order_by())


def hold_of(row: models.Model) -> LegalHold | None:
    return LegalHold.objects.filter(model=row._meta.label, key=row.pk).first()


def former_names(subject: Subject, keys: Any) -> Rows:
    """What the rows with these keys were called, as far as no history says it any more."""
    return FormerName.objects.filter(model=subject.label, key__in=keys).order_by("pk")
