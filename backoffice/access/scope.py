"""The one rule of who sees and changes what: every queryset of the panel goes through `visible`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth import get_permission_codename, get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import RawSQL

from backoffice.access.held import Reach, access_of
from backoffice.access.trees import is_scoped, rule_of, shown_by, trees, trees_of
from backoffice.operations.tables import is_recorded

Rows = models.QuerySet[Any]
Model = type[models.Model]

NOTHING = Q(pk__in=[])
AS_A_SET, ROW_BY_ROW, APART = "set", "row by row", "apart"

_manner: ContextVar[str] = ContextVar("backoffice.access", default=AS_A_SET)


@contextmanager
def asked(manner: str) -> Iterator[None]:
    """How `visible` asks inside: as a set; of one row after another, for reading them in their order; or not at all,
    because whoever asks joins `subtree`.
    """
    token = _manner.set(manner)
    try:
        yield
    finally:
        _manner.reset(token)


def visible(user: Any, rows: Rows, permission: str = "view") -> Rows:
    """Those of `rows` for which `user` has the permission: a deed ("view", "change") or a name ("app.export_x").

    One condition, the same for five rows and for five million; none at all for somebody who may do so everywhere.
    """
    condition = limit(user, rows.model, permission)
    return rows if condition is None else rows.filter(condition)


def within(user: Any, rows: Rows, permission: str = "view") -> Rows:
    """As `visible`, where it was asked before whether `user` has the permission at all."""
    condition = scope_of(user, rows.model, permission)
    return rows if condition is None else rows.filter(condition)


def limit(user: Any, model: Model, permission: str = "view") -> Q | None:
    """What is left of the rows: none of them without the permission; None for somebody who has it everywhere."""
    reach = reach_of(user, model, permission)
    if reach.everywhere:
        return None
    if _manner.get() == APART and subtree(user, model, permission):
        return None
    rule = rule_of(model)
    if rule is not None:
        return access_of(user).limit(rule, reach.roots) if reach.roots else NOTHING
    concrete = model._meta.concrete_model or model
    ways = [
        (each.is_below if _manner.get() == ROW_BY_ROW else each.below)(concrete, reach.roots[each])
        for each in trees_of(model)
        if each in reach.roots
    ]
    return reduce(or_, ways) if ways else NOTHING


def scope_of(user: Any, model: Model, permission: str = "view") -> Q | None:
    """As `limit`, where it is asked elsewhere whether `user` has the permission at all: what their scope leaves."""
    return limit(user, model, permission) if access_of(user).is_scoped else None


def named_limit(user: Any, model: Model) -> Q | None:
    """Which rows of `model` are named, and offered, where others point at them; None for all.

    Those that `user` sees; of what has no history of its own, such as accounts, also for whoever may not see any.
    """
    return (
        limit(user, model) if is_recorded(model) and is_scoped(model._meta.label) else scope_of(user, model)
    )


def subtree(user: Any, model: Model, permission: str = "view") -> tuple[str, RawSQL] | None:
    """(column, keys): what the rows are limited to where that is one sub-tree and a column of the rows says it."""
    reach = reach_of(user, model, permission)
    if reach.everywhere or rule_of(model) or len(reach.roots) != 1:
        return None
    [(tree, roots)] = reach.roots.items()
    path, keys = tree.path(model._meta.concrete_model or model), tree.keys(roots)
    if path is None or LOOKUP_SEP in path or not isinstance(keys, RawSQL):
        return None
    return path if path == "pk" else f"{path}_id", keys


def parents(user: Any, model: Model, relation: str | None) -> Q | None:
    """Which rows `relation` of a visible row may point at, asked of one after another; None where that is not said."""
    reach = reach_of(user, model)
    if reach.everywhere or len(reach.roots) != 1:
        return None
    [(tree, roots)] = reach.roots.items()
    if relation is None or relation != tree.path(model._meta.concrete_model or model):
        return None
    return tree.is_below(tree.model, roots)


def hidden(user: Any, model: Model, keys: Iterable[Any], by: str = "pk") -> set[Any]:
    """Those of `keys` whose rows are outside of what `user` sees; none of a model whose rows are everybody's."""
    if not is_scoped(model._meta.label):
        return set()
    asked_for = {key for key in keys if key is not None}
    with asked(ROW_BY_ROW):
        condition = _told_limit(user, model)
    if condition is None or not asked_for:
        return set()
    seen = model._base_manager.filter(**{f"{by}__in": asked_for}).filter(condition).order_by()
    return asked_for - set(seen.values_list(by, flat=True))


def hidden_by(user: Any, field: Any, values: Iterable[Any]) -> set[Any]:
    """As hidden(), of the values of a relation, which may point at another column than the key."""
    return hidden(user, field.related_model, values, field.target_field.attname)


def reach_of(user: Any, model: Model, permission: str = "view") -> Reach:
    return access_of(user).reach(names(model, permission))


def names(model: Model, permission: str) -> Iterable[str]:
    """The permissions of which one is enough."""
    if "." in permission:
        return [permission]
    deeds = ["view", "change"] if permission == "view" else [permission]
    app = model._meta.app_label
    own = [f"{app}.{get_permission_codename(deed, model._meta)}" for deed in deeds]
    return [*own, *shown_by(model)] if permission == "view" else own


def sees(user: Any, row: models.Model, permission: str = "view") -> bool:
    """Whether a permission that `user` has is for this row, as it is stored."""
    with asked(ROW_BY_ROW):
        condition = scope_of(user, type(row), permission)
    return _meets(user, row, permission, condition)


def is_named(user: Any, row: models.Model) -> bool:
    """Whether `user` is told what this row is called where another one points at it."""
    with asked(ROW_BY_ROW):
        condition = _told_limit(user, type(row))
    return _meets(user, row, "named", condition)


def _told_limit(user: Any, model: Model) -> Q | None:
    """Which rows are named where others point at them: those of named_limit(); of accounts also one's own, and those
    that hold a role which `user` sees. Whose it is, is what such a row is about.
    """
    condition = named_limit(user, model)
    if condition is None or model._meta.concrete_model is not get_user_model():
        return condition
    condition |= Q(pk=user.pk)
    for grants in {tree.grants for tree in trees() if tree.grants}:
        seen = limit(user, grants)
        held = (
            grants._base_manager.order_by() if seen is None else grants._base_manager.filter(seen).order_by()
        )
        condition |= Q(pk__in=held.values("user"))
    return condition


def _meets(user: Any, row: models.Model, permission: str, condition: Q | None) -> bool:
    """For one permission a row is asked about once: where its conditions differ, one of them is for all or for none."""
    if condition is None or condition == NOTHING:
        return condition is None
    model, answers = type(row), access_of(user).answers
    question = (model, row.pk, permission)
    if question not in answers:
        answers[question] = model._base_manager.filter(pk=row.pk).filter(condition).exists()
    return answers[question]


def reaches_all_seen(user: Any, model: Model, permission: str) -> bool:
    """Whether `user` has the permission for every row that they see: known without a look at any."""
    return reach_of(user, model, permission) == reach_of(user, model)


def is_unlimited(user: Any, model: Model, permission: str = "view") -> bool:
    return limit(user, model, permission) is None


def places(user: Any, model: Model, permission: str = "change") -> tuple[str, Q] | None:
    """(relation, condition): what a row of `model` may point at so that it stands where `user` may do so.

    None where it may stand anywhere. A tree of rows side by side has no such relation: its name is empty. Nor has a
    model without a tree, where the permission is lacking.
    """
    reach = reach_of(user, model, permission)
    condition = limit(user, model, permission)
    if condition is None:
        return None
    if not trees_of(model):
        return ("", NOTHING) if condition == NOTHING else None
    concrete = model._meta.concrete_model or model
    ways = [(each, reach.roots.get(each)) for each in trees_of(model)]
    column = next((name for each, _roots in ways if (name := each.column(concrete))), "")
    conditions = [each.places(concrete, roots) for each, roots in ways if roots and each.column(concrete)]
    return column, reduce(or_, conditions) if conditions else NOTHING
