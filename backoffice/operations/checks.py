"""Start-up checks: a recorded model of which something could be written without a record."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import models

from backoffice.links import links_to
from backoffice.operations.sets import RecordedQuerySet
from backoffice.operations.tables import is_recorded, recorded_models

Model = type[models.Model]

# Of these, Django's collector hands our queryset a set to update, or does nothing at all.
HARMLESS = (models.SET_NULL, models.SET_DEFAULT, models.PROTECT, models.RESTRICT, models.DO_NOTHING)


@register(Tags.models)
def every_write_is_recorded(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    chosen = {config.label for config in app_configs} if app_configs is not None else None
    asked = [model for model in recorded_models() if chosen is None or model._meta.app_label in chosen]
    return [message for model in asked for message in problems(model)]


def problems(model: Model) -> Iterator[CheckMessage]:
    for check in CHECKS:
        yield from check(model)


def _managers(model: Model) -> Iterator[CheckMessage]:
    """Django saves, follows relations and cascades through the base manager."""
    if not _records(model._base_manager):
        yield Error(
            "What Django itself writes is not recorded: the base manager is a plain one.",
            hint="Write class Meta(Recorded.Meta) and no base_manager_name.",
            obj=model,
            id="backoffice.E101",
        )
    for manager in model._meta.managers:
        if not _records(manager):
            yield Error(
                f"What is written through {manager.name!r} is not recorded.",
                hint="Derive its queryset from backoffice.operations.sets.RecordedQuerySet: … .as_manager().",
                obj=model,
                id="backoffice.E102",
            )


def _inheritance(model: Model) -> Iterator[CheckMessage]:
    if model._meta.parents:
        yield Error(
            "A row in more than one table cannot be recorded.",
            hint="Inherit from abstract models only, or write a OneToOneField.",
            obj=model,
            id="backoffice.E103",
        )


def _sets(model: Model) -> Iterator[CheckMessage]:
    for field in model._meta.local_many_to_many:
        yield Warning(
            f"Who is added to {field.name!r} and who is taken out is not recorded.",
            hint="Make its table a recorded model with two foreign keys, and a relation of each row's own.",
            obj=model,
            id="backoffice.W201",
        )


def _hangs_on_unrecorded(model: Model) -> Iterator[CheckMessage]:
    for field in model._meta.concrete_fields:
        relation = field.remote_field
        if relation and not is_recorded(field.related_model) and relation.on_delete not in HARMLESS:
            yield Warning(
                f"What happens to rows with their {field.name!r} may leave no record: "
                f"{_name(field.related_model)} has none.",
                hint="Use on_delete=SET_NULL or PROTECT, or make that model a recorded one.",
                obj=model,
                id="backoffice.W202",
            )


def _takes_unrecorded_along(model: Model) -> Iterator[CheckMessage]:
    for link in links_to(model):
        if link.cascades and not is_recorded(link.model):
            yield Warning(
                f"{_name(link.model)} goes along with a deleted row and cannot come back with it: it is not recorded.",
                hint="Make that model a recorded one, or use on_delete=SET_NULL or PROTECT.",
                obj=model,
                id="backoffice.W203",
            )


def _records(manager: Any) -> bool:
    return isinstance(manager.get_queryset(), RecordedQuerySet)


def _name(model: Any) -> str:
    return str(model._meta.label)


CHECKS: list[Callable[[Model], Iterator[CheckMessage]]] = [
    _managers,
    _inheritance,
    _sets,
    _hangs_on_unrecorded,
    _takes_unrecorded_along,
]
