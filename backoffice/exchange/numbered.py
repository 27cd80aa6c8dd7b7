"""Start-up check: an import counts rows that are stored by their keys and those to come below zero."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import models

from backoffice.exchange.sheet import Sheet, sheets

HINT = "Give the model a BigAutoField and what it is known by a unique column, which the sheet names by `key` or `by`."


@register(Tags.models)
def rows_are_known_by_numbers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [message for sheet in sheets().values() for message in problems(sheet)]


def problems(sheet: Sheet) -> Iterator[CheckMessage]:
    if not _is_number(sheet.model._meta.pk):
        what = f"The sheet {sheet.name!r} cannot be imported: the key of its rows is no whole number."
        yield Error(what, hint=HINT, obj=sheet.model, id="backoffice.E104")
    for column in sheet.columns:
        field = sheet.field(column.name)
        target = field.target_field if field.is_relation else None
        if target and not (target.primary_key and _is_number(target)):
            what = f"The column {column.header!r} of the sheet {sheet.name!r} cannot be imported: it does not point at "
            yield Error(
                f"{what}a key that is a whole number.", hint=HINT, obj=sheet.model, id="backoffice.E105"
            )


def _is_number(field: Any) -> bool:
    while field.is_relation:
        field = field.target_field
    return isinstance(field, models.IntegerField)
