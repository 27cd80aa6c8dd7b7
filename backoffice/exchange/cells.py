"""The text of a cell → the value of a field, by the rules of its form."""

import re
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice.exchange import dates
from backoffice.exchange.names import tidied
from backoffice.exchange.options import Options
from backoffice.fields import NameField, UniqueEmailField, UniqueWhenSetMixin

LANGUAGES = ("en", "de", "fr", "es")
TRUE = {"true", "yes", "y", "1", "x", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "si"}
LONGEST = 1_000  # of the texts that are their own value
FALSE = {"false", "no", "n", "0", "falsch", "nein", "faux", "non", "falso"}
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([ .,'\u00a0\u202f\u2019])\d{3})(?:\1\d{3})*(?:[.,]\d+)?$")
NO_FRACTION = re.compile(r"\.0+$")


# Words for nothing, and days that never were.
NOTHING = {
    *("-", "--", "–", "—", "n/a", "na", "n.a.", "n. a.", "nan", "none", "null", "(null)", "(blank)"),
    *("k.a.", "k. a.", "keine angabe", "(leer)", "s/o", "néant", "non renseigné", "(vide)"),
    *("n/d", "sin datos", "(en blanco)"),
}
NEVER = {"00.00.0000", "00/00/0000", "0000-00-00"}
WORD_FOR_NOTHING = "(?i:" + "|".join(map(re.escape, sorted(NOTHING))) + ")"

# What no rule has anything to say about: common letters and ASCII, visible at both ends; the plainest of addresses.
VISIBLE = "!-~\u00c0-\u0482\u3041-\u30fe\u4e00-\u9fff\uac00-\ud7a3"
WORDS = f"[{VISIBLE}](?:[ {VISIBLE}]{{0,%s}}[{VISIBLE}])?"
ADDRESS = r"(?=.{,%s}\Z)[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?=.{,63}\Z)(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}"
AS_THEY_ARE = {  # fields that make nothing else of such a text
    models.CharField.to_python,
    models.TextField.to_python,
    NameField.to_python,
    UniqueWhenSetMixin.to_python,
    UniqueEmailField.to_python,
}

Read = Callable[[str], Any]

WITHOUT_VALUE = "\u2060#="  # how the reader of workbooks marks a formula that nobody worked out
ERROR = re.compile(r"\u2060(#=|#[A-Z][A-Z0-9/!?_]{0,18})")  # and, alone in its cell, an error like #N/A


# How a spreadsheet writes a long number whose last digits it has forgotten.
ROUNDED = r"[-+]?\d(?:[.,]\d+)?[eE]\+\d+"


class Keep:
    """The field stays as it is; a new row gets its default."""


KEEP = Keep()


class Wrong(NamedTuple):
    reason: str


def reader(
    field: Any, options: Options, *, tidy: bool = False, words: Sequence[tuple[str, Any]] = ()
) -> Callable[[str], Any]:
    """text → the value, KEEP, or Wrong; raises dates.Ambiguous. `words` are further ones for the field's choices."""
    read = _kind(field, options, words)

    def value(text: str) -> Any:
        text = text.strip()
        try:
            if not text:
                return blank(field, options)
            return read(tidied(text) if tidy else text)
        except ValidationError as error:
            return Wrong(" ".join(error.messages))

    return value


def plain(field: Any) -> re.Pattern[str] | None:
    """Texts that match as a whole are their own value: a file has millions of them."""
    if field.choices or not is_text(field) or type(field).to_python not in AS_THEY_ARE:
        return None
    rules = [each for each in field.validators if type(each) is not MaxLengthValidator]
    longest = min(_most(field), LONGEST)
    if not rules:
        return re.compile(WORDS % max(longest - 2, 0)) if longest > 1 else None
    return re.compile(ADDRESS % longest) if rules == [validate_email] else None


def is_text(field: Any) -> bool:
    """Whether it is cleaned as any text is."""
    kind = type(field)
    cleaned = kind.clean is models.Field.clean and kind.validate is models.Field.validate
    return cleaned and isinstance(field, models.CharField | models.TextField)


def _most(field: Any) -> int:
    """How many characters its rules let through."""
    limits = [each.limit_value for each in field.validators if type(each) is MaxLengthValidator]
    return min(limits, default=sys.maxsize)


def is_day(field: Any) -> bool:
    return isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField)


def blank(field: Any, options: Options) -> Any:
    """What an empty cell means."""
    if options.keep_blank:
        return KEEP
    if field.null:
        return None
    if field.blank:
        return ""
    if field.has_default():
        return KEEP
    raise ValidationError(empty(field))


def empty(field: Any) -> str:
    return _("The cell is empty. Enter the %(field)s.") % {"field": field.verbose_name}


def is_nothing(text: str) -> bool:
    return text.strip().casefold() in NOTHING


def taken_for_empty() -> str:
    return _("“%(value)s” is taken for an empty cell.")


def taken_for_name() -> str:
    return _("“%(value)s” is taken for a name. If it says that there is none, empty the cell.")


def _kind(field: Any, options: Options, words: Sequence[tuple[str, Any]]) -> Callable[[str], Any]:
    if field.choices:
        known = {**{_folded(word): value for word, value in words}, **_choices(field)}
        return lambda text: _choice(field, options, known, text)
    if is_day(field):
        return _unless_nothing(field, options, lambda text: _day(field, options, text))
    if isinstance(field, models.BooleanField):
        return lambda text: _boolean(field, text)
    if isinstance(field, models.IntegerField):
        return _unless_nothing(
            field, options, lambda text: field.clean(NO_FRACTION.sub("", _number(_whole(text), field)), None)
        )
    if isinstance(field, models.DecimalField | models.FloatField):
        return _unless_nothing(field, options, lambda text: _fraction(field, options, text))
    read = _text(field) if is_text(field) else _cleaned(field)
    return _unless_nothing(field, options, read) if isinstance(field, models.EmailField) else read


def _unless_nothing(field: Any, options: Options, read: Read) -> Read:
    """Where no word is a value: what programs write for an empty cell is one."""
    return lambda text: blank(field, options) if text.casefold() in NOTHING | NEVER else read(text)


def _day(field: Any, options: Options, text: str) -> Any:
    found = dates.day(text, options.dates, options.since_1904)
    return blank(field, options) if found is None else field.clean(found, None)


def _cleaned(field: Any) -> Callable[[str], Any]:
    return lambda text: field.clean(text, None)


def _text(field: Any) -> Callable[[str], Any]:
    """As `clean`, which a file of a million rows spends half of its time in, without what no text needs."""
    longest = _most(field)
    validators = [each for each in field.validators if type(each) is not MaxLengthValidator]

    def read(text: str) -> Any:
        value = field.to_python(text)
        if not value or len(value) > longest:
            return field.clean(text, None)
        for validate in validators:
            validate(value)
        return value

    return read


def _fraction(field: Any, options: Options, text: str) -> Any:
    """80 is 80 % in a column of percent, where the field has no room for it."""
    number = _share(text, field)
    if text.endswith("%") or not _needs_hundredth(number, field):
        return field.clean(number, None)
    if field.name in options.hundredths:
        return field.clean(_share(f"{number}%", field), None)
    try:
        return field.clean(number, None)
    except ValidationError as error:
        hint = _("If this is percent, write “%(value)s %%”.") % {"value": text}
        raise ValidationError([*error.messages, hint]) from None


def _needs_hundredth(number: str, field: Any) -> bool:
    """Whether the field has room for a hundredth of it alone."""
    if not isinstance(field, models.DecimalField):
        return False
    try:
        value = abs(Decimal(number))
    except InvalidOperation:
        return False
    room = 10 ** (field.max_digits - field.decimal_places)
    return value.is_finite() and room <= value < 100 * room


def _share(text: str, field: Any) -> str:
    """A number, or a part of a hundred: 80 % is 0.8."""
    if not text.endswith("%"):
        return _number(text, field)
    try:
        share = Decimal(_number(text[:-1].rstrip(), field)) / 100
    except InvalidOperation:
        return text
    return f"{share.normalize():f}"


def _number(text: str, field: Any) -> str:
    """Without what separates thousands, and with a point: 1,234.5 and 1.234,5 and 0,5. `field` says what is wrong."""
    if match := THOUSANDS.match(text):
        sign, rest = match[1], text
        parts = rest.split(sign)
        if len(parts) > 2 or sign not in ".," or re.search(r"[.,]", rest.replace(sign, "")):
            return rest.replace(sign, "").replace(",", ".")
        if sign == "," and not _is_fraction(text, field):
            return rest.replace(",", "")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _is_fraction(text: str, field: Any) -> bool:
    """Whether the comma in 1,234 is that of a fraction: where no thousands fit into the field, and in 0,875."""
    digits = re.sub(r"\D", "", text)
    room = field.max_digits - field.decimal_places if isinstance(field, models.DecimalField) else len(digits)
    return digits.startswith("0") or len(digits) > room


def _whole(text: str) -> str:
    """A whole number has no fraction of three digits: in 1.234 the point separates thousands."""
    return text.replace(".", "") if THOUSANDS.match(text) and text.count(".") and "," not in text else text


def _boolean(field: Any, text: str) -> bool:
    word = text.casefold()
    if word in TRUE or word in FALSE:
        return word in TRUE
    return bool(field.clean(text, None))


def _choices(field: Any) -> dict[str, Any]:
    """Value by every word for it: itself and its label in each language."""
    words: dict[str, Any] = {}
    for language in LANGUAGES:
        with override(language):
            for value, label in field.flatchoices:
                words.setdefault(_folded(str(label)), value)
    for value, label in field.flatchoices:
        words[_folded(str(label))] = value
        words[_folded(str(value))] = value
    return words


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _choice(field: Any, options: Options, known: dict[str, Any], text: str) -> Any:
    try:
        return known[_folded(text)]
    except KeyError:
        if is_nothing(text):
            return blank(field, options)
        allowed = ", ".join(str(label) for value, label in field.flatchoices if value not in ("", None))
        raise ValidationError(_("Use one of: %(allowed)s.") % {"allowed": allowed}) from None
