"""The scope of what names people by model and key: access events, legal holds, purges that were asked for.

Whoever holds a role for a part of a tree sees those about people in it. A file of many rows is in no part, and neither
is a purge that was closed: of that it is only known how many they were.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast

from backoffice.access.scope import NOTHING, is_unlimited, scope_of
from backoffice.access.trees import declare_rule
from backoffice.models import AccessEvent, LegalHold, PurgeRequest, PurgeRow
from backoffice.privacy import holds
from backoffice.privacy.subjects import Subject, subjects

PERMISSION = "backoffice.purge"
OPEN = [PurgeRequest.State.ASKED, PurgeRequest.State.APPROVED]


def install() -> None:
    declare_rule(AccessEvent, _about)
    declare_rule(LegalHold, _held, shown_by=[holds.PERMISSION])
    declare_rule(PurgeRequest, _purges)


def has_no_limits(user: Any, subject: Subject, permission: str = PERMISSION) -> bool:
    """Whether `user` sees everybody, and may do this with everybody.

    A purge and what is held about somebody look for names in what is written about anybody, so that whoever sees a part
    could ask by a made-up name what the rest says, or take words out of it.
    """
    return bool(user.has_perm(permission)) and all(
        is_unlimited(user, subject.model, each) for each in ("view", permission)
    )


def of_purges(user: Any) -> Q:
    """Those that somebody may look at: of people whom they see, and whatever they decided themselves."""
    condition = scope_of(user, PurgeRequest)
    return Q() if condition is None else condition | Q(asked_by=user.pk) | Q(approved_by=user.pk)


def _people(roots: Any) -> Iterator[tuple[str, Any]]:
    for tree, keys in roots.items():
        for subject in subjects():
            if tree.path(subject.model):
                below = subject.model._base_manager.order_by().filter(tree.below(subject.model, keys))
                yield subject.label, below


def _about(roots: Any) -> Q:
    texts = (
        (label, rows.annotate(text=Cast("pk", TextField())).values("text")) for label, rows in _people(roots)
    )
    return reduce(or_, (Q(model=label, row__in=keys) for label, keys in texts), NOTHING)


def _held(roots: Any) -> Q:
    people = _people(roots)
    return reduce(or_, (Q(model=label, key__in=rows.values("pk")) for label, rows in people), NOTHING)


def _purges(roots: Any) -> Q:
    return reduce(or_, (_purge(label, rows) for label, rows in _people(roots)), NOTHING)


def _purge(label: str, rows: Any) -> Q:
    """All of them are among `rows`."""
    asked = PurgeRow.objects.order_by().filter(request=OuterRef("pk"))
    inside = Q(key__in=rows.values("pk"))
    return Q(Exists(asked.filter(inside)), ~Exists(asked.exclude(inside)), model=label, state__in=OPEN)
