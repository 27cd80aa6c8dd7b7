"""What of an operation somebody may take back: rows that stand, and would stand, where they may change them so."""

from collections.abc import Collection, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin import site
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from backoffice.access import places
from backoffice.access.record import gone_limit, history_limit
from backoffice.access.scope import scope_of
from backoffice.models import Operation
from backoffice.operations.tables import old, recorded_models

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
    found = _allowed(request, operation, touched)
    return None if found is None else {model: list(keys) for model, keys in found.items()}


def allows_any(request: HttpRequest, operation: Operation, touched: Collection[Any]) -> bool:
    """Whether one of the rows, of these models, may be taken back."""
    found = _allowed(request, operation, touched)
    return found is None or any(keys.exists() for keys in found.values())


def _allowed(
    request: HttpRequest, operation: Operation, touched: Collection[Any]
) -> dict[Any, models.QuerySet[Any]] | None:
    user: Any = request.user
    own = {model: _own_limit(request, model) for model in touched}
    if all(_is_free(user, operation, model) and own[model] is None for model in touched):
        return None
    found: dict[Any, models.QuerySet[Any]] = {}
    complete = True
    for model in touched:
        rows = model.history_model.objects.filter(operation=operation).order_by()
        refused = rows.filter(_refused(user, operation, model) | ~(own[model] or Q()))
        keys = rows.values_list("row_id", flat=True).distinct()
        if refused.exists():
            complete = False
            keys = keys.exclude(row_id__in=refused.values("row_id"))
        found[model] = keys
    return None if complete else found


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
