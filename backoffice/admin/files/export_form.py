"""What is asked before an export: the format, and which columns in which order."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.exchange.sheet import Sheet
from backoffice.export_choices import ExportChoice


class ExportForm(forms.Form):
    """A tick and a place for each column of the sheet; columns with the same place keep their order."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=ExportChoice.Format.choices, widget=forms.RadioSelect
    )

    def __init__(self, sheet: Sheet, chosen: ExportChoice, data: Any = None) -> None:
        self.sheet = sheet
        self.headers = [column.header for column in sheet.columns]
        super().__init__(data, initial={"format": chosen.format})
        known = [header for header in chosen.columns if header in self.headers]
        others = [header for header in self.headers if header not in known]
        self.shown = [*known, *others]
        for place, header in enumerate(self.shown, 1):
            ticked, label = header in known or not known, sheet.label(sheet.column(header))
            self.fields[f"use-{header}"] = forms.BooleanField(required=False, initial=ticked, label=label)
            self.fields[f"at-{header}"] = forms.IntegerField(
                required=False,
                initial=place,
                min_value=0,
                max_value=9999,
                label=_("Place of %(column)s") % {"column": label},
                widget=forms.NumberInput(attrs={"class": "bo-place", "inputmode": "numeric"}),
            )

    @property
    def lines(self) -> list[tuple[Any, Any, str]]:
        """For each column: its tick, its place, and what the file calls it."""
        return [(self[f"use-{header}"], self[f"at-{header}"], header) for header in self.shown]

    @property
    def first_field(self) -> str:
        """Where what is wrong with all of them is mended."""
        return str(self.lines[0][0].id_for_label)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.columns:
            raise forms.ValidationError(_("No column is ticked. Tick at least one."))
        return cleaned

    @cached_property
    def columns(self) -> Sequence[str]:
        """The ticked headers in the order of their places."""
        ticked = [header for header in self.shown if self.cleaned_data.get(f"use-{header}")]
        return sorted(ticked, key=lambda header: self.cleaned_data.get(f"at-{header}") or 0)
