"""Values of columns in words: what Django shows of them, with the exceptions of ours."""

from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import display_for_field
from django.utils.formats import number_format

from backoffice.fields import PlainDecimalField, plain


def shown_value(value: Any, field: Any, empty: str, **how: Any) -> Any:
    """As Django's display_for_field; the number of a PlainDecimalField without zeros at its end."""
    if isinstance(field, PlainDecimalField) and isinstance(value, Decimal):
        return number_format(plain(value))
    return display_for_field(value, field, empty, **how)
