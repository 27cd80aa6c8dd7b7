"""Passwords that are known from breaches elsewhere: looked up in a file on this machine, nothing is asked of anybody.

The file is a list of SHA-1 hashes in their order, a line each, with or without “:” and a number: as “Have I Been Pwned”
gives it out (its downloader writes it). A look-up reads some thirty places of it, however long it is.
"""

import hashlib
import mmap
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.access.passwords import is_padded

DIGITS = 40


class BreachedValidator(CommonPasswordValidator):
    """Django's short list of what everybody takes, and the long one where there is one: one rule for people."""

    def validate(self, password: str, user: Any = None) -> None:
        super().validate(password, user)
        if is_padded(password, self.passwords):
            raise ValidationError(
                _("This password is a common or short one, repeated or with a little around it."),
                code="password_padded",
            )
        file: str = settings.BREACHED_PASSWORDS
        if file and is_listed(Path(file), password):
            raise ValidationError(
                _("This password is in a list of passwords that were stolen elsewhere. Choose another one."),
                code="password_breached",
            )


def is_listed(file: Path, password: str) -> bool:
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    if not file.stat().st_size:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        low, high = 0, len(text)
        while low < high:
            middle = text.rfind(b"\n", 0, (low + high) // 2) + 1  # where a line begins
            found = text[middle : middle + DIGITS].upper()
            if found == wanted:
                return True
            if found < wanted:
                end = text.find(b"\n", middle)
                low = len(text) if end < 0 else max(end + 1, low + 1)
            else:
                high = middle
    return False
