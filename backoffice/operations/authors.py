"""Who last changed these fields of these rows: for many rows and fields at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from backoffice.operations.tables import is_recorded, new

Change = Any  # a history row with its operation


def last_changes(
    model: Any, wanted: Mapping[Any, Iterable[str]], using: str | None = None
) -> dict[tuple[Any, str], Change]:
    """(key, field) → the newest change of it, for the fields wanted of each row; two queries.

    What the record does not know is left out: changes that expired, or that went around it.
    """
    names = sorted({name for fields in wanted.values() for name in fields})
    if not names or not is_recorded(model):
        return {}
    history = model.history_model.objects.using(using).order_by("-pk")
    of_row = history.filter(row=OuterRef("pk"))
    newest: Any = {
        f"change_{number}": Subquery(
            of_row.filter(Q(fields__contains=f",{name},") | Q(action="+")).values("pk")[:1]
        )
        for number, name in enumerate(names)
    }
    rows: models.QuerySet[Any] = model._base_manager.using(using).filter(pk__in=list(wanted)).order_by()
    found = {
        (key, name): change
        for key, *changes in rows.annotate(**newest).values_list("pk", *newest)
        for name, change in zip(names, changes, strict=True)
        if change is not None and name in wanted[key]
    }
    changes = history.select_related("operation").in_bulk(set(found.values()))
    return {place: changes[change] for place, change in found.items() if change in changes}


def agrees(change: Change, field: Any, value: Any) -> bool:
    """Whether the change made the field what it is; if not, somebody changed it since, around the record."""
    return bool(getattr(change, new(field)) == value)
