"""Rows in links: `?row=library.Book:5`, and the way to the history of one; the names of several."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.admin import site
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.urls import reverse

from backoffice.operations.tables import is_recorded


def row_named(text: str, others: Sequence[Any] = ()) -> tuple[Any, Any]:
    """(model, key) of "library.Book:5". Raises ValueError for a text that names no row of a recorded model, or of one
    of `others`.
    """
    name, _colon, key = text.partition(":")
    try:
        model: Any = apps.get_model(name)
    except LookupError:
        raise ValueError(text) from None
    if not is_recorded(model) and model not in others:
        raise ValueError(text)
    return model, key_named(model, key)


def key_named(model: Any, text: str) -> Any:
    """The key that `text` stands for. Raises ValueError where no row can have such a key."""
    return value_named(model._meta.pk, text)


def value_named(field: Any, text: str) -> Any:
    """The same of any column that rows are known by, such as what a relation points at."""
    try:
        key = field.to_python(text)
        field.run_validators(key)
    except (ValidationError, TypeError, OverflowError):
        raise ValueError(text) from None
    if key is None or "\x00" in text:
        raise ValueError(text)
    return key


def row_name(model: Any, key: Any) -> str:
    """What row_named reads."""
    return f"{model._meta.label}:{key}"


def history_url(model: Any, key: Any) -> str:
    """The history of a row, whether it is there or not; empty for a model without pages."""
    if model not in site._registry:
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_history", args=[quote(key)])


def log_url(model: Any, key: Any) -> str:
    """The log of what was done to one row."""
    return f"{reverse('admin:backoffice_operation_changelist')}?{urlencode({'row': row_name(model, key)})}"


def with_names(rows: list[Any]) -> list[Any]:
    """`rows`, with what the first one's name is made of fetched for all of them: not a query for each row."""
    if len(rows) > 1:
        known = set(rows[0]._state.fields_cache)
        str(rows[0])
        prefetch_related_objects(rows, *(set(rows[0]._state.fields_cache) - known))
    return rows
