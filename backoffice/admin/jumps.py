"""Where a jump in a list begins: at what was typed, as the sort column's type, whatever its case."""

import re
from typing import Any

from django.db import models
from django.db.models import Value
from django.db.models.functions import Least

from backoffice.search import fold

INITIAL = re.compile(r"\b\w")
LAST = "\uffff"  # sorted after every other sign: by code point after all in use, by Unicode's rules for this very end


def beginning(field: Any, text: str, using: str, *, downward: bool = False) -> Any:
    """The value of `field` to begin at; downward, after the last that begins with `text` or lies in that year.

    Raises ValidationError or ValueError for what cannot be a value.

    Databases that sort by code point have small letters after all capital ones. So a text that was typed in small
    letters begins where it does with capital initials, if that comes first: unless the column itself holds small ones.
    """
    if isinstance(field, models.DateField) and text.isdecimal() and len(text) == 4:
        text += "-12-31" if downward else "-01-01"
    typed, capital = map(field.to_python, (text, INITIAL.sub(lambda found: found[0].upper(), text)))
    if not isinstance(typed, str) or field.flatchoices:
        return typed
    if typed == capital:
        return typed + LAST if downward else typed
    # The capital one first: a connection that compares without case takes the first of equals, and its columns do not.
    either = Least(Value(capital), Value(typed))
    as_typed = not _is_met(field, either, text, using) and _is_met(field, typed, text, using)
    if downward:
        return (typed if as_typed else capital) + LAST
    return typed if as_typed else either


def _is_met(field: Any, start: Any, text: str, using: str) -> bool:
    """Whether the first value from `start` on begins with `text`."""
    values = field.model._base_manager.using(using).filter(**{f"{field.name}__gte": start})
    first = values.order_by(field.name).values_list(field.name, flat=True).first()
    return first is not None and fold(first).startswith(fold(text))
