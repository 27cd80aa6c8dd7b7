"""Model fields that keep "empty" and "unique" apart, and texts and numbers without what says nothing at their ends."""

import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# Letters and symbols by their category, but drawn as nothing: Hangul fillers and the blank of Braille.
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"

INVISIBLE = "".join(map(chr, [*range(0x21), 0x7F]))  # of ASCII


def trimmed(text: str) -> str:
    """Without what cannot be seen at its ends: spaces, control and format characters (U+200B and the like)."""
    if text.isascii():  # nearly all are, and a file has millions
        return text.strip(INVISIBLE)
    first, last = 0, len(text)
    while first < last and _is_invisible(text[first]):
        first += 1
    while last > first and _is_invisible(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_invisible(character: str) -> bool:
    return character in BLANKS or unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Zs")


def column_value(field: Any, value: Any) -> Any:
    """A row as a relation to it holds it: its key, unless the relation points at another column; all else as it is."""
    return getattr(value, field.target_field.attname) if isinstance(value, models.Model) else value


class NameField(models.CharField):
    """A text that people know a row by: trimmed, and never only what nobody sees."""

    default_error_messages = {"blank": _("Enter a name.")}

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return trimmed(value) if isinstance(value, str) else value

    def deconstruct(self) -> Any:
        """As a CharField: to the database it is one."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class LongTextField(models.TextField):
    """A text of any length that a cell of a file can have: what a form takes can be exported and imported again."""

    default_validators = [MaxLengthValidator(100_000)]

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class PlainDecimalField(models.DecimalField):
    """A number whose zeros at the end say nothing: people read 0.8, not 0.800."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": _PlainDecimal, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


class _PlainDecimal(forms.DecimalField):
    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


def plain(value: Decimal) -> Decimal:
    return Decimal(f"{value.normalize():f}")


class UniqueWhenSetMixin:
    """Unique when set: an empty text is stored as NULL, which every engine lets occur many times."""

    default_error_messages: Any = {"unique": _("This is taken already. Enter another one.")}

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)  # type: ignore[misc]
        return (trimmed(value) or None) if isinstance(value, str) else value

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)  # type: ignore[misc]
        return (trimmed(value) or None) if isinstance(value, str) else value


class KeyField(UniqueWhenSetMixin, models.CharField):
    """A key that people give, such as a number or a code; unique when set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 32, "unique": True, "null": True, "blank": True, **kwargs})


class UniqueEmailField(UniqueWhenSetMixin, models.EmailField):
    """An e-mail address, stored in lower case; unique when set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"unique": True, "null": True, "blank": True, **kwargs})

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.lower() if isinstance(value, str) else value
