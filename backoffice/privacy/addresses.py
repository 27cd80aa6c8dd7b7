"""Accounts that are linked to nobody and have an e-mail address that somebody has, or had.

Single sign-on makes such accounts. Whose they are the address says, and whoever may write addresses writes it: so they
count as somebody's only for those who decide about everybody.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Upper
from django.db.models.lookups import In

from backoffice.operations.tables import new, old
from backoffice.privacy import texts
from backoffice.privacy.models import FormerName
from backoffice.privacy.needles import is_a_name, phrase
from backoffice.privacy.registry import address_columns

Rows = QuerySet[Any]

FEW = 1_000  # addresses


def unlinked(subject: Any, but: Any = ()) -> Rows:
    """The accounts that no row of a subject is linked to, or only rows with the keys of `but`."""
    user: Any = get_user_model()
    if not subject.account:
        return user._default_manager.none()  # type: ignore[no-any-return]
    others = subject.model._base_manager.exclude(pk__in=but).filter(**{f"{subject.account}__isnull": False})
    return user._default_manager.exclude(pk__in=others.order_by().values(subject.account))  # type: ignore[no-any-return]


def going_along(accounts: Rows) -> Rows:
    """Those of them that a purge takes along: nobody may use them, and nobody could do everything by them."""
    return accounts.filter(is_active=False, is_superuser=False)


def of(subject: Any, keys: Any, accounts: Rows) -> list[Any]:
    """The keys of those `accounts` that have an address of the rows with these keys, which no other row has or had."""
    told = chain(
        accounts.order_by().values_list("pk", *_columns()).iterator(),
        _confirmed(accounts).values_list("user", "email").iterator(),
    )
    known = [(key, word.lower()) for key, *words in told for word in words if "@" in word]
    theirs = {address.lower() for address in _addresses(subject, keys, {address for _key, address in known})}
    found = [(key, address) for key, address in known if address in theirs]
    wanted = sorted({address for _key, address in found})
    others = set(map(str.lower, _addresses_of_others(subject, keys, wanted))) if found else set()
    of_others = {key for key, address in found if address in others}
    return [key for key in dict(found) if key not in of_others]


class Namesake(NamedTuple):
    """An account that is called as somebody is; `is_alone`: nobody may use it, and it says no other name."""

    key: Any
    is_alone: bool


def namesakes(names: Iterable[str], accounts: Rows) -> Iterator[Namesake]:
    """Those of these `accounts` whose name, or whose user name, is one of `names`."""
    user: Any = get_user_model()
    told = accounts.order_by().values_list("pk", "is_active", "first_name", "last_name", user.USERNAME_FIELD)
    known = [
        (key, is_active, phrase(f"{first} {last}"), phrase(login))
        for key, is_active, first, last, login in told.iterator()
    ]
    asked = {words for *_account, name, login in known for words in (name, login)} - {()}
    theirs = {
        words for name in (names if asked else ()) if (words := phrase(name)) in asked and is_a_name(name)
    }
    for key, is_active, name, login in known:
        if {name, login} & theirs:
            yield Namesake(key, not is_active and (not name or name in theirs))


def _addresses_of_others(subject: Any, keys: Any, wanted: list[str]) -> Iterator[str]:
    """Which of the `wanted` other rows have or had."""
    for field in address_columns(subject.model):
        rows = subject.model._base_manager.exclude(pk__in=keys)
        steps = subject.model.history_model.objects.exclude(row_id__in=keys)
        yield from texts.strings(rows.filter(**{f"{field.attname}__in": wanted}), [field.attname])
        for name in (old(field), new(field)):
            yield from texts.strings(steps.filter(**{f"{name}__in": wanted}), [name])
    former = FormerName.objects.filter(model=subject.label, name__in=wanted).exclude(key__in=keys)
    yield from texts.strings(former, ["name"])


def _columns() -> list[str]:
    """Where an account has an address: of many the user name is one."""
    user: Any = get_user_model()
    return [user.get_email_field_name(), user.USERNAME_FIELD]


def _confirmed(accounts: Rows) -> Rows:
    """The further addresses of accounts, where signing in keeps them."""
    if not apps.is_installed("allauth.account"):
        return accounts.none()
    from allauth.account.models import EmailAddress

    return EmailAddress.objects.order_by().filter(user__in=accounts.order_by().values("pk"))  # type: ignore[no-any-return]


def _addresses(subject: Any, keys: Any, wanted: set[str]) -> Iterator[str]:
    """What they are now and what they were, at least as far as it is `wanted`: of few the database looks for them."""
    model, columns = subject.model, address_columns(subject.model)
    if not columns or not wanted:
        return
    asked = [*wanted, *map(str.upper, wanted)]

    def among(rows: Rows, *names: str) -> Rows:
        if len(wanted) > FEW:
            return rows
        return rows.filter(
            reduce(or_, (Q(In(Upper(name), asked)) | Q(**{f"{name}__in": asked}) for name in names))
        )

    now = [field.attname for field in columns]
    before = [name for field in columns for name in (old(field), new(field))]
    yield from texts.strings(among(model._base_manager.filter(pk__in=keys), *now), now)
    yield from texts.strings(among(model.history_model.objects.filter(row_id__in=keys), *before), before)
    former = FormerName.objects.filter(model=subject.label, key__in=keys, name__contains="@")
    yield from texts.strings(among(former, "name"), ["name"])


def has_one(subject: Any, accounts: Rows) -> Q:
    """As a condition on a row of the subject: whether one of these accounts has its address, or one that it had."""
    columns = address_columns(subject.model)
    taken = [
        accounts.order_by().filter(**{f"{name}__contains": "@"}).values(address=Upper(name))
        for name in _columns()
    ]
    taken.append(_confirmed(accounts).values(address=Upper("email")))

    def is_taken(*names: str) -> Q:
        return reduce(or_, (Q(In(Upper(name), some)) for name in names for some in taken), Q(pk__in=[]))

    before = [name for field in columns for name in (old(field), new(field))]
    steps = subject.model.history_model.objects.order_by().filter(row=OuterRef("pk"))
    former = FormerName.objects.order_by().filter(model=subject.label, key=OuterRef("pk"))
    return (
        is_taken(*(field.attname for field in columns))
        | Q(Exists(steps.filter(is_taken(*before))))
        | Q(Exists(former.filter(is_taken("name"))))
    )
