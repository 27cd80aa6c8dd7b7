"""Form widgets: the browser's own for days and times, and one for relations of any size."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime, AutocompleteSelect
from django.db import models
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.admin.forms.renderer import QuickRenderer
from backoffice.admin.named_rows import value_named
from backoffice.admin.showing import Unnamed


class DayInput(forms.DateInput):
    """The browser's calendar: it fits any screen, takes the keyboard and shows the person's way of writing days."""

    input_type = "date"

    def __init__(self, attrs: Any = None, format: str = "%Y-%m-%d") -> None:
        super().__init__({"class": "vDateField", **(attrs or {})}, format)


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs: Any = None, format: str = "%H:%M:%S") -> None:
        """Any step: a time with seconds that is there may be sent again."""
        super().__init__({"class": "vTimeField", "step": "any", **(attrs or {})}, format)


class DayAndClockInput(AdminSplitDateTime):
    """Django's pair of labelled inputs."""

    def __init__(self, attrs: Any = None) -> None:
        forms.MultiWidget.__init__(self, [DayInput, ClockInput], attrs)


DAYS_AND_TIMES: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.DateTimeField: {"widget": DayAndClockInput},
    models.DateField: {"widget": DayInput},
    models.TimeField: {"widget": ClockInput},
}


class RelatedSelect(AutocompleteSelect):
    """A select that looks rows up while one types; a value that cannot be a key selects nothing.

    Django's asks the database for it and answers a mistyped link with a server error. `known` are rows that somebody
    has read already, by key as text: of the values of a whole page, say.
    """

    known: Mapping[str, Any] = {}
    besides: Any = None  # the key of a row that is not offered: it cannot point to itself

    def get_url(self) -> str:
        url = super().get_url()
        return url if self.besides is None else f"{url}?{urlencode({'besides': self.besides})}"

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Django's wrapper with the links beside a choice does not pass the form's renderer on."""
        return super().render(name, value, attrs, renderer or QuickRenderer()) + needs_script()

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [key for key in value if key not in ("", None) and self._can_be(key)]
        if not self.allow_multiple_selected and all(str(key) in self.known for key in keys):
            # Django would look for the rows, also for those of no key.
            blank = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
            found = [self.create_option(name, key, str(self.known[str(key)]), True, 0) for key in keys]
            return [(None, [*blank, *found], 0)]
        return super().optgroups(name, keys, attrs)

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> Any:
        """Marked where the row cannot be opened: no link to it stands beside the choice."""
        option = super().create_option(name, value, label, *args, **kwargs)
        if isinstance(label, Unnamed):
            option["attrs"]["data-unnamed"] = True
        return option

    def _can_be(self, key: Any) -> bool:
        try:
            value_named(self.field.target_field, str(key))
        except ValueError:
            return False
        return True


def needs_script() -> SafeString:
    """What stands beside a select that looks rows up, where no script does it."""
    return format_html('<noscript class="bo-quiet">{}</noscript>', _("Choosing here needs JavaScript."))


def offer_others(fields: Iterable[forms.Field], row: models.Model) -> None:
    """A relation to rows of its own kind does not offer the row itself."""
    for field in fields:
        widget = getattr(field.widget, "widget", field.widget)
        if isinstance(widget, RelatedSelect) and widget.field.remote_field.model is type(row):
            widget.besides = row.pk
