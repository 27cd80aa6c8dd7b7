"""Who those who go are: their accounts, what they are and were called, and where else that stands.

Reads, and changes nothing: what is shown to who approves a purge, and what the purge looks for then.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property, reduce
from operator import or_
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, Value
from django.db.models.functions import Concat

from backoffice.links import links_to
from backoffice.operations.since import Moment
from backoffice.operations.tables import is_recorded, new, old
from backoffice.privacy import account_names, addresses, texts
from backoffice.privacy.needles import SEVERAL, Phrase, Used
from backoffice.privacy.needles import Names as Called
from backoffice.privacy.registry import Names, fact_of, own_columns
from backoffice.privacy.subjects import Subject, former_names
from backoffice.sql.frozen import key_set

CHUNK = 5_000
MOST_PLACES = 3  # of a name, that are told
MOST_TOLD = 80  # characters of a text

Rows = models.QuerySet[Any]
Keys = Any  # what stands after `__in`


class Elsewhere(NamedTuple):
    """A name of those who go that stands in what is said about those who stay."""

    words: Phrase
    name: str  # as it is written
    places: list[Used]  # some of them
    number: int  # of the rows there


class Sought:
    """The rows of a subject with these `keys`; some may be deleted already.

    `left` are names that stay where they stand in texts about others. Not `is_shown`: nobody sees before what goes, so
    that accounts are theirs that are linked to them, and no others, and that single words of a name, which may mean
    something else, go only beside the name.
    """

    def __init__(
        self,
        subject: Subject,
        keys: Keys,
        *,
        is_shown: bool = True,
        left: Iterable[Phrase] = (),
    ) -> None:
        self.subject, self.keys, self.is_shown, self.left = subject, keys, is_shown, left
        self.model = subject.model
        self.history = self.model.history_model.objects.filter(row_id__in=keys)

    @cached_property
    def accounts(self) -> list[Any]:
        by_address = self._accounts_by_address() if self.is_shown else []
        return list({*self.linked(), *self._accounts_of_gone(), *by_address})

    @cached_property
    def called(self) -> Called:
        return Called(
            self._their_names(),
            self._names_of_others(),
            logins=[*self._accounts_called.logins, *account_names.noted(self.accounts)],
            used=self._used,
            left=self.left,
            alone=self.is_shown,
        )

    def elsewhere(self) -> list[Elsewhere]:
        """Which of their names would go from what is said about those who stay, most rows first."""
        found = self.in_short_texts()
        for model, fields in self._texts():
            written = [
                field for field in fields if not field.max_length and not isinstance(field, models.JSONField)
            ]
            rows = _rows(model).exclude(pk__in=self.keys) if model is self.model else _rows(model)
            for page in texts.pages(rows, written) if written else ():
                for key, *values in page:
                    for field, value in zip(written, values, strict=True):
                        used = Used(value or "", 1, False, model._meta.label, field.name, str(key))
                        self._note(found, used)
        return sorted(found.values(), key=lambda each: (-each.number, each.words))

    def in_short_texts(self, since: Moment | None = None) -> dict[Phrase, Elsewhere]:
        """Which of their names titles, places and the like of those who stay would lose; with `since`, of rows written
        after it.
        """
        found: dict[Phrase, Elsewhere] = {}
        for used in self._used if since is None else self._used_since(since):
            if used.model:
                self._note(found, used)
        return found

    def _note(self, found: dict[Phrase, Elsewhere], used: Used) -> None:
        for words, name in dict(self.called.text.named_in(used.text)).items():
            was = found.get(words, Elsewhere(words, name, [], 0))
            places = was.places
            if len(places) < MOST_PLACES:
                places = [*places, used._replace(text=_around(name, used.text))]
            found[words] = was._replace(places=places, number=was.number + used.number)

    # Names

    def _their_names(self) -> Iterator[str]:
        yield from self._names_of_rows
        yield from self._accounts_called.whole | self._accounts_called.parts

    @cached_property
    def _names_of_rows(self) -> set[str]:
        own = [column.field for column in own_columns(self.model)]
        before = [name for field in own for name in (old(field), new(field))]
        rows = self.model._base_manager.filter(pk__in=self.keys)
        return {
            *texts.strings(rows, [field.attname for field in own]),
            *texts.strings(self.history, before),
            *texts.strings(former_names(self.subject, self.keys), ["name"]),
        }

    @cached_property
    def _accounts_called(self) -> account_names.Called:
        return account_names.called(self.accounts, self.subject, self.keys)

    def _names_of_others(self) -> Iterator[str]:
        user: Any = get_user_model()
        going = set(_rows(self.model).filter(pk__in=self.keys).values_list("pk", flat=True))
        yield from texts.strings_of_all(self.model._base_manager, _shared(self.model), going)
        alone = (account.key for account in self._namesakes if account.is_alone)
        theirs = {*self.accounts, *self._open_accounts(), *alone}
        full = Concat("first_name", Value(" "), "last_name")
        accounts = user._base_manager.annotate(full_name=full)
        columns = [*_shared(user), user.USERNAME_FIELD, "full_name"]
        yield from texts.strings_of_all(accounts, columns, theirs)

    @cached_property
    def _used(self) -> list[Used]:
        """What titles, places and the like of those who stay say, and said as far as an undo can bring it back."""
        return list(self._short_texts())

    def _texts(self) -> Iterator[tuple[Any, list[Any]]]:
        """But of histories."""
        histories = texts.histories()
        found = texts.with_names(Names.TEXT)
        yield from ((model, fields) for model, fields in found if model not in histories)

    def _short_texts(self) -> Iterator[Used]:
        for model, fields in self._texts():
            for field in fields:
                if field.max_length:  # a short text, not something that was written about somebody
                    yield from self._texts_of(model, field)

    def _used_since(self, moment: Moment) -> Iterator[Used]:
        for model, fields in self._texts():
            names = [field.attname for field in fields if field.max_length]
            if names and is_recorded(model):
                rows = _rows(model).filter(pk__in=moment.changes(model).values("row_id"))
                rows = rows.exclude(pk__in=self.keys) if model is self.model else rows
                label, is_own = model._meta.label, model is self.model
                yield from (Used(text, 1, is_own, label) for text in texts.strings(rows, names))

    def _texts_of(self, model: Any, field: Any) -> Iterator[Used]:
        label, is_own, is_common = model._meta.label, model is self.model, fact_of(model, field.name).common
        rows = _rows(model).exclude(pk__in=self.keys) if is_own else _rows(model)
        for text, number in _filled(rows, field.attname).annotate(rows=Count("pk")).iterator(CHUNK):
            yield Used(text, number, is_own, label, field.name)
        if is_common:
            for text, _key in _filled(rows.filter(_in_use(model)), field.attname).annotate(key=Max("pk")):
                yield Used(text, SEVERAL, True)
        if is_recorded(model):
            steps = model.history_model.objects.order_by()
            steps = steps.exclude(row_id__in=self.keys) if is_own else steps
            lost = texts.lost(steps, field.name)
            counted = _filled(lost, old(field)).annotate(rows=Count("row_id", distinct=True))
            for text, number in counted.iterator(CHUNK):
                yield Used(text, number, is_own or is_common, label, field.name)

    # Accounts

    def staying(self) -> list[Any]:
        """The accounts that seem to be theirs, by an address or their name, and that stay all the same."""
        found = {*self._open_accounts(), *(account.key for account in self._namesakes)}
        return sorted(found - set(self.accounts))

    @cached_property
    def _namesakes(self) -> list[addresses.Namesake]:
        """The accounts called as they are that are linked to nobody else."""
        return list(addresses.namesakes(self._names_of_rows, self._unlinked))

    def linked(self) -> list[Any]:
        """The accounts that are linked to them."""
        if not self.subject.account:
            return []
        rows = self.model._base_manager.filter(pk__in=self.keys, **{f"{self.subject.account}__isnull": False})
        return list(rows.order_by().values_list(self.subject.account, flat=True))

    def _accounts_of_gone(self) -> list[Any]:
        """Those that nobody may use any more and that are nobody else's by now."""
        name = self.subject.account
        if not name:
            return []
        there = self.model._base_manager.filter(pk__in=self.keys).order_by().values("pk")
        deletions = self.history.filter(action="-").exclude(row_id__in=there)
        theirs = deletions.order_by().values(old(self.model._meta.get_field(name)))
        closed = self._unlinked.filter(is_active=False, pk__in=theirs)
        return list(closed.values_list("pk", flat=True))

    def _open_accounts(self) -> list[Any]:
        """Those that are theirs and stay, as somebody may use them: they are nobody else of that name."""
        name = self.subject.account
        if not name:
            return []
        before = self.history.order_by().values(old(self.model._meta.get_field(name)))
        return [*self._with_address, *self._unlinked.filter(pk__in=before).values_list("pk", flat=True)]

    def _accounts_by_address(self) -> list[Any]:
        """Those with an e-mail address of theirs that nobody may use any more and that are nobody else's."""
        found = self._unlinked.filter(pk__in=key_set(get_user_model(), self._with_address))
        return list(addresses.going_along(found).values_list("pk", flat=True))

    @cached_property
    def _with_address(self) -> list[Any]:
        return addresses.of(self.subject, self.keys, self._unlinked)

    @property
    def _unlinked(self) -> Rows:
        return addresses.unlinked(self.subject, self.keys)


def _around(name: str, text: str) -> str:
    """The text, or of a long one what stands around the name."""
    if len(text) <= MOST_TOLD:
        return text
    start = max(text.find(name) - (MOST_TOLD - len(name)) // 2, 0)
    told = text[start : start + max(MOST_TOLD, len(name))]
    return f"{'…' if start else ''}{told.strip()}{'…' if start + len(told) < len(text) else ''}"


def _rows(model: Any) -> Any:
    return model._base_manager.order_by()


def _filled(rows: Rows, column: str) -> Any:
    """Each text of a column."""
    return rows.filter(**{f"{column}__gt": texts.EMPTY}).values_list(column)


def _in_use(model: Any) -> Q:
    """As a condition on rows: whether others point at them."""
    links = (link for link in links_to(model) if link.is_plain and is_recorded(link.model))
    rows = (link.model._base_manager.order_by().filter(**{link.field.name: OuterRef("pk")}) for link in links)
    return reduce(or_, (Q(Exists(pointing)) for pointing in rows), Q(pk__in=[]))


def _shared(model: Any) -> list[str]:
    """Those of them in which two people may have the same."""
    return [column.field.attname for column in own_columns(model) if not column.field.unique]
