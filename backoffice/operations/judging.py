"""The rules of a model that no constraint keeps, asked of what came back."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.operations.altered import altered
from backoffice.operations.outcome import UndoError
from backoffice.operations.tables import new
from backoffice.operations.undoing import Rows, Undoing
from backoffice.rules import Refusal
from backoffice.sql import locks

MOST_BROKEN = 100_000  # rows that break a rule and are left; with more nothing is undone


def break_rules(undoing: Undoing) -> bool:
    """Whether rows that came back break a rule of their model; they are left in the next attempt."""
    found = False
    for model in undoing.models:
        back = undoing.own(model).filter(_judged(model)).values("row_id")
        live = model._base_manager.using(undoing.it.using).filter(pk__in=back)
        for refusal in model.broken_rules(live, altered(undoing, model)):
            if _come_without(undoing, model, refusal):
                found = True
                continue
            keys = _to_leave(undoing, model, refusal.rows)
            if len(keys) > MOST_BROKEN:
                raise UndoError(_("Nothing was undone. %(reason)s") % {"reason": refusal.reason})
            undoing.without.setdefault(model, {}).update(dict.fromkeys(keys, refusal.reason))
            found = found or bool(keys)
    return found


def _come_without(undoing: Undoing, model: Any, refusal: Refusal) -> bool:
    """Whether rows that break a rule by a relation come back without it in the next attempt, as if what it points at
    were gone.
    """
    field = model._meta.get_field(refusal.field)
    changed = undoing.own(model).filter(action="~").values("row_id")
    can_be_empty = field.is_relation and field.null and field not in undoing.needed
    if not can_be_empty or refusal.rows.filter(pk__in=changed).exists():
        return False  # those that are changed are left first: see _to_leave
    back = undoing.own(model).filter(action="+", **{f"{new(field)}__isnull": False})
    keys = list(back.filter(row_id__in=refusal.rows.order_by().values("pk")).values_list("row_id", flat=True))
    alone = undoing.alone.setdefault(model, {}).setdefault(field.name, {})
    alone.update(dict.fromkeys(keys, refusal.reason))
    return bool(keys)


def _to_leave(undoing: Undoing, model: Any, broken: Rows) -> list[Any]:
    """Of rows that break a rule together, first those that are changed: the others would not be there at all."""
    keys = broken.order_by().values_list("pk", flat=True)
    found = list(keys[: MOST_BROKEN + 1])
    changed = undoing.own(model).filter(action="~").values("row_id")
    return (list(keys.filter(pk__in=changed)[: MOST_BROKEN + 1]) if found else []) or found


def _judged(model: Any) -> Q:
    """The rows that rules are to be asked about: new ones, and those that changed in what rules look at."""
    names = locks.judged_together(model)
    if not names:
        return ~Q(action="-")
    changed = (Q(fields__contains=f",{name},") for name in names)
    return Q(action="+") | (Q(action="~") & Q(*changed, _connector=Q.OR))
