"""Files of rows that an import refused, with the reasons in their last column: to be mended and brought again."""

import re
from collections.abc import Sequence
from itertools import chain, count
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

NUMBERED = re.compile(r" \(\d+\)$")


def is_rest(header: Sequence[str], meant: Sequence[Any]) -> bool:
    """Whether the last column holds the reasons, and is nothing else. `meant` is what each one means, if anything."""
    last = NUMBERED.sub("", header[-1]).casefold()
    return not meant[-1] and last in {_reason_in(language) for language, _label in settings.LANGUAGES}


def _reason_in(language: str) -> str:
    with override(language):
        return _("Reason").casefold()


def reason_beside(header: Sequence[str]) -> str:
    """What the column of the reasons is called: not as one of these."""
    taken, reason = {name.casefold() for name in header}, _("Reason")
    numbered = chain([reason], (f"{reason} ({number})" for number in count(2)))
    return next(name for name in numbered if name.casefold() not in taken)
