"""Set or clear any of a list of fields: the list is `bulk_fields` of the ModelAdmin."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.admin.bulk.action import Answers, BulkAction
from backoffice.admin.counting import Count
from backoffice.admin.wording import listing
from backoffice.rules import Changes

SET, CLEAR = "set_", "clear_"  # and the name of a field: whether to change it, and to nothing


class SetFieldsForm(forms.Form):
    """For each field: whether to change it, its new value, and (where it may be empty) whether to clear it."""

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        names = [name for name in self.fields if SET + name in self.fields]
        for name in names:
            problem = _problem(answers, name) if name not in self.errors else ""
            if problem:
                self.add_error(name, problem)
        if not self.errors and not any(answers[SET + name] for name in names):
            self.add_error(None, _("Tick the fields to change."))
        return answers

    @property
    def first_field(self) -> str:
        """Where what is wrong with all of them is mended."""
        return next((chosen.id_for_label for chosen, _value, _clear in self.lines()), "")

    def lines(self) -> Iterator[tuple[BoundField, BoundField, BoundField | None]]:
        for name in self.fields:
            if SET + name in self.fields:
                yield (
                    self[SET + name],
                    self[name],
                    self[CLEAR + name] if CLEAR + name in self.fields else None,
                )


class SetFields(BulkAction):
    """Changes those of the ModelAdmin's `bulk_fields` that are ticked and that this person may edit."""

    name, title = "set_fields", gettext_lazy("Set or clear fields")
    log_label = gettext_lazy("Fields set or cleared")
    form_class = SetFieldsForm
    form_template = "backoffice/bulk/set_fields.html"

    def get_bulk_fields(self, request: HttpRequest) -> list[str]:
        listed: Sequence[str] = getattr(self.model_admin, "bulk_fields", ())
        fixed = self.model_admin.get_readonly_fields(request)
        return [name for name in listed if name not in fixed]

    def get_form_fields(self, request: HttpRequest) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {}
        for name in self.get_bulk_fields(request):
            value = self.get_field(request, name)
            may_be_empty = not value.required
            value.required, value.initial = False, None
            box = f"id_{SET}{name}"
            value.widget.attrs |= {
                "aria-label": _("New value of %(field)s") % {"field": value.label},
                "data-ticks": box,
            }
            fields[SET + name] = forms.BooleanField(label=value.label, required=False)
            fields[name] = value
            if may_be_empty:
                fields[CLEAR + name] = forms.BooleanField(label=_("Clear"), required=False)
                fields[CLEAR + name].widget.attrs["data-ticks"] = box
        return fields

    def changes(self, answers: Answers) -> Changes:
        chosen = [name[len(SET) :] for name, ticked in answers.items() if name.startswith(SET) and ticked]
        return {name: self._value(name, answers) for name in chosen}

    def _value(self, name: str, answers: Answers) -> Any:
        if answers.get(CLEAR + name):
            field: Any = self.opts.get_field(name)
            return None if field.null else ""
        return answers[name]

    def success_message(self, count: Count, answers: Answers) -> str:
        fields = [self.opts.get_field(name) for name in self.changes(answers)]
        names = listing(field.verbose_name for field in fields)  # type: ignore[union-attr]
        return _("Changed %(fields)s of %(count)s %(rows)s.") % {"fields": names, **self.counted(count)}


def _problem(answers: Answers, name: str) -> str:
    given = answers.get(name) not in (None, "")
    clear = answers.get(CLEAR + name)
    if not answers[SET + name]:
        return _("Tick the field to change it, or leave its value empty.") if given or clear else ""
    if given and clear:
        return _("Either a new value or none: not both.")
    if not given and not clear:
        return _("Give a value, or choose to clear it.") if CLEAR + name in answers else _("Give a value.")
    return ""
