"""What a form carries to tell at its return what it showed, as a text: the values of its fields."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.forms import BoundField, ModelForm
from django.forms.models import InlineForeignKeyField


def shown(form: ModelForm) -> str:
    """What a form that is not bound carries: the values it shows."""
    values = {name: text_of(field, form.instance) for name, field in compared(form)}
    return json.dumps({"shown": values, "asked": {}, "merged": []}, ensure_ascii=False)


def compared(form: ModelForm) -> Iterator[tuple[str, Any]]:
    """The fields of a form that stand for a column, or for a relation to many, with the model's field."""
    found = (*columns_of(form.instance), *form.instance._meta.many_to_many)
    fields = {field.name: field for field in found if not field.primary_key}
    for name, field in form.fields.items():
        if name in fields and not field.disabled and not isinstance(field, InlineForeignKeyField):
            yield name, fields[name]


def read_carried(text: Any) -> dict[str, Any]:
    """What a form carried; nothing is known from a text that is not ours."""
    try:
        found = json.loads(text)
        if all(isinstance(found[part], dict) for part in ("shown", "asked")) and isinstance(
            found["merged"], list
        ):
            return dict(found)
    except (TypeError, ValueError, KeyError, RecursionError):
        pass
    return {"shown": {}, "asked": {}, "merged": []}


def carried_value(field: Any, carried: Any) -> tuple[Any, bool]:
    """(what a list of one text or none stands for, whether it is known)"""
    try:
        [text] = carried
        if field.many_to_many:
            return [str(key) for key in text], True
        return (None if text is None else field.to_python(text)), True
    except (ValidationError, TypeError, ValueError, ArithmeticError):
        return None, False


def posted_another(bound: BoundField, value: Any) -> bool:
    """Whether what was posted is another value than this one, in the words of the form's field."""
    posted: Any = bound.data
    if isinstance(value, (datetime.datetime, datetime.time)) and not bound.field.widget.supports_microseconds:
        value = value.replace(microsecond=0)
    if isinstance(posted, str) and isinstance(value, str):
        posted, value = _lines(posted), _lines(value)  # a browser ends lines in its own way
        if posted == value:  # a field would strip the one and not the other
            return False
    return bound.field.has_changed(value, posted)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def text_of(field: Any, row: models.Model) -> Any:
    """The value as it travels; of a relation to many the keys."""
    if field.many_to_many:
        return [str(key) for key in getattr(row, field.name).order_by("pk").values_list("pk", flat=True)]
    return None if field.value_from_object(row) is None else field.value_to_string(row)


def columns_of(row: models.Model) -> list[Any]:
    deferred = row.get_deferred_fields()
    fields: list[Any] = list(row._meta.concrete_fields)
    return [field for field in fields if not field.generated and field.attname not in deferred]
