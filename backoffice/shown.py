"""Values of columns in words: what Django shows of them, with the exceptions of ours."""

from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import display_for_field
from django.db import models
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from backoffice.fields import PlainDecimalField, plain


def sign(applies: bool) -> str:
    """Django's icon of a column that is true or not; it has no words for who does not see it, but “True”."""
    name, words = ("yes", _("applies")) if applies else ("no", _("does not apply"))
    return format_html('<img src="{}" alt="{}">', static(f"admin/img/icon-{name}.svg"), words)


def shown_value(value: Any, field: Any, empty: str, **how: Any) -> Any:
    """As Django's display_for_field, but the number of a PlainDecimalField without zeros at its end, and `sign`."""
    if isinstance(field, PlainDecimalField) and isinstance(value, Decimal):
        return number_format(plain(value))
    if isinstance(field, models.BooleanField) and not field.flatchoices and value is not None:
        return sign(value)
    return display_for_field(value, field, empty, **how)
