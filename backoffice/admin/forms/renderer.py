"""Widgets as Django draws them, without a pass through the template engine for each: most of a long form's time."""

from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import django
from django.forms.renderers import BaseRenderer, get_default_renderer
from django.template.base import render_value_in_context
from django.template.context import Context
from django.utils.functional import Promise
from django.utils.safestring import SafeData

WIDGETS = "django/forms/widgets/"
OPTION = f"{WIDGETS}select_option.html"
INPUTS = ("text", "number", "email", "url", "password", "hidden", "date", "datetime", "time", "checkbox")


class QuickRenderer(BaseRenderer):
    """The project's form renderer, but for Django's own templates of plain controls.

    A template of the same name in an app, or another renderer in the settings, is taken as Django takes it.
    """

    def get_template(self, template_name: str) -> Any:
        return get_default_renderer().get_template(template_name)

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        write = WRITERS.get(template_name)
        written = write(context) if write and is_djangos(template_name) else None
        if written is not None:
            return written
        return str(get_default_renderer().render(template_name, context, request))


@cache
def is_djangos(template_name: str) -> bool:
    """Whether a template is the one that Django brings along."""
    origin = getattr(get_default_renderer().get_template(template_name), "origin", None)
    return Path(django.__file__).parent in Path(str(origin)).parents


def _input(context: dict[str, Any]) -> str:
    widget = context["widget"]
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attrs(widget)}>'


def _textarea(context: dict[str, Any]) -> str:
    widget = context["widget"]
    value = _text(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_text(widget["name"])}"{_attrs(widget)}>\n{value}</textarea>'


def _select(context: dict[str, Any]) -> str | None:
    widget = context["widget"]
    parts = [f'<select name="{_text(widget["name"])}"{_attrs(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if any(option["template_name"] != OPTION for option in options):
            return None
        parts += [f'\n  <optgroup label="{_shown(group)}">'] if group else []
        parts += [f"\n  {_option(option)}" for option in options]
        parts += ["\n  </optgroup>"] if group else []
    return "".join([*parts, "\n</select>"])


def _option(option: dict[str, Any]) -> str:
    return f'<option value="{_text(option["value"])}"{_attrs(option)}>{_shown(option["label"])}</option>'


def _label(context: dict[str, Any]) -> str:
    label = _shown(context["label"])
    return f"<{context['tag']}{_attrs(context)}>{label}</{context['tag']}>" if context["use_tag"] else label


def _errors(context: dict[str, Any]) -> str | None:
    """No list where there is no error, as nearly everywhere."""
    return None if context["errors"] else ""


def _attrs(widget: dict[str, Any]) -> str:
    """As attrs.html writes them: True is a name alone, False and nothing else is left out."""
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _text(value: Any) -> str:
    """As a template writes `value|stringformat:'s'`."""
    text = str(value)
    return text if isinstance(text, SafeData) else escape(text)


def _shown(value: Any) -> str:
    """As a template writes `value`: numbers and dates in the words of the language."""
    if isinstance(value, (str, Promise)):
        return _text(value)
    return str(render_value_in_context(value, Context()))


WRITERS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    **{f"{WIDGETS}{kind}.html": _input for kind in INPUTS},
    f"{WIDGETS}textarea.html": _textarea,
    f"{WIDGETS}select.html": _select,
    "django/forms/label.html": _label,
    "django/forms/errors/list/default.html": _errors,
    "django/forms/errors/list/ul.html": _errors,
}
