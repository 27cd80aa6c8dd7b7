"""All texts of a table without the names of those who go: read by key, a page of rows at a time."""

from collections.abc import Collection, Container, Iterator, Sequence
from functools import cache, reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Contains, Regex

from backoffice.exchange.sheet import known_headers
from backoffice.operations import guard
from backoffice.operations.tables import new, old, recorded_fields, recorded_models
from backoffice.privacy.encoded import LIKE_PACKED, PACKED
from backoffice.privacy.needles import UNSEEN, Needles
from backoffice.privacy.registry import Column, Names, columns, columns_of
from backoffice.search import Fold

PAGE = 2_000  # rows that are in memory at a time

# With the signs of an address or of JSON, with signs that nobody sees and in what is packed, words are written
# otherwise. A text that has none of these, and no letters beside plain ones, says them as they are, but for capitals.
OTHERWISE = rf"[\\%{UNSEEN}]|{PACKED}"
NOT_PLAIN = rf"[^ -~\s]|[\\%]|{LIKE_PACKED}"
EMPTY = Value("")  # as the database has it, whatever the field makes of an empty text

Rows = models.QuerySet[Any]


def with_names(*kinds: Names) -> Iterator[tuple[Any, list[Any]]]:
    """(model, fields) in which somebody may be named."""
    found: dict[Any, list[Any]] = {}
    for column in columns():
        if column.fact and column.fact.names in kinds and column.is_text and _is_written(column):
            found.setdefault(column.model, []).append(column.field)
    yield from found.items()


def _is_written(column: Column) -> bool:
    return not column.field.generated and not column.field.primary_key


def pages(rows: Rows, fields: Sequence[Any]) -> Iterator[list[Any]]:
    """(key, value, …) of the rows that hold anything in `fields`, by key."""
    json = any(isinstance(field, models.JSONField) for field in fields)
    filled = (Q(**{f"{field.name}__gt": EMPTY}) for field in fields)
    asked = Q() if json else Q(*filled, _connector=Q.OR)
    names = [field.attname for field in fields]
    found = rows.filter(asked).order_by("pk").values_list("pk", *names)
    page = list(found[:PAGE])
    while page:
        yield page
        page = list(found.filter(pk__gt=page[-1][0])[:PAGE])


def likely(rows: Rows, field: Any, words: Collection[str]) -> Iterator[tuple[Any, Any]]:
    """(key, value) of the rows in whose text the database finds one of these folded words, or what may hold one in
    another writing: all in which a needle with such a word is, and some others, in one pass.
    """
    if not isinstance(field, models.JSONField):
        filled = rows.filter(**{f"{field.name}__gt": EMPTY})
        rows = filled.filter(_holds(field.attname, words))
    found = rows.order_by("pk").values_list("pk", field.attname)
    page = list(found[:PAGE])
    yield from page
    while len(page) == PAGE:
        page = list(found.filter(pk__gt=page[-1][0])[:PAGE])
        yield from page


def _holds(column: str, words: Collection[str]) -> Q:
    """Folded is only what has anything to fold: that costs more than all else, and most texts have nothing."""
    lowered = Lower(column, output_field=models.TextField())
    folded = Fold(F(column), output_field=models.TextField())
    plain = reduce(or_, (Q(Contains(lowered, word)) for word in words))
    closer = Q(Regex(folded, "|".join(words))) | Q(**{f"{column}__regex": OTHERWISE})
    return plain | Q(Q(**{f"{column}__regex": NOT_PLAIN}), closer)


def lost(steps: Rows, name: str) -> Rows:
    """The rows of a history that hold a value of this field that nobody has any more."""
    return steps.filter(Q(action="-") | Q(action="~", fields__contains=f",{name},"))


def strings(rows: Any, names: list[str]) -> Iterator[str]:
    """The texts in these columns of some rows."""
    for values in rows.order_by().values_list(*names).iterator(PAGE):
        yield from (str(value) for value in values if value)


def strings_of_all(rows: Any, names: list[str], but: Container[Any]) -> Iterator[str]:
    """All texts in these columns but those of the rows with the keys `but`, a page of rows at a time."""
    found = rows.order_by("pk").values_list("pk", *names)
    page = list(found[:PAGE])
    while page:
        for key, *values in page:
            if key not in but:
                yield from (str(value) for value in values if value)
        page = list(found.filter(pk__gt=page[-1][0])[:PAGE])


def clean(rows: Rows, fields: Sequence[Any], needles: Needles) -> int:
    """Take the names out of these columns; how many rows had any. Nothing of it is recorded: nothing shall stay."""
    return sum(_clean(rows.db, rows.model, keys, fields, needles) for keys in naming(rows, fields, needles))


def naming(rows: Rows, fields: Sequence[Any], needles: Needles) -> Iterator[list[Any]]:
    """The keys of the rows in which a name is, by the page."""
    for page in pages(rows, fields):
        if keys := [row[0] for row in page if _without(rows.model, row, fields, needles)]:
            yield keys


def _clean(using: str, model: Any, keys: list[Any], fields: Sequence[Any], needles: Needles) -> int:
    """Of these rows as they are by now: somebody may have changed one since it was read."""
    rows: Rows = models.QuerySet(model, using=using)
    held = rows.filter(pk__in=keys).order_by("pk").select_for_update()
    values = held.values_list("pk", *(field.attname for field in fields))
    found = [(row, made) for row in values if (made := _without(model, row, fields, needles))]
    of = _rows_of(model, [row[0] for row, _made_of in found])
    changed = [_made(model, row, made, fields, of) for row, made in found]
    with guard.writing():
        rows.bulk_update(changed, [field.name for field in fields], batch_size=200)
    return len(changed)


def _without(model: Any, row: Sequence[Any], fields: Sequence[Any], needles: Needles) -> list[Any] | None:
    """The new values of a row; None where no name is in it."""
    _key, *values = row
    clean = [cleaned(model, field, value, needles) for field, value in zip(fields, values, strict=True)]
    return None if all(one is other for one, other in zip(values, clean, strict=True)) else clean


def cleaned(model: Any, field: Any, value: Any, needles: Needles) -> Any:
    """The value of a column without the names: the very same where there are none."""
    keys = known_headers() if field.name in _with_written_keys(model) else None
    return needles.clean(value, keys=keys)


@cache
def _with_written_keys(model: Any) -> set[str]:
    return {column.field.name for column in columns_of(model) if column.fact and column.fact.keys}


def _rows_of(model: Any, keys: list[Any]) -> dict[Any, Any]:
    """Of rows of a history, whose they are: what somebody is called by now, their history says as well."""
    if model not in histories() or not keys:
        return {}
    return dict(model._base_manager.filter(pk__in=keys).order_by().values_list("pk", "row_id"))


def _made(model: Any, row: Sequence[Any], made: list[Any], fields: Sequence[Any], of: dict[Any, Any]) -> Any:
    key, *values = row
    told_apart = _told_apart(model)
    pairs = zip(fields, values, made, strict=True)
    fitting = {
        field.attname: one if one is was else _fitting(field, one, of.get(key, key), told_apart)
        for field, was, one in pairs
    }
    return model(pk=key, **fitting)


def histories() -> dict[Any, Any]:
    """History → whose it is."""
    return {model.history_model: model for model in recorded_models()}


@cache
def _told_apart(model: Any) -> set[str]:
    """The columns in which two rows may not have the same: alone, or with others; of a history those of its rows."""
    if recorded := histories().get(model):
        apart = [field for field in recorded_fields(recorded) if field.name in _told_apart(recorded)]
        return {name for field in apart for name in (old(field), new(field))}
    unique = [one for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
    together = [*(one.fields for one in unique), *model._meta.unique_together]
    alone = {field.name for field in model._meta.concrete_fields if field.unique}
    return alone.union(*together)


def _fitting(field: Any, value: Any, key: Any, told_apart: set[str]) -> Any:
    """No longer than its column, and where two may not be alike told apart by the key of the row.

    Of an e-mail address nothing is left: a part of it is none, and no form would take it.
    """
    if isinstance(field, models.EmailField) and field.name not in told_apart:
        return ""
    limit = getattr(field, "max_length", None)
    if not limit or not isinstance(value, str):
        return value
    end = f" {key}" if field.name in told_apart else ""
    return value[: limit - len(end)] + end
