"""Words of the product in the names of recorded rows, such as those of roles.

The log holds them as they stand in the code. It tells them, and is searched for them, in the language of the page.
"""

import re
from collections.abc import Iterable
from functools import cache, reduce
from operator import and_, or_
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from backoffice.operations.tables import recorded_models
from backoffice.search import fold, is_long, matching, words

END = r"(?=, |$)"  # of a name, or of a part of it


def told(text: str, models: Iterable[Any]) -> str:
    """The recorded names of rows of `models`, to be read; words that were recorded in another language as well."""
    for model in models:
        pattern, meant = _known(model)
        if meant:
            text = pattern.sub(lambda found, meant=meant: gettext(meant[found[0]]), text)  # type: ignore[misc]
    return text


def matching_told(query: str, *, using: str) -> Q:
    """As search.matching, for names as they are told."""
    if not are_told_otherwise(query):
        return matching(query, using=using)
    ways = ([word, *_recorded_as(word)] for word in words(query))
    return reduce(and_, (reduce(or_, (matching(text, using=using) for text in texts)) for texts in ways))


def are_told_otherwise(query: str) -> bool:
    """Whether words of `query` are told in the place of others."""
    return any(map(_recorded_as, words(query)))


def _recorded_as(word: str) -> list[str]:
    """The words of the product that a folded word is found in once they are told, and not before."""
    own = (
        {text for model in recorded_models() for _before, text in model.own_words()} if is_long(word) else ()
    )
    return sorted(text for text in own if word in fold(gettext(text)) and word not in fold(text))


@cache
def _known(model: Any) -> tuple[re.Pattern[str], dict[str, str]]:
    """What is looked for in names, and which word each of that is, in whatever language."""
    meant: dict[str, str] = {}
    ways = []
    for language in [None, *(code for code, _name in settings.LANGUAGES)]:
        with translation.override(language):
            for before, text in model.own_words():
                meant.setdefault(gettext(text), text)
                ways.append(f"(?<={re.escape(before)}){re.escape(gettext(text))}{END}")
    return re.compile("|".join(ways)), meant
