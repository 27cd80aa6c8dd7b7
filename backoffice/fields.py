"""Model fields that keep "empty" and "unique" apart."""

from typing import Any

from django.db import models


class UniqueWhenSetMixin:
    """Unique when set: an empty text is stored as NULL, which every engine lets occur many times."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)  # type: ignore[misc]
        return (value.strip() or None) if isinstance(value, str) else value

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)  # type: ignore[misc]
        return (value.strip() or None) if isinstance(value, str) else value


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
