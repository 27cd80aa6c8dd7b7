"""Passwords that somebody who knows the place and the person would try."""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.access.trees import trees
from backoffice.privacy.registry import own_columns
from backoffice.privacy.subjects import subjects
from backoffice.search import fold

SHORTEST_WORD = 3
ENOUGH = 10  # characters that are left when the words are taken out
FEW = 3  # characters that hide no common password, whatever they are
SHORTEST_COMMON = 4
TOP = 10  # rows at the top of a tree: the company, as a rule
SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
PERSONAL = ("username", "first_name", "last_name", "email")


class ContextValidator:
    """Refuses a password that consists of the site's, the organisation's or the person's own words for the most."""

    def validate(self, password: str, user: Any = None) -> None:
        found = []
        rest = fold(password)
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
    texts += _names_of(user)
    for tree in trees():  # what is managed here, and what it is all called
        texts += [word for model in (tree.model, *tree.paths) for word in _called(model)]
        if tree.parent:
            top = tree.model._default_manager.filter(**{tree.parent: None}).order_by("pk")
            texts += [str(row) for row in top[:TOP]]
    return set(_words(texts))


def _names_of(user: Any) -> Iterator[str]:
    """What the person whose account it is is called."""
    for subject in subjects():
        if subject.account and getattr(user, "pk", None):
            names = [column.field.attname for column in own_columns(subject.model)]
            rows = subject.model._base_manager.filter(**{subject.account: user}).order_by("pk")
            for row in rows.values_list(*names)[:1]:
                yield from map(str, filter(None, row))


def _called(model: Any) -> list[str]:
    return [str(model._meta.verbose_name), str(model._meta.app_config.verbose_name)]


def _words(texts: Iterable[str]) -> Iterable[str]:
    """Without case and accents, and with the vowels that stand for them: “müller” is muller and mueller."""
    for text in texts:
        composed = unicodedata.normalize("NFC", text.casefold())
        for spelled in (composed, composed.translate(SPELLED_OUT)):
            for word in re.findall(r"\w+", fold(spelled)):
                if len(word) >= SHORTEST_WORD:
                    yield word


def is_padded(password: str, common: Container[str]) -> bool:
    """Whether it is a few characters over and over, or in their order, or a common password so or with a little around
    it.
    """
    text = password.casefold().strip()
    if len({ord(after) - ord(before) for before, after in pairwise(text)}) == 1:
        return True
    if any(text.startswith(text[size:]) for size in range(1, min(ENOUGH, len(text) // 2 + 1))):
        return True
    return any(_is_common_and_little(part, common) for part in (text, re.sub(r"^[\W\d_]+", "", text)))


def _is_common_and_little(text: str, common: Container[str]) -> bool:
    words = (text[:size] for size in range(SHORTEST_COMMON, len(text) + 1))
    return any(_is_little(text.replace(word, ""), word, common) for word in words if word in common)


def _is_little(rest: str, word: str, common: Container[str]) -> bool:
    """Beside `word`: next to nothing, its beginning once more, another common one, or a few digits and signs."""
    plain = not any(map(str.isalpha, rest))
    return len(rest) <= FEW or word.startswith(rest) or rest in common or (plain and len(rest) < ENOUGH)
