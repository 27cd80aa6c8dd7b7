"""What an undo leaves as it is: for each reason how many rows, and the first of them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import OuterRef, Q
from django.utils.translation import gettext as _

from backoffice.operations.conflicts import changed_since, held_on_to, kept_by_another, looked_up, not_there
from backoffice.operations.outcome import Left
from backoffice.operations.regained import bereft, lost_relations, set_since
from backoffice.operations.undoing import Rows, Undoing
from backoffice.sql.frozen import key_set

SAMPLE = 20


def left(undoing: Undoing, most: int = SAMPLE) -> list[Left]:
    """Asked when the rest is back; so many rows are in hand for each reason."""
    found = [part for model in undoing.models for part in _left(undoing, model, most)]
    fields = lost_relations(undoing.target, undoing.it.using, undoing.it.operation)
    return found + [part for field in fields for part in _without(undoing, field, most)]


def _left(undoing: Undoing, model: Any, most: int) -> Iterator[Left]:
    done = looked_up(undoing.own(model).filter(row=OuterRef("row")))
    rows = undoing.asked(model).exclude(done)
    if not rows.exists():
        return
    for action in dict.fromkeys(step.action for step in undoing.steps if step.model is model):
        rest = rows.filter(action=action)
        for reason, condition in _reasons(undoing, model, action):
            yield from _part(model, reason, rest.filter(condition), most)
            rest = rest.exclude(condition)
        yield from _part(model, _("What it belongs to stays as it is"), rest, most)
        rows = rows.exclude(action=action)


def _without(undoing: Undoing, field: Any, most: int) -> Iterator[Left]:
    """Rows that are back, without what they had."""
    model, target, using = field.model, undoing.target, undoing.it.using
    deleted = model.history_model.objects.using(using).filter(operation=target, action="-")
    changed = set_since(target, field, using, undoing.only).values("row_id")
    yield from _part(model, changed_since(), deleted.filter(row_id__in=changed), most)
    rows = deleted.filter(row_id__in=bereft(target, field, using, undoing.only).values("row_id"))
    for reason, condition in by_reason(
        model, {**undoing.without.get(model, {}), **undoing.alone.get(model, {}).get(field.name, {})}
    ):
        yield from _part(model, reason, rows.filter(condition), most, is_back=True)
        rows = rows.exclude(condition)
    yield from _part(model, not_there(field), rows, most, is_back=True)


def _reasons(undoing: Undoing, model: Any, action: str) -> Iterator[tuple[str, Q]]:
    yield from undoing.conflicts(model, action)
    yield from kept_by_another(model, undoing.target)
    yield from _broken(undoing, model)
    if action == "+":
        yield from held_on_to(model, undoing.target)


def _broken(undoing: Undoing, model: Any) -> Iterator[tuple[str, Q]]:
    yield from by_reason(model, undoing.without.get(model, {}))


def by_reason(model: Any, broken: dict[Any, str]) -> Iterator[tuple[str, Q]]:
    for reason in dict.fromkeys(broken.values()):
        keys = [key for key, found in broken.items() if found == reason]
        yield reason, Q(row_id__in=key_set(model, keys))


def _part(model: Any, reason: str, rows: Rows, most: int, *, is_back: bool = False) -> Iterator[Left]:
    number = rows.values("row_id").distinct().count()
    if number:
        yield Left(model, reason, number, list(rows.order_by("row_id")[:most]), is_back)
