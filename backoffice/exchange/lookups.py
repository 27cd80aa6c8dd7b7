"""Rows of the database by many values at once: one query for each thousand of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

CHUNK = 1000


def chunks(values: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """The values, each once, in lists of `size`."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), size):
        yield distinct[start : start + size]


def objects_by(rows: models.QuerySet[Any], name: str, values: Iterable[Any]) -> dict[Any, list[Any]]:
    """Instances by the value of a field. Generated columns are left out: nothing here reads them."""
    generated = [field.name for field in rows.model._meta.concrete_fields if field.generated]
    found = defaultdict(list)
    for chunk in chunks(values):
        for instance in rows.filter(**{f"{name}__in": chunk}).defer(*generated):
            found[getattr(instance, name)].append(instance)
    return found


def keys_by(model: type[models.Model], name: str, values: Iterable[Any]) -> dict[Any, list[Any]]:
    """Primary keys by the value of a field."""
    found = defaultdict(list)
    for chunk in chunks(values):
        pairs = model._default_manager.filter(**{f"{name}__in": chunk}).values_list(name, "pk")
        for value, pk in pairs.order_by():
            found[value].append(pk)
    return found
