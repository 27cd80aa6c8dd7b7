"""What every column of every installed model says about people, what for, and how long it is kept.

    declare("library.Author", {
        "name": personal("To tell authors apart", "Until the author is purged", names=Names.OWN),
        "mentor": internal(),
    })

Declarations stand in `privacy.py` of the app that owns the model. An app whose models are all alike is declared by
`declare_app`. Keys, and the history table of a recorded model, need none: the first are internal, a column of the
second is what the column of the model is. A column that nobody declared is an error at start, and in the tests.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models

from backoffice.operations.tables import recorded_models


class Level(StrEnum):
    NONE = "none"  # says nothing about anybody
    INTERNAL = "internal"  # about the company or the machinery
    PERSONAL = "personal"  # about one person
    SENSITIVE = "sensitive"  # about one person, and harmful in the wrong hands


class Names(StrEnum):
    """Where a purge looks for the names of those who go."""

    NO = "no"
    OWN = "own"  # the column is what its person is called or found by
    NUMBER = "number"  # the same, and beside the number somebody may have written a name
    TEXT = "text"  # a column of something that stays, in which somebody may have written about a person
    LOG = "log"  # a line about what was done, which may name anybody


class Fact(NamedTuple):
    level: Level
    purpose: str = ""
    retention: str = ""
    names: Names = Names.NO
    secret: bool = False  # never handed out, not even to the person
    common: bool = False  # one word alone in a row that others point at is a word of the organisation
    keys: bool = False  # of JSON that is told apart by what people wrote
    of: str = ""  # the relation to the account that the column names


class Column(NamedTuple):
    """A concrete field of an installed model; `fact` is None where nobody declared it."""

    model: Any
    field: Any
    fact: Fact | None

    @property
    def is_text(self) -> bool:
        kinds = (models.CharField, models.TextField, models.JSONField)
        return isinstance(self.field, kinds) and not self.field.choices


def none() -> Fact:
    return Fact(Level.NONE)


def internal(
    purpose: str = "",
    retention: str = "",
    *,
    names: Names = Names.NO,
    secret: bool = False,
    common: bool = False,
    keys: bool = False,
) -> Fact:
    return Fact(Level.INTERNAL, purpose, retention, names, secret, common, keys)


def personal(
    purpose: str, retention: str, *, names: Names = Names.NO, secret: bool = False, of: str = ""
) -> Fact:
    return Fact(Level.PERSONAL, purpose, retention, names, secret, of=of)


def sensitive(purpose: str, retention: str, *, names: Names = Names.NO, secret: bool = False) -> Fact:
    return Fact(Level.SENSITIVE, purpose, retention, names, secret)


_declared: dict[str, dict[str, Fact]] = {}
_apps: dict[str, Fact] = {}


def declare(label: str, facts: Mapping[str, Fact]) -> None:
    """Say what the fields of the model `label` ("library.Author") are. A model may be declared in several parts."""
    _declared.setdefault(label, {}).update(facts)


def declare_app(label: str, fact: Fact) -> None:
    """Say what all fields of an app are that are not declared by themselves."""
    _apps[label] = fact


def columns() -> Iterator[Column]:
    """Every column of every installed model, those of history tables included."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            yield from columns_of(model)


def columns_of(model: Any) -> Iterator[Column]:
    histories = {recorded.history_model: recorded for recorded in recorded_models()}
    for field in model._meta.local_concrete_fields:
        yield Column(model, field, _fact(model, field, histories.get(model)))


def own_columns(model: Any) -> list[Column]:
    """The columns that say what a person is called."""
    own = (Names.OWN, Names.NUMBER)
    return [column for column in columns_of(model) if column.fact and column.fact.names in own]


def naming_accounts() -> Iterator[Column]:
    """The columns that say in words whose account a relation beside them is."""
    yield from (column for column in columns() if column.fact and column.fact.of)


def address_columns(model: Any) -> list[Any]:
    """The fields of them that are e-mail addresses."""
    return [column.field for column in own_columns(model) if isinstance(column.field, models.EmailField)]


def fact_of(model: Any, name: str) -> Fact:
    """The fact of a declared field."""
    found = next(column.fact for column in columns_of(model) if column.field.name == name)
    return found or internal()


def unclassified() -> list[Column]:
    return [column for column in columns() if column.fact is None]


def stale() -> list[tuple[str, str]]:
    """(model, field) of declarations of installed models' fields that are not there."""
    found = []
    for label, facts in _declared.items():
        try:
            model = apps.get_model(label)
        except LookupError:  # declared for those who install it
            continue
        names = {field.name for field in model._meta.local_concrete_fields}
        found += [(label, name) for name in facts if name not in names]
    return found


def _fact(model: Any, field: Any, recorded: Any) -> Fact | None:
    if recorded is not None:
        return _of_history(recorded, field)
    declared = _declared.get(model._meta.label, {}).get(field.name)
    if declared is not None:
        return declared
    if field.primary_key and not isinstance(field, models.CharField):
        return internal()
    return _apps.get(model._meta.app_label)


def _of_history(recorded: Any, field: Any) -> Fact | None:
    """A history table holds what its model holds, as it was and as it became."""
    prefix, _underscore, name = field.name.partition("_")
    if prefix in ("old", "new"):
        return next((column.fact for column in columns_of(recorded) if column.field.name == name), None)
    return internal(
        "Which row changed, how, and in which operation", "As long as the operation can be undone"
    )
