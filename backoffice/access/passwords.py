"""Passwords that somebody who knows the place and the person would try."""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHORTEST_WORD = 3
ENOUGH = 10  # characters that are left when the words are taken out
PERSONAL = ("username", "first_name", "last_name", "email")


class ContextValidator:
    """Refuses a password that consists of the site's, the organisation's or the person's own words for the most."""

    def validate(self, password: str, user: Any = None) -> None:
        found = []
        rest = password.casefold()
        for word in sorted(words_around(user), key=len, reverse=True):
            if word in rest:
                found.append(word)
                rest = rest.replace(word, "")
        if found and len(rest) < ENOUGH:
            raise ValidationError(
                _("This password is made of words that anybody would try here first: %(words)s.")
                % {"words": ", ".join(found)},
                code="password_of_context",
            )

    def get_help_text(self) -> str:
        return _("Your password can’t be made of the name of this site, of your organization or of yourself.")


def words_around(user: Any) -> set[str]:
    texts = [settings.SITE_NAME, *settings.PASSWORD_WORDS]
    texts += [str(getattr(user, name, "") or "") for name in PERSONAL]
    return set(_words(texts))


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        for word in re.findall(r"\w+", text.casefold()):
            if len(word) >= SHORTEST_WORD:
                yield word
