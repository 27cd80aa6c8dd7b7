"""Who last changed these fields of these rows: for many rows and fields at once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import override

from backoffice.models import Operation
from backoffice.operations.tables import is_recorded, new

RECENT = 10_000  # operations in which what is told of accounts is looked for: no index helps
MEMBERS = ("added", "removed", "cleared")


class Told(NamedTuple):
    """What an operation says of a row of which no history is kept."""

    operation: Operation
    facts: Mapping[str, Any]


Change = Any  # a history row with its operation, or what is told


def last_changes(
    model: Any, wanted: Mapping[Any, Iterable[str]], using: str | None = None
) -> dict[tuple[Any, str], Change]:
    """(key, field) → the newest change of it, for the fields wanted of each row; two queries at the most.

    What the record does not know is left out: changes that expired, or that went around it.
    """
    names = sorted({name for fields in wanted.values() for name in fields})
    if not names:
        return {}
    if not is_recorded(model):
        return _told(model, wanted, using)
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
    """Whether the change made the field what it is, as far as is known; if not, somebody changed it since, around the
    record.
    """
    if isinstance(change, Told):
        flag = change.facts.get("flags", {}).get(field.name)
        return flag is None or bool(flag[1] == value)
    return not field.many_to_many and bool(getattr(change, new(field)) == value)


def _told(
    model: Any, wanted: Mapping[Any, Iterable[str]], using: str | None
) -> dict[tuple[Any, str], Change]:
    lines = Operation.objects.using(using).order_by("-pk")
    newest = lines.values_list("pk", flat=True).first() or 0
    found: dict[tuple[Any, str], Change] = {}
    for line in lines.filter(pk__gt=newest - RECENT, rows__has_key=model._meta.label):
        for label, key, _action, facts in reversed(line.details.get("noted", [])):
            if label == model._meta.label:
                for name in wanted.get(key, ()):
                    if _is_about(facts, model._meta.get_field(name)):
                        found.setdefault((key, name), Told(line, facts))
    return found


def _is_about(facts: Mapping[str, Any], field: Any) -> bool:
    if field.many_to_many:
        things = {facts[deed][0] for deed in MEMBERS if deed in facts}
        return not things.isdisjoint(_names(field.related_model))
    return field.attname in (*facts.get("flags", ()), *facts.get("changed", ()))


def _names(model: Any) -> Iterator[str]:
    """What several of them are called, in whichever language it was told."""
    for language, _name in settings.LANGUAGES:
        with override(language):
            yield str(model._meta.verbose_name_plural)
