"""Which rows are not as they were before the operation that is undone, in the eyes of the rules of their model."""

from typing import Any

from django.db.models import Case, F, OuterRef, Q, Value, When

from backoffice.operations.conflicts import looked_up
from backoffice.operations.tables import old
from backoffice.operations.undoing import Rows, Undoing
from backoffice.rules import Altered
from backoffice.sql import locks


def altered(undoing: Undoing, model: Any) -> Altered:
    """A condition on rows of a query, by the name (or an OuterRef) of a key of `model`: whether the row of this key is
    new since, or holds something else by now in what rules compare.
    """
    return lambda key: looked_up(_others(undoing, model).filter(row=OuterRef(key)))


def _others(undoing: Undoing, model: Any) -> Rows:
    """Of every row that was written since, the first history row, where it is not as that says it was."""
    history: Rows = model.history_model.objects.using(undoing.it.using).order_by()
    since = history.filter(pk__gte=undoing.began(model))
    first = since.exclude(looked_up(since.filter(row=OuterRef("row"), pk__lt=OuterRef("pk"))))
    as_before = ~Q(action="+")
    for field in map(model._meta.get_field, locks.judged_together(model)):
        was, now = old(field), f"row__{field.attname}"
        as_before &= Q(**{was: F(now)}) | Q(**{f"{was}__isnull": True, f"{now}__isnull": True})
    is_as_before = Case(When(as_before, then=Value(True)), default=Value(False))
    others: Rows = first.alias(is_as_before=is_as_before).filter(is_as_before=False)
    return others
