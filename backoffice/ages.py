"""How old what was signed for a page may be when it is sent back."""

from django.http import HttpRequest


def lasting(seconds: int, request: HttpRequest) -> int | None:
    """`seconds`; None, which is for ever, where a worker repeats what was in time when it was asked for."""
    return None if getattr(request, "is_repeated", False) else seconds
