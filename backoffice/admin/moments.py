"""Times of one page, each told apart from the others."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable

from django.utils import dateformat, formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

MINUTES = re.compile(r"(?<!\\)(?:P|i)")  # in a format of Django


def moments(
    times: Iterable[datetime.datetime], *, exactly: bool = False
) -> dict[datetime.datetime, SafeString]:
    """Each time as a page shows it: to the minute, or to the second where it would read as another one; `exactly`, also
    with the part of the second.

    A machine reads all of it, and its offset.
    """
    words = {at: _in_words(at) for at in times}
    for more in (":s", ":s.u") if exactly else (":s",):
        often = Counter(words.values())
        words |= {at: _in_words(at, more) for at, said in words.items() if often[said] > 1}
    shown = '<time datetime="{}">{}</time>'
    return {at: format_html(shown, timezone.localtime(at).isoformat(), said) for at, said in words.items()}


def _in_words(at: datetime.datetime, more: str = "") -> str:
    """With `more` after the minutes, and with the name of the zone in the hour that comes twice as summer time ends."""
    local = timezone.localtime(at)
    exact = {"P": f"g:i{more} a", "i": f"i{more}"}
    pattern = formats.get_format("DATETIME_FORMAT")
    words = dateformat.format(local, MINUTES.sub(lambda found: exact[found[0]], pattern) if more else pattern)
    comes_twice = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
    return f"{words} {local.tzname()}" if comes_twice else words
