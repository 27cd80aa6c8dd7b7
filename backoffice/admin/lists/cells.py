"""The cells of a list, as Django writes them; what is the same in every row is worked out once for the page."""

import datetime
from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache, partial
from html import escape  # Django's, which calls it, looks for lazy texts first: a tenth of a page's time
from typing import Any

from django.contrib.admin.templatetags.admin_list import ResultList, results
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_value, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.urls import NoReverseMatch
from django.utils.formats import date_format, get_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from backoffice.admin.showing import NOT_SHOWN
from backoffice.shown import shown_value, sign

Read = Callable[
    [Any], tuple[Any, bool]
]  # a row → what stands in its cell, and whether that must not be broken


def rows(cl: Any) -> Iterator[Any]:
    """The rows of a page, each the HTML of its cells; a list that is edited in place is Django's own work."""
    if cl.formset:
        yield from results(cl)
        return
    columns = list(_columns(cl))
    for row in cl.result_list:
        yield ResultList(None, [column.cell(row) for column in columns])


def _columns(cl: Any) -> Iterator["Column"]:
    link, first = Link(cl), True
    for index, name in enumerate(cl.list_display):
        links = cl.list_display_links
        linked = links is not None and ((first and not links) or name in links)
        read = _reader(cl, name, avoid_link=linked)
        yield Column(
            _css(name, index), read, cl.model_admin.get_empty_value_display(), link if linked else None, first
        )
        first = first and not linked


def _css(name: Any, index: int) -> str:
    if name == "action_checkbox":
        return "action-checkbox"
    if callable(name):
        name = f"lambda{index}" if name.__name__ == "<lambda>" else name.__name__
    return f"field-{name}"


class Column:
    def __init__(self, css: str, read: Read, empty: str, link: "Link | None", first: bool) -> None:
        self.css, self.read, self.empty, self.link = css, read, empty, link
        self.tag = "th" if link and first else "td"

    def cell(self, row: Any) -> str:
        try:
            value, whole = self.read(row)
        except ObjectDoesNotExist:
            value, whole = self.empty, False
        kind = type(value)
        html = escape(value) if kind is str else value if kind is SafeString else conditional_escape(value)
        if self.link:
            html = self.link.around(html, row)
        css = f"{self.css} nowrap" if whole else self.css
        return SafeString(f'<{self.tag} class="{css}">{html}</{self.tag}>')


class Link:
    """From a row to its form; the filters that are kept in the address are the same for all of them."""

    def __init__(self, cl: Any) -> None:
        self.cl = cl
        self.kept = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
        self.ending: str | None = None

    def around(self, html: str, row: Any) -> str:
        try:
            url = self._with_filters(self.cl.url_for_result(row))
        except NoReverseMatch:
            return html
        opener = ""
        if self.cl.is_popup:
            key = row.serializable_value(str(self.cl.to_field or self.cl.lookup_opts.pk.attname))
            opener = format_html(' data-popup-opener="{}"', key)
        return f'<a href="{conditional_escape(url)}"{opener}>{html}</a>'

    def _with_filters(self, url: str) -> str:
        if "?" in url or "#" in url:
            return str(add_preserved_filters(self.kept, url))
        if self.ending is None:
            self.ending = str(add_preserved_filters(self.kept, url)).removeprefix(url)
        return url + self.ending


def _reader(cl: Any, name: Any, *, avoid_link: bool) -> Read:
    fields = {field.name: field for field in cl.lookup_opts.concrete_fields if not field.auto_created}
    empty = cl.model_admin.get_empty_value_display()
    if isinstance(name, str) and name in fields:
        return _stored(
            fields[name], empty, avoid_link, cl.hidden.get(name, ()) if hasattr(cl, "hidden") else ()
        )
    columns = {field.name for field in cl.lookup_opts.get_fields()}
    if isinstance(name, str) and name not in columns | {"__str__"} and hasattr(cl.model_admin, name):
        method = getattr(cl.model_admin, name)  # the same for every row
        return lambda row: _told(method(row), method, empty)
    return lambda row: _computed(name, row, cl.model_admin, empty)


def _stored(field: Any, empty: str, avoid_link: bool, hidden: Collection[Any]) -> Read:
    whole = isinstance(field, (models.DateField, models.TimeField, models.ForeignKey))
    if isinstance(field.remote_field, models.ManyToOneRel) and hidden:
        return lambda row: (_named(row, field, empty, hidden), whole)
    if isinstance(field.remote_field, models.ManyToOneRel):
        return lambda row: (empty if (value := getattr(row, field.name)) is None else value, whole)

    def show(value: Any) -> Any:
        return shown_value(value, field, empty, avoid_link=avoid_link)

    plain = isinstance(field, (models.CharField, models.TextField)) and not isinstance(field, models.URLField)
    plain = plain and not field.flatchoices
    if type(field) is models.DateField:
        written = get_format("DATE_FORMAT"), get_language()
        show = partial(_day, empty=empty, written=written)
    elif isinstance(field, models.DateField) or (field.flatchoices and isinstance(field, models.CharField)):
        show = cache(show)

    def read(row: Any) -> tuple[Any, bool]:
        value = getattr(row, field.name)
        if isinstance(value, str) and not value.strip():
            value = ""
        return (value if plain and value and type(value) is str else show(value)), whole

    return read


@lru_cache(20_000)
def _day(value: datetime.date | None, *, empty: str, written: Any) -> str:
    """A day as `written` asks; the months are looked up in the language's catalogue, so it is done once for a day."""
    return empty if value is None else str(date_format(value))


def _named(row: Any, field: Any, empty: str, hidden: Collection[Any]) -> Any:
    if getattr(row, field.attname) in hidden:
        return NOT_SHOWN
    value = getattr(row, field.name)
    return empty if value is None else value


def _computed(name: Any, row: Any, model_admin: Any, empty: str) -> tuple[Any, bool]:
    """A method, a property, a column of another table: anything that Django knows how to look up."""
    _field, attr, value = lookup_field(name, row, model_admin)
    return _told(value, attr, empty)


def _told(value: Any, attr: Any, empty: str) -> tuple[Any, bool]:
    """What is shown of the value that `attr` gave."""
    if isinstance(value, str) and not value.strip():
        value = ""
    said = attr.fget if isinstance(attr, property) else attr
    boolean = getattr(said, "boolean", False)
    empty = getattr(attr, "empty_value_display", empty)
    shown = sign(value) if boolean and isinstance(value, bool) else display_for_value(value, empty, boolean)
    return shown, isinstance(value, (datetime.date, datetime.time))
