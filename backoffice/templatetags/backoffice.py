"""What our templates need and Django's do not have."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def item(mapping: Any, key: str) -> Any:
    """mapping[key], or nothing."""
    return mapping.get(key) if mapping else None
