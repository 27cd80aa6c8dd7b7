"""What of an operation somebody may take back: rows that stand, and would stand, where they may change them so."""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import compress
from operator import or_
from typing import Any

from django.contrib.admin import site
from django.db import models
from django.db.models import OuterRef, Q
from django.http import HttpRequest

from backoffice.access import places
from backoffice.access.record import gone_limit, history_limit
from backoffice.access.scope import scope_of
from backoffice.admin.log.told import Counts
from backoffice.models import Operation
from backoffice.operations.conflicts import looked_up
from backoffice.operations.current import ACTIONS
from backoffice.operations.tables import is_recorded, old, recorded_models

OTHERS = "backoffice.undo_others"
DEEDS = {"+": ["delete"], "~": ["change"], "-": ["add"]}  # any of these
OWN_DEEDS = DEEDS | {"+": ["delete", "add"]}  # what one added oneself


def is_foreign(user: Any, operation: Operation) -> bool:
    """Whether somebody else did it, whose operations only some may take back."""
    return bool(operation.actor_id != user.pk)


def may_undo(user: Any, operation: Operation) -> bool:
    return not is_foreign(user, operation) or bool(user.has_perm(OTHERS))


def allowed_keys(request: HttpRequest, operation: Operation) -> dict[Any, list[Any]] | None:
    """By model: the keys of the rows that may be taken back; None where all of them may."""
    touched = [model for model in recorded_models() if model._meta.label in operation.rows]
    if all(_takes_all(request, operation, model) for model in touched):
        return None
    found: dict[Any, list[Any]] = {}
    complete = True
    for model in touched:
        rows = model.history_model.objects.filter(operation=operation).order_by()
        refused = rows.filter(_kept_from(request, operation, model))
        keys = rows.values_list("row_id", flat=True).distinct()
        if refused.exists():
            complete = False
            keys = keys.exclude(row_id__in=refused.values("row_id"))
        found[model] = list(keys)
    return None if complete else found


def takeable(request: HttpRequest, operations: Mapping[Operation, Counts]) -> dict[Any, Counts]:
    """By the keys of those of which some rows, or all, may not be taken back: what was done to those that may, whatever
    the numbers. Each is given with all that it did. Of what others did without a row that is seen it is nothing.
    """
    found: dict[Any, Counts] = {}
    for foreign in (False, True):
        lines = {
            line: {model: count for model, count in counts.items() if is_recorded(model)}
            for line, counts in operations.items()
            if is_foreign(request.user, line) == foreign
        }
        found |= _takeable(request, lines)
    return found


def _takeable(request: HttpRequest, operations: Mapping[Operation, Counts]) -> dict[Any, Counts]:
    """The same of operations that are all one's own, or all of others."""
    every = {model: line for line, counts in operations.items() for model in counts}
    bound = {model for model, line in every.items() if not _takes_all(request, line, model)}
    limited = [line for line, counts in operations.items() if not bound.isdisjoint(counts)]
    found: dict[Any, Counts] = {line.pk: {} for line in limited}
    seen = {line.pk for line in limited if not is_foreign(request.user, line)}
    for model in every:
        about = {line: operations[line][model] for line in limited if model in operations[line]}
        for key, is_seen, count in _done(request, about, model):
            seen |= {key} if is_seen else set()
            found[key] |= {model: count} if count else {}
    return {key: counts if key in seen else {} for key, counts in found.items()}


def _takes_all(request: HttpRequest, operation: Operation, model: Any) -> bool:
    return _is_free(request.user, operation, model) and _own_limit(request, model) is None


def _done(
    request: HttpRequest, operations: Mapping[Operation, dict[str, int]], model: Any
) -> Iterator[tuple[Any, bool, dict[str, int]]]:
    """(key, whether a row is seen, what was done to rows that may be taken back) of operations that are all one's own,
    or all of others, each with what it did. Only that is looked for: what is not there is found to be missing last.
    """
    user: Any = request.user
    line = next(iter(operations), None)
    if line is None:
        return
    rows = model.history_model.objects.order_by()
    limit = scope_of(user, model) and history_limit(user, model)
    seen = rows.filter(limit or Q(), operation=OuterRef("pk"))
    taken = takeable_rows(request, line, model).filter(operation=OuterRef("pk"))
    words = {
        action: word for action, word in ACTIONS.items() if any(word in did for did in operations.values())
    }
    done = {f"is_{word}": looked_up(taken.filter(action=action)) for action, word in words.items()}
    lines: Any = Operation.objects.order_by().filter(pk__in=[line.pk for line in operations])
    lines = lines.annotate(is_seen=looked_up(seen), **done)
    for key, is_seen, *found in lines.values_list("pk", "is_seen", *done):
        yield key, bool(is_seen), dict.fromkeys(compress(words.values(), found), 1)


def takeable_rows(request: HttpRequest, operation: Operation, model: Any) -> models.QuerySet[Any]:
    """The history rows, of this operation or others that are as foreign, that may be taken back with all that the same
    operation did to their row.
    """
    rows = model.history_model.objects.order_by()
    same = rows.filter(_kept_from(request, operation, model))
    found: models.QuerySet[Any] = rows.exclude(
        looked_up(same.filter(operation=OuterRef("operation"), row=OuterRef("row")))
    )
    return found


def restorable(request: HttpRequest, model: Any, deletions: Iterable[tuple[Any, Operation]]) -> set[Any]:
    """Those of these history rows, given by key with their operation, whose rows this person may bring back alone."""
    found: set[Any] = set()
    for foreign in (False, True):
        about = {key: line for key, line in deletions if is_foreign(request.user, line) == foreign}
        line = next(iter(about.values()), None)
        if line is None or not may_undo(request.user, line):
            continue
        rows = takeable_rows(request, line, model).filter(pk__in=about).values_list("pk", flat=True)
        found |= set(about if _takes_all(request, line, model) else rows)
    return found


def _kept_from(request: HttpRequest, operation: Operation, model: Any) -> Q:
    """The history rows that may not be taken back, for whatever reason."""
    return _refused(request.user, operation, model) | ~(_own_limit(request, model) or Q())


def withheld(request: HttpRequest, operation: Operation) -> Iterator[tuple[Any, Q, str]]:
    """(model, condition, why): the history rows that the admin of their model lets this person not take back."""
    for model in recorded_models():
        admin: Any = site._registry.get(model)
        own = _own_limit(request, model) if model._meta.label in operation.rows else None
        if own is not None:
            yield model, ~own, str(admin.undo_refusal)


def placing(user: Any, operation: Operation) -> list[Any]:
    """The relations that say where the rows stand of whoever may not put them anywhere: without what these point at a
    row that comes back would stand outside of it.
    """
    touched = [model for model in recorded_models() if model._meta.label in operation.rows]
    found = [(model, places(user, model, "add")) for model in touched]
    return [model._meta.get_field(place[0]) for model, place in found if place and place[0]]


def standing(user: Any, model: Any, action: str, permission: str) -> Q:
    """The history rows with this action whose rows stand, and would stand, where `user` has the permission, which they
    have not everywhere.
    """
    condition = history_limit(user, model, permission)
    assert condition is not None
    for back in _returns(user, model, action, permission):
        condition &= back
    return condition


def _own_limit(request: HttpRequest, model: Any) -> Q | None:
    """What the admin of a model says itself of the history rows that may be taken back."""
    said = getattr(site._registry.get(model), "undo_limit", None)
    return said(request) if said and not request.user.is_superuser else None


def _asked(user: Any, operation: Operation) -> Iterator[tuple[str, list[str]]]:
    """(action, permissions): one of which its undoing takes."""
    foreign = is_foreign(user, operation)
    for action, deeds in (DEEDS if foreign else OWN_DEEDS).items():
        yield action, deeds
        if foreign:
            yield action, [OTHERS]


def _is_free(user: Any, operation: Operation, model: Any) -> bool:
    asked = _asked(user, operation)
    return all(any(scope_of(user, model, deed) is None for deed in deeds) for _action, deeds in asked)


def _refused(user: Any, operation: Operation, model: Any) -> Q:
    """The history rows that may not be taken back."""
    refused = Q(pk__in=[])
    for action, deeds in _asked(user, operation):
        if any(scope_of(user, model, deed) is None for deed in deeds):
            continue
        allowed = (standing(user, model, action, deed) for deed in deeds)
        refused |= Q(action=action) & ~reduce(or_, allowed)
    return refused


def _returns(user: Any, model: Any, action: str, permission: str) -> Iterator[Q]:
    """What must hold of where the row comes back to."""
    if action == "+" or scope_of(user, model, permission) is None:
        return
    if action == "-":
        yield gone_limit(user, model, permission)
        return
    place = places(user, model, permission)
    if place and place[0]:
        field: Any = model._meta.get_field(place[0])
        there = field.related_model._base_manager.order_by().filter(place[1]).values("pk")
        moved = Q(fields__contains=f",{field.name},")
        yield ~moved | Q((f"{old(field)}__in", there))
