"""What accounts are and were called: everything that is held about their person says it, and a purge looks for it.

Of what an account was called before, the log says only that it changed: it is kept here, by its column
("auth.User.username"), as long as the account. What one is and was called that goes before its person is kept as long
as that person, as theirs ("library.Author.user.username").
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import product
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast
from django.db.models.signals import post_delete

from backoffice.models import FormerName
from backoffice.operations import accounts
from backoffice.operations.tables import old
from backoffice.privacy import texts
from backoffice.privacy.needles import REMOVED
from backoffice.privacy.pointers import logged_by_django
from backoffice.privacy.registry import naming_accounts, own_columns
from backoffice.privacy.subjects import Subject, subjects
from backoffice.security import leaving
from backoffice.sql.frozen import key_set

FIRST, LAST = "first_name", "last_name"


class Called(NamedTuple):
    whole: set[str]  # first and last names together, and addresses
    parts: set[str]  # each of them alone
    logins: set[str]


def install() -> None:
    accounts.when_changed(keep)
    leaving.when_announced(hand_over)
    name = "backoffice.privacy.account_names"
    post_delete.connect(forget, sender=get_user_model(), dispatch_uid=name)


def keep(model: Any, before: dict[Any, dict[str, Any]]) -> None:
    """What these rows were called: key → column that changed → what it said."""
    if model is get_user_model():
        own = set(_columns())
        FormerName.objects.bulk_create(
            FormerName(model=_label(column), key=key, name=value)
            for key, values in before.items()
            for column, value in values.items()
            if column in own and value
        )


def forget(instance: Any, **kwargs: Any) -> None:
    FormerName.objects.filter(model__in=map(_label, _columns()), key=instance.pk).delete()


def hand_over(keys: Collection[Any]) -> None:
    """These accounts are about to go: what they are and were called stays with their people."""
    said = defaultdict(set)
    for key, column, value in (*_now(keys), *_before(keys)):
        said[key].add((column, value))
    FormerName.objects.bulk_create(
        FormerName(model=label, key=person, name=value)
        for subject in subjects()
        for person, key in _people(subject, keys)
        for column, value in sorted(said[key])
        for label in [_label_of(subject, column)]
    )


def called(keys: Collection[Any], subject: Subject, people: Any) -> Called:
    """What the accounts with these keys are and were called, and those of these people that are gone."""
    said: dict[tuple[Any, str], set[str]] = defaultdict(set)
    for key, column, value in (*_now(keys), *_before(keys)) if keys else ():
        said[key, column].add(value)
    for person, column, value in _of_people(subject, people):
        said[(subject, person), column].add(value)
    found: dict[str, set[str]] = defaultdict(set)
    for (_key, column), values in said.items():
        found[_kind(column)] |= values
    pairs = (product(said.get((key, FIRST), ()), said.get((key, LAST), ())) for key, _column in set(said))
    full = {f"{first} {last}" for pair in pairs for first, last in pair}
    return Called(found["whole"] | full, found["parts"], found["logins"])


def former(keys: Collection[Any], subject: Subject, people: Any) -> list[str]:
    """What the accounts were called, and those of these people that are gone."""
    before = _before(keys) if keys else ()
    return list(dict.fromkeys(value for _key, _column, value in (*before, *_of_people(subject, people))))


def of_gone(subject: Subject, people: Any) -> Any:
    """What is kept of the accounts of these people that went before them."""
    labels = [_label_of(subject, column) for column in _columns()]
    return FormerName.objects.filter(model__in=labels, key__in=people)


def noted(keys: Collection[Any]) -> Iterator[str]:
    """What stands beside a relation or a key as the name of one of these accounts: what it was called then."""
    if not keys:
        return
    for column in naming_accounts():
        yield from _noted(_of(column, keys), column.field.attname)
    yield from _noted(_logged(keys), "object_repr")


def remove(keys: Collection[Any]) -> None:
    """Take these names away, whatever they are: before the accounts go, by whose keys they are found."""
    for column in naming_accounts():
        _of(column, keys).update(**{column.field.attname: REMOVED})
    lines = _logged(keys)
    lines._raw_delete(lines.db)


def _columns() -> list[str]:
    return [column.field.attname for column in own_columns(get_user_model())]


def _label(column: str) -> str:
    return f"{get_user_model()._meta.label}.{column}"


def _label_of(subject: Subject, column: str) -> str:
    return f"{subject.label}.{subject.account}.{column}"


def _people(subject: Subject, keys: Collection[Any]) -> Iterator[tuple[Any, Any]]:
    """Whose these accounts are, and who was deleted with one of them: the key of the person, and of the account."""
    if not subject.account:
        return
    mine = {f"{subject.account}__in": key_set(get_user_model(), keys)}
    yield from subject.model._base_manager.order_by().filter(**mine).values_list("pk", subject.account)
    column = old(subject.model._meta.get_field(subject.account))
    deletions = subject.model.history_model.objects.order_by().filter(action="-")
    gone = deletions.filter(**{f"{column}__in": key_set(get_user_model(), keys)})
    there = subject.model._base_manager.order_by().filter(pk=OuterRef("row_id"))
    yield from gone.filter(~Exists(there)).values_list("row_id", column).distinct()


def _of_people(subject: Subject, people: Any) -> Iterator[tuple[Any, str, str]]:
    kept = of_gone(subject, people).order_by("pk").values_list("key", "model", "name")
    yield from ((person, label.rpartition(".")[2], value) for person, label, value in kept)


def _kind(column: str) -> str:
    if column == get_user_model().USERNAME_FIELD:
        return "logins"
    return "parts" if column in (FIRST, LAST) else "whole"


def _now(keys: Collection[Any]) -> Iterator[tuple[Any, str, str]]:
    user: Any = get_user_model()
    columns = _columns()
    for key, *values in user._base_manager.filter(pk__in=key_set(user, keys)).values_list("pk", *columns):
        yield from ((key, column, value) for column, value in zip(columns, values, strict=True) if value)


def _before(keys: Collection[Any]) -> Iterator[tuple[Any, str, str]]:
    labels = {_label(column): column for column in _columns()}
    kept = FormerName.objects.filter(model__in=labels, key__in=key_set(get_user_model(), keys))
    for key, label, value in kept.order_by("pk").values_list("key", "model", "name"):
        yield key, labels[label], value


def _of(column: Any, keys: Collection[Any]) -> Any:
    """The rows that say in this column whose account it is, of these accounts."""
    theirs = {f"{column.fact.of}__in": key_set(get_user_model(), keys)}
    return column.model._base_manager.order_by().filter(**theirs)


def _logged(keys: Collection[Any]) -> Any:
    """What Django's own log has of these accounts."""
    user: Any = get_user_model()
    rows = user._base_manager.order_by().filter(pk__in=key_set(user, keys))
    return logged_by_django(user).filter(
        object_id__in=rows.annotate(text=Cast("pk", TextField())).values("text")
    )


def _noted(rows: Any, column: str) -> Iterator[str]:
    for name in texts.strings(rows.distinct(), [column]):
        yield name.replace(REMOVED, " ")  # what another purge left of it
