"""The scope of what is recorded: history rows, of rows that are there and of rows that are gone, and operations.

A row that is there is seen as it stands now. One that is gone is seen where it stood last; what it hung on may be gone
as well. Who may see no rows of a model sees none of either.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import RawSQL

from backoffice.access.scope import NOTHING, hidden, limit, reach_of, scope_of
from backoffice.access.trees import Tree, is_scoped, trees_of
from backoffice.operations.conflicts import looked_up
from backoffice.operations.tables import is_recorded, old, recorded_models

Roots = Mapping[Tree, list[Any]]
FEW = 10_000  # rows of a history that are read to find the operations on the rows that somebody looks after


def history_limit(user: Any, model: Any, permission: str = "view") -> Q | None:
    """Which history rows of `model` are about rows for which `user` has the permission; None for all."""
    condition = limit(user, model, permission)
    if condition is None or condition == NOTHING:
        return condition
    live = model._base_manager.order_by().filter(pk=OuterRef("row_id"))
    last = _last_deletions(model, gone_limit(user, model, permission)).filter(row=OuterRef("row"))
    return Q(Exists(live.filter(condition))) | (~Q(Exists(live)) & Q(Exists(last)))


def _last_deletions(model: Any, condition: Q) -> models.QuerySet[Any]:
    """The history rows with which rows that met the condition then were deleted for the last time."""
    deletions: models.QuerySet[Any] = model.history_model.objects.order_by().filter(action="-")
    later = deletions.filter(row=OuterRef("row"), pk__gt=OuterRef("pk"))
    return deletions.filter(condition).exclude(Exists(later))


def gone_limit(user: Any, model: Any, permission: str = "view") -> Q:
    """Of history rows that are deletions: those of rows for which `user` had the permission where they stood."""
    if limit(user, model, permission) is None:
        return Q()
    return _gone_below(model, reach_of(user, model, permission).roots)


def restored_limit(user: Any, model: Any, permission: str) -> Q:
    """Of history rows that are changes: those whose row stood before where `user` has the permission."""
    return gone_limit(user, model, permission)


def touches(roots: Roots) -> Q:
    """The operations that touched a row below `roots`, or one that stood there when it was deleted."""
    found = NOTHING
    for model in recorded_models():
        for tree in [tree for tree in trees_of(model) if tree in roots]:
            ask = _touched_few if _are_few(model, tree, roots[tree]) else _touched_many
            found |= ask(model, tree, roots[tree])
    return found


def _are_few(model: Any, tree: Tree, roots: list[Any]) -> bool:
    rows = model.history_model.objects.order_by()
    deletions = rows.filter(_gone_below(model, {tree: roots}), action="-")
    about_gone = rows.filter(row_id__in=deletions.values("row_id"))
    found = rows.filter(_is_below(model, tree, roots)), deletions, about_gone
    return all(each[: FEW + 1].count() <= FEW for each in found)


def _touched_few(model: Any, tree: Tree, roots: list[Any]) -> Q:
    """Known for all operations at once, from the rows: few operations touched them, and to find a page full of those
    one after another all that was ever recorded of others would be read.
    """
    rows = model.history_model.objects.order_by()
    gone = _last_deletions(model, _gone_below(model, {tree: roots})).values("row_id")
    below = rows.filter(_is_below(model, tree, roots)).values("operation_id")
    return Q(pk__in=below) | Q(pk__in=rows.filter(_is_gone(model), row_id__in=gone).values("operation_id"))


def _touched_many(model: Any, tree: Tree, roots: list[Any]) -> Q:
    """Asked of one operation after another, newest first: a page is soon full of those that touched many rows."""
    rows = model.history_model.objects.order_by().filter(operation=OuterRef("pk"))
    gone = _last_deletions(model, _gone_below(model, {tree: roots})).filter(row=OuterRef("row"))
    below = Exists(rows.filter(_is_below(model, tree, roots)))
    return Q(below) | Q(looked_up(rows.filter(_is_gone(model), Exists(gone))))


def _is_below(model: Any, tree: Tree, roots: list[Any]) -> Q:
    """Of history rows: whether their row is there and below."""
    path = tree.path(model)
    return Q(("row_id__in" if path == "pk" else f"row__{path}__in", tree.keys(roots)))


def _is_gone(model: Any) -> Q:
    return ~Q(Exists(model._base_manager.order_by().filter(pk=OuterRef("row_id"))))


def _gone_below(model: Any, roots: Roots) -> Q:
    ways = [_stood_below(model, each, roots[each]) for each in trees_of(model) if each in roots]
    return reduce(or_, ways) if ways else NOTHING


def _stood_below(model: Any, tree: Tree, roots: list[Any]) -> Q:
    path = str(tree.path(model))
    if path == "pk":
        return Q(row_id__in=_all_keys(tree, roots))
    return _pointed_below(model, path, tree, roots)


def _pointed_below(model: Any, path: str, tree: Tree, roots: list[Any]) -> Q:
    """By the first relation of `path` as it was recorded, and by the rest of it in rows that are there or gone."""
    name, _sep, rest = path.partition(LOOKUP_SEP)
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    if field is None or not is_recorded(model):
        return NOTHING
    column = old(field)
    if not rest:
        return Q((f"{column}__in", _all_keys(tree, roots)))
    related = field.related_model
    there = related._base_manager.order_by().filter((f"{rest}__in", tree.keys(roots))).values("pk")
    found = Q((f"{column}__in", there))
    if is_recorded(related):
        gone = related.history_model.objects.order_by().filter(action="-")
        found |= Q(
            (f"{column}__in", gone.filter(_pointed_below(related, rest, tree, roots)).values("row_id"))
        )
    return found


def _all_keys(tree: Tree, roots: list[Any]) -> RawSQL | list[Any]:
    """As tree.keys(), with the rows that are gone and stood below."""
    if not tree.parent or not is_recorded(tree.model):
        return tree.keys(roots)
    quote = connection.ops.quote_name
    meta, history = tree.model._meta, tree.model.history_model._meta  # type: ignore[attr-defined]
    parent: Any = meta.get_field(tree.parent)
    key: Any = meta.pk
    links = (
        f"SELECT {quote(key.column)} AS id, {quote(parent.column)} AS up FROM {quote(meta.db_table)} "  # noqa: S608
        f"UNION ALL SELECT row_id, {quote(history.get_field(f'old_{tree.parent}').column)} "
        f"FROM {quote(history.db_table)} WHERE action = '-'"
    )
    marks = ", ".join(["%s"] * len(roots))
    # Not from `links`: of the roots PostgreSQL would expect hundreds there and below them millions, and clear memory
    # for so many, which takes seconds. Named once, `links` is no table of its own either.
    seed = (
        f"SELECT {quote(key.column)} AS id FROM {quote(meta.db_table)} WHERE {quote(key.column)} IN ({marks}) "  # noqa: S608
        f"UNION ALL SELECT row_id FROM {quote(history.db_table)} WHERE action = '-' AND row_id IN ({marks})"
    )
    closure = f"SELECT id FROM ({seed}) roots UNION SELECT l.id FROM links l JOIN closure c ON l.up = c.id"  # noqa: S608
    sql = f"WITH RECURSIVE links(id, up) AS ({links}), closure(id) AS ({closure}) SELECT id FROM closure"  # noqa: S608
    return RawSQL(sql, [*roots, *roots])  # noqa: S611


def seen_counts(user: Any, operations: Iterable[Any]) -> dict[Any, dict[str, dict[str, int]]]:
    """By operation: its `rows` as far as `user` sees them. A query for each model, none where they see all."""
    from backoffice.operations.current import ACTIONS

    lines = list(operations)
    found: dict[Any, dict[str, dict[str, int]]] = {line.pk: {} for line in lines}
    for model in recorded_models():
        label = model._meta.label
        about = [line for line in lines if label in line.rows]
        condition = history_limit(user, model) if about else None
        if condition is None:
            for line in about:
                found[line.pk][label] = line.rows[label]
            continue
        rows = model.history_model.objects.order_by().filter(operation__in=[line.pk for line in about])
        counted = rows.filter(condition).values_list("operation_id", "action")
        for key, action, number in counted.annotate(models.Count("row_id", distinct=True)):
            found[key].setdefault(label, {})[ACTIONS[action]] = number
    return found


def is_limited(user: Any, operation: Any) -> bool:
    """Whether the operation may have touched rows that the scope of `user` leaves out."""
    return any(
        scope_of(user, model) is not None
        for model in recorded_models()
        if model._meta.label in operation.rows
    )


def is_told(user: Any, operation: Any) -> bool:
    """Whether `user` is told what the operation is called, and why: they may see all rows that it touched."""
    asked = _is_told_own if operation.actor_id == user.pk else _is_told
    return all(asked(user, model) for model in _touched(operation))


def untold(user: Any) -> Q | None:
    """Of operations by others: those that `user` is not told, as is_told() says; None for who is told all."""
    limits = {model: limit(user, model) for model in apps.get_models() if _matters(model)}
    found = [_touches_unseen(user, model) for model, condition in limits.items() if condition is not None]
    return reduce(or_, found) if found else None


def _touches_unseen(user: Any, model: Any) -> Q:
    touched = Q(rows__has_key=model._meta.label)
    condition = history_limit(user, model) if is_recorded(model) else None
    if condition is None or condition == NOTHING:
        return touched
    rows = model.history_model.objects.order_by().filter(operation=OuterRef("pk"))
    # Of what expired, and of loads and purges, it is not known any more where the rows stood.
    return Q(Exists(rows.filter(~condition))) | (touched & Q(expired_at__isnull=False))


def _touched(operation: Any) -> Iterator[Any]:
    """The models of its rows that matter to whether it is told."""
    for label in operation.rows:
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        if _matters(model):
            yield model


def _matters(model: Any) -> bool:
    return not model._meta.proxy and (is_recorded(model) or is_scoped(model._meta.label))


def _is_told(user: Any, model: Any) -> bool:
    return limit(user, model) is None


def _is_told_own(user: Any, model: Any) -> bool:
    """What one did oneself is told as long as one may still do something of it; of what has no history, such as holds,
    it is not known where it stood. What one did to an account is mostly a change of one's own.
    """
    if is_recorded(model):
        deeds = ("view", "add", "delete")
        return scope_of(user, model) is None and any(limit(user, model, deed) is None for deed in deeds)
    return model is get_user_model() or limit(user, model) != NOTHING


def unseen(user: Any, model: Any, keys: Iterable[Any]) -> set[Any]:
    """Those of `keys` whose rows, there or gone, `user` may not see."""
    found = hidden(user, model, keys)
    if found and is_recorded(model):
        condition = history_limit(user, model)
        rows = model.history_model.objects.order_by().filter(row__in=found, action="-")
        found -= set(rows.filter(condition or Q()).values_list("row_id", flat=True))
    return found
