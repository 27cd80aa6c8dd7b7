"""List filters that never print a whole table: several values, "empty", ranges; related rows in related_filter.py."""

import datetime
import math
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.access import is_unlimited
from backoffice.access.scope import AS_A_SET as SET
from backoffice.sql.distinct import first_values

EMPTY = "none"
MAX_VALUES = 50
SOME = 1_000  # rows


class Chip:
    """An active filter: what it says, and the list without it."""

    def __init__(self, text: str, query_string: str) -> None:
        self.text = text
        self.query_string = query_string


class Filter(admin.FieldListFilter):
    """A list filter on a column, drawn as a form control. Its values come from `?field=a&field=b`."""

    template = "backoffice/filters/choices.html"
    asking = SET

    @property
    def below(self) -> bool:
        """Whether a sub-tree is asked for."""
        return False

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        self.model_admin = model_admin
        self.values: dict[str, list[str]] = {}
        self.field_path = field_path
        for name in self.expected_parameters():
            given = [value for value in params.pop(name, []) if value and "\x00" not in value]
            self.values[name] = list(dict.fromkeys(given))[:MAX_VALUES]
        super().__init__(field, request, params, model, model_admin, field_path)
        self.error = ""

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return [self.field_path]

    def looks(self) -> tuple[Any, ...] | None:
        """All that its control depends on while nothing is chosen: it is drawn once for these; None to draw it anew."""
        return None

    def _looks(self, *more: Any) -> tuple[Any, ...] | None:
        site, model = self.model_admin.admin_site, self.model_admin.model
        return None if self.active else (type(self), site, model, self.field_path, str(self.title), *more)

    @property
    def chosen(self) -> list[str]:
        return self.values[self.field_path]

    @property
    def active(self) -> bool:
        return any(self.values.values())

    @property
    def warning(self) -> str:
        """A sentence about values that can be asked for but not be meant."""
        return ""

    @property
    def control_id(self) -> str:
        return f"filter-{self.field_path}"

    @property
    def has_empty(self) -> bool:
        return bool(self.field.null)

    def condition(self) -> Q:
        """What the chosen values ask for. Raises ValueError for values that are none."""
        raise NotImplementedError

    def labels(self) -> Iterator[tuple[str, str, str]]:
        """(parameter, value, words) of each chosen value."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not self.active:
            return queryset
        try:
            return queryset.filter(self.condition())
        except ValueError as error:
            raise IncorrectLookupParameters(error) from None

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """What the template offers, if the control is not a single one."""
        return iter(())

    def chips(self, changelist: Any) -> Iterator[Chip]:
        for name, value, words in self.labels():
            rest = [other for other in self.values[name] if other != value]
            alone = {} if rest or name != self.field_path else self.flags
            text = _("%(filter)s: %(value)s") % {"filter": capfirst(self.title), "value": words}
            yield Chip(text, changelist.get_query_string({**alone, name: rest or None}))

    @property
    def flags(self) -> dict[str, None]:
        """The parameters that mean nothing once no value is chosen, as changes to a query string."""
        return {}


class ChoicesFilter(Filter):
    """Some of the choices of a column, as tick boxes."""

    @property
    def options(self) -> list[tuple[str, str]]:
        """(value, label) of each choice."""
        if isinstance(self.field, models.BooleanField):
            name = self.field.verbose_name
            options = [("1", str(capfirst(name))), ("0", _("Not: %(field)s") % {"field": name})]
        else:
            known = self.field.flatchoices
            options = [(str(value), str(label)) for value, label in known if value not in ("", None)]
        return [*options, (EMPTY, _("Empty"))] if self.has_empty or _may_be_blank(self.field) else options

    def looks(self) -> tuple[Any, ...] | None:
        return self._looks(*self.options)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """One entry a choice; with bounded counts when the list is asked for them."""
        conditions = [self._one_of([value]) for value, _label in self.options]
        counts = [None] * len(conditions)
        if changelist.add_facets:
            counts = changelist.facets(self.request, self.expected_parameters(), conditions)
        for (value, label), count in zip(self.options, counts, strict=True):
            yield {"value": value, "label": label, "chosen": value in self.chosen, "count": count}

    def condition(self) -> Q:
        if not {value for value, _label in self.options}.issuperset(self.chosen):
            raise ValueError(self.chosen)
        return self._one_of(self.chosen)

    def _one_of(self, values: list[str]) -> Q:
        found = Q((f"{self.field_path}__in", [value for value in values if value != EMPTY]))
        return found | _empty(self.field, self.field_path) if EMPTY in values else found

    def labels(self) -> Iterator[tuple[str, str, str]]:
        for value, label in self.options:
            if value in self.chosen:
                yield self.field_path, value, label


class ValuesFilter(Filter):
    """Rows whose text is exactly one of the typed ones; and "empty". Of another column no values are suggested."""

    template = "backoffice/filters/values.html"

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return [self.field_path, f"{self.field_path}__empty"]  # any text can be a value, EMPTY as well

    @property
    def empty(self) -> bool:
        return bool(self.values[f"{self.field_path}__empty"])

    @property
    def has_empty(self) -> bool:
        return bool(self.field.null) or is_text(self.field)

    def condition(self) -> Q:
        found = Q((f"{self.field_path}__in", [self._stored(value) for value in self.chosen]))
        return found | _empty(self.field, self.field_path) if self.empty else found

    def _stored(self, value: str) -> Any:
        """Raises ValidationError or ValueError for what the column does not take."""
        if is_text(self.field):
            return value
        found = self.field.to_python(value)
        if isinstance(found, float) and not math.isfinite(found):
            raise ValueError(value)
        self.field.run_validators(found)
        return found

    def labels(self) -> Iterator[tuple[str, str, str]]:
        for value in self.chosen:
            yield self.field_path, value, value
        for value in self.values[f"{self.field_path}__empty"]:
            yield f"{self.field_path}__empty", value, _("Empty")

    def looks(self) -> tuple[Any, ...] | None:
        return self._looks(*self.suggestions)

    @cached_property
    def suggestions(self) -> list[str]:
        """The first texts that occur; to somebody who does not see all rows, some of those that they see."""
        if not is_text(self.field):
            return []
        model = self.model_admin.model
        if is_unlimited(self.request.user, model):
            return first_values(model, self.field_path, MAX_VALUES)
        rows = self.model_admin.get_queryset(self.request).order_by().filter(**{f"{self.field_path}__gt": ""})
        known = rows.values_list(self.field_path, flat=True)[:SOME]
        return sorted(set(known))[:MAX_VALUES]


class DateRangeFilter(Filter):
    """From a day to a day, both included and, of moments, whole in the time zone of the person; and "empty"."""

    template = "backoffice/filters/dates.html"

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return [self.field_path, f"{self.field_path}__from", f"{self.field_path}__to"]

    def looks(self) -> tuple[Any, ...] | None:
        return self._looks()

    @property
    def first(self) -> str:
        return "".join(self.values[f"{self.field_path}__from"][:1])

    @property
    def final(self) -> str:
        return "".join(self.values[f"{self.field_path}__to"][:1])

    @property
    def empty(self) -> bool:
        return EMPTY in self.chosen

    @property
    def warning(self) -> str:
        if not (self.first and self.final) or _date(self.first) <= _date(self.final):
            return ""
        days = {"first": date_format(_date(self.first)), "final": date_format(_date(self.final))}
        sentence = _("%(filter)s: from %(first)s to %(final)s there is no day. Exchange the two dates.")
        return sentence % {"filter": capfirst(self.title), **days}

    def condition(self) -> Q:
        found = Q()
        if self.first:
            found &= self._bound("gte", _date(self.first))
        if self.final:
            found &= self._bound("lte", _date(self.final))
        empty = Q((f"{self.field_path}__isnull", True))
        if not self.empty:
            return found
        return found | empty if found else empty

    def _bound(self, lookup: str, day: datetime.date) -> Q:
        if not isinstance(self.field, models.DateTimeField):
            return Q((f"{self.field_path}__{lookup}", day))
        lookup, moment = ("gte", _beginning(day)) if lookup == "gte" else ("lt", _beginning(day, later=1))
        asked = (f"{self.field_path}__{lookup}", moment)
        return Q(asked if moment else (f"{self.field_path}__isnull", False))

    def labels(self) -> Iterator[tuple[str, str, str]]:
        if self.first:
            yield f"{self.field_path}__from", self.first, _("from %s") % date_format(_date(self.first))
        if self.final:
            yield f"{self.field_path}__to", self.final, _("to %s") % date_format(_date(self.final))
        if self.empty:
            yield self.field_path, EMPTY, _("Empty")


def _date(value: str) -> datetime.date:
    day = parse_date(value)
    if day is None:
        raise ValueError(value)
    return day


def _beginning(day: datetime.date, later: int = 0) -> datetime.datetime | None:
    """Of the day so many days later; None where that is before or after all that a calendar here has."""
    midnight = datetime.datetime.combine(day, datetime.time())
    try:
        return timezone.make_aware(midnight + datetime.timedelta(days=later)).astimezone(datetime.UTC)
    except OverflowError:
        return None


def _empty(field: Any, path: str) -> Q:
    return Q((f"{path}__isnull", True)) if field.null else Q((path, ""))


def is_text(field: Any) -> bool:
    return isinstance(field, models.CharField | models.TextField)


def _may_be_blank(field: Any) -> bool:
    """Whether its column may hold a text without a letter."""
    return bool(field.blank and field.empty_strings_allowed)
