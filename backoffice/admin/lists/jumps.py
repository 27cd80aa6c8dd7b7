"""Where a jump in a list begins: at what was typed, as the sort column's type, whatever its case."""

import datetime
import math
import re
from typing import Any

from django.db import connections, models
from django.db.models import Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.dateparse import parse_date

from backoffice.admin.lists.order import target
from backoffice.search import fold

TEXTS = models.CharField | models.TextField | models.FileField | models.FilePathField
INITIAL = re.compile(r"\b\w")
# Sorted after what else a text may go on with: by code point, or by the rules of a language, which ignore the one.
LAST = ("\U0010ffff", "\u9fa5")


def beginning(field: Any, text: str, using: str, *, downward: bool = False) -> Any:
    """The value of `field` to begin at; downward, after the last that begins with `text` or lies in that year.

    Raises ValidationError, ValueError or OverflowError for what cannot be a value.

    Databases that sort by code point have small letters after all capital ones. So a text that was typed in small
    letters begins where it does with capital initials, if that comes first: unless the column itself holds small ones.
    """
    if isinstance(field, models.DateField) and text.isdecimal() and len(text) == 4:
        text += "-12-31" if downward else "-01-01"
    if not isinstance(target(field), TEXTS):
        return _value(field, text, using, downward=downward)
    typed, capital = map(field.to_python, (text, INITIAL.sub(lambda found: found[0].upper(), text)))
    if typed == capital or field.flatchoices:
        return _end(typed) if downward else typed
    # The capital one first: a connection that compares without case takes the first of equals, and its columns do not.
    either = Least(Value(capital), Value(typed))
    as_typed = not _is_met(field, either, text, using) and _is_met(field, typed, text, using)
    if downward:
        return _end(typed if as_typed else capital)
    return typed if as_typed else either


def _value(field: Any, text: str, using: str, *, downward: bool) -> Any:
    """As the database takes it; of moments that are days, their beginning in the time zone of the person, or end."""
    value = field.to_python(text)
    if isinstance(value, datetime.datetime) and timezone.is_naive(value):
        end = datetime.timedelta(days=downward and parse_date(text) is not None)
        value = timezone.make_aware(value + end).astimezone(datetime.UTC)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(text)
    field.get_db_prep_value(value, connections[using])  # some refuse there what is none of theirs
    return value


def _end(text: str) -> Greatest:
    return Greatest(*(Value(text + last) for last in LAST))


def _is_met(field: Any, start: Any, text: str, using: str) -> bool:
    """Whether the first value from `start` on begins with `text`."""
    values = field.model._base_manager.using(using).filter(**{f"{field.name}__gte": start})
    first = values.order_by(field.name).values_list(field.name, flat=True).first()
    return first is not None and fold(first).startswith(fold(text))
