"""Days as people and spreadsheets write them."""

import re
import unicodedata
from contextlib import suppress
from datetime import date, timedelta
from functools import cache

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice.exchange.options import DAY_FIRST, MONTH_FIRST, YEAR_FIRST

ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ][\d:.]+(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-][\d:]+))?|Z|[+-]\d\d:\d\d|\.)?$"
)
PLAIN = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{6})?$")
ORDERED = re.compile(r"(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d\d)(?:,? [\d:.]+(?: ?[AaPp][Mm])?)?$")
NTH = r"(\d{1,2})(?:st|nd|rd|th|er|\.?º)?"
NAMED = re.compile(
    rf"(?:{NTH}[./ -]*(?:(?:de|of) )?([^\W\d]+)[.,/ -]*(?:del? )?(\d{{4}}|\d\d)"
    rf"|([^\W\d]+)[./ -]+{NTH}[,/ -]+(\d{{4}}|\d\d))$"
)
YEAR_NAMED = re.compile(r"(\d{4})[/ -]([^\W\d]+)\.?[/ -](\d{1,2})$")
SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?$")
HALF = r"(?: ?[AaPp]\.? ?[Mm]\.?)"
CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,:]\d+)?)?"
HOURS = r"(?:[01]?\d|2[0-3])(?: ?h(?: ?[0-5]\d)?|(?= Uhr))"
# At midnight, in a half of the day, with “Uhr”, or behind a year: “1. 12.24” is a day.
POINTS = rf"(?:0?0|(?<=\d{{4}} )\d\d?|\d\d?(?=[\d.]+(?:{HALF}| Uhr)))\.\d\d(?:\.\d\d(?:\.\d+)?)?{HALF}?"
DIGITS = r"(?:000000|(?<=T)\d{6}|(?<=\d{8} )(?:[01]\d|2[0-3])(?:[0-5]\d){1,2})"
ZONE = (
    r"(?: ?(?:Z|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?))?"
    r"(?: (?:[A-Z]{3,5}|[A-Za-z_]+(?:/[A-Za-z_]+){1,2}))?"  # CEST, America/New_York
)
# Behind a day, which it does not change. The first sign stands apart as it is quickly found.
TIME = re.compile(
    r"[ ,T:-](?:(?:(?<=[ T])|(?<=,) |(?<=\d{4}:)|(?<=[A-Za-z]\d\d:))(?:(?:at|um|à|a las) )?"  # SAS has a colon
    rf"(?:{CLOCK}{HALF}?|{HOURS}|{POINTS}|{DIGITS})(?: ?(?:Uhr|h|hrs))?{ZONE}"
    r"|(?<=\d{4}-\d\d-\d\d-)\d\d\.\d\d\.\d\d(?:\.\d+)?)$"  # DB2
)
MAY_HAVE_TIME = re.compile(r"[\s:T]|-\d\d\.")  # most days have none, and TIME is slow
TIME_WITHIN = re.compile(rf"(\D+ \d\d?) {CLOCK}{ZONE} (\d{{4}})$")  # Thu Jun 13 00:00:00 CEST 2024
YEAR = re.compile(r"(?:(?:19|20)\d\d|2100)$")

EPOCH = date(1899, 12, 30)  # Excel's day 0, as it counts from March 1900 on
EPOCH_1904 = date(1904, 1, 1)  # and that of old ones for the Mac
SERIALS = range(10_000, 80_000)  # 1927 to 2119; with four digits a number is a year
AHEAD = 10  # years: what two digits are at most, as a contract may end then; whoever came in 65, came in 1965
LANGUAGES = ("en", "de", "fr", "es")


class Ambiguous(Exception):
    """05/06/2024, or 24-06-05, as long as nobody said which is the day."""


def day(text: str, order: str, since_1904: bool = False) -> date | None:
    """None for the last day of all, 9999-12-31, by which payroll systems say that there is none.

    Raises Ambiguous or ValidationError. `order` is DAY_FIRST, MONTH_FIRST, YEAR_FIRST or empty.
    """
    bare, epoch = _without_time(text), EPOCH_1904 if since_1904 else EPOCH
    try:
        found = _day(bare, order, epoch)
        if found is None and (rest := _without_weekday(bare)):
            found = _day(rest, order, epoch)
    except (ValueError, OverflowError):
        sentence = _("“%(value)s” is no day of the calendar.")
        if ISO.match(text):
            sentence = _("“%(value)s” value has the correct format (YYYY-MM-DD) but it is an invalid date.")
        raise ValidationError(sentence % {"value": text}) from None
    if found is None:
        if YEAR.match(text):
            sentence = _("“%(value)s” is a year. Enter the day and the month, too.")
            raise ValidationError(sentence % {"value": text})
        raise ValidationError(
            _("“%(value)s” value has an invalid date format. It must be in YYYY-MM-DD format.")
            % {"value": text}
        )
    return None if found == date.max else found


def said_since_1904(text: str) -> str:
    """A bare number that counts days since 1904 as a day that any file means by it; another text as it is."""
    found = _counted(_without_time(text), EPOCH_1904)
    return found.isoformat() if found else text


def orders_of(text: str) -> set[str]:
    """The orders in which a single cell is a day: what it says about the order of all. None of another text."""
    text = _without_time(text)
    match = ORDERED.match(_without_weekday(text) or text)
    return set(_readings(match)) if match and match[2] != "." else set()


def _day(text: str, order: str, epoch: date) -> date | None:
    if match := ISO.match(text) or PLAIN.match(text):
        return date(*map(int, match.groups()))
    if match := ORDERED.match(text):
        return _ordered(match, order)
    if match := NAMED.match(text):
        number, name, year = match.group(1, 2, 3) if match[1] else match.group(5, 4, 6)
        month = _months().get(_plain(name))
        return date(_year(year), month, int(number)) if month else None
    if match := YEAR_NAMED.match(text):
        month = _months().get(_plain(match[2]))
        return date(int(match[1]), month, int(match[3])) if month else None
    return _counted(text, epoch)


def _counted(text: str, epoch: date) -> date | None:
    match = SERIAL.match(text)
    return epoch + timedelta(days=int(match[1])) if match and int(match[1]) in SERIALS else None


def _ordered(match: re.Match[str], order: str) -> date:
    readings = _readings(match)
    if order in readings:
        return readings[order]
    days = set(readings.values())
    if date.max in days:
        return date.max
    if not days or (order in (DAY_FIRST, MONTH_FIRST) and match[2] != "."):
        raise ValueError(match.string)
    if len(days) > 1:
        raise Ambiguous
    return days.pop()


def _readings(match: re.Match[str]) -> dict[str, date]:
    """The day that it is, by each order in which it is one."""
    first, second, last = match.group(1, 3, 4)
    orders = {DAY_FIRST: (last, second, first)}
    if match[2] != ".":
        orders[MONTH_FIRST] = (last, first, second)
    if match[2] != "." and len(first) == len(last) == 2:
        orders[YEAR_FIRST] = (first, second, last)
    found = {}
    for order, (year, month, number) in orders.items():
        with suppress(ValueError):
            found[order] = date(_year(year), int(month), int(number))
    return found


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    latest = timezone.localdate().year + AHEAD
    return latest - (latest - int(text)) % 100


def _without_time(text: str) -> str:
    """With single spaces."""
    if not MAY_HAVE_TIME.search(text):
        return text
    bare = " ".join(text.split())
    if match := TIME_WITHIN.match(bare):
        return f"{match[1]} {match[2]}"
    return TIME.sub("", bare)


def _without_weekday(text: str) -> str:
    """“Wed, 5 Jun 2024” → “5 Jun 2024”; nothing where no weekday is first."""
    word, _space, rest = text.partition(" ")
    return rest.strip() if _plain(word.rstrip(".,")) in _weekdays() else ""


@cache
def _months() -> dict[str, int]:
    """Names of months in the languages of the panel, abbreviated, and their beginnings from the third letter on: what
    means one alone. “jui” is short for “juin” and begins “juillet”.
    """
    names = {"mrz": 3, "set": 9, "setiembre": 9}
    shorter: dict[str, int] = {}
    for language in LANGUAGES:
        begun: dict[str, set[int]] = {}
        with override(language):
            for number in MONTHS:
                name, short = _plain(str(MONTHS[number])), _plain(str(MONTHS_3[number])).rstrip(".")
                names[name] = number
                for beginning in {short, *(name[:end] for end in range(3, len(name)))}:
                    begun.setdefault(beginning, set()).add(number)
        for beginning, numbers in begun.items():
            if len(numbers) == 1:
                shorter.setdefault(beginning, *numbers)
    return {**shorter, **names}


@cache
def _weekdays() -> set[str]:
    names: set[str] = set()
    for language in LANGUAGES:
        with override(language):
            names.update(
                _plain(str(name)).rstrip(".") for name in (*WEEKDAYS.values(), *WEEKDAYS_ABBR.values())
            )
    return names


def _plain(name: str) -> str:
    """Without case and accents."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
