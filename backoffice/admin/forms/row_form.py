"""The form of a row: the database's rules asked of every form, whole or partial, with the sentence at a field.

What somebody else saved since the form was shown is merged, or asked about at its field (see merging).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import CheckConstraint
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.admin.forms import carried, merging
from backoffice.admin.forms.questions import explain
from backoffice.admin.forms.renderer import QuickRenderer
from backoffice.admin.forms.widgets import offer_others
from backoffice.admin.scoping import allow_present, nowhere, standing_nowhere
from backoffice.rules import row_errors


class RowField(forms.BoundField):
    """A field of a RowForm; below its input stands the question whose value stays, if there is one."""

    def as_widget(self, *args: Any, **kwargs: Any) -> SafeString:
        html = super().as_widget(*args, **kwargs)
        merge: merging.Merge | None = getattr(self.form, "merge", None)
        question = merge.questions.get(self.name) if merge else None
        return (
            html + render_to_string("backoffice/conflict.html", {"question": question}) if question else html
        )


@contextmanager
def _without_checks(row: models.Model) -> Iterator[None]:
    """Django asks each check constraint of `row` in three queries; `row_errors` asks all of them in one."""
    rules: list[Any] = [
        (model, [rule for rule in found if not isinstance(rule, CheckConstraint)])
        for model, found in row.get_constraints()
    ]
    row.get_constraints = lambda: rules  # type: ignore[method-assign]
    try:
        yield
    finally:
        del row.get_constraints


class QuickActionForm(ActionForm):
    default_renderer = QuickRenderer()


class RowForm(forms.ModelForm):
    """A ModelForm that asks all check constraints, also those about columns that the form does not show.

    Django leaves such constraints out, and the database would refuse the row with a server error. A broken rule is
    told at the first field that it is about and that is shown, else at the row.
    """

    default_renderer = QuickRenderer()
    bound_field_class = RowField
    is_one_of_many = (
        False  # in a formset that has locked its rows, and explains the merges of all of them together
    )
    merge: merging.Merge | None = None
    _untouched: Mapping[str, Any] = {}  # what is stored, by field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allow_present(self)
        if self.instance.pk is not None:
            offer_others(self.fields.values(), self.instance)

    @property
    def shown(self) -> SafeString:
        """What the form carries to tell at its return what it showed."""
        if self.instance._state.adding or not any(carried.compared(self)):
            return SafeString()
        text = self.merge.carried() if self.merge else carried.shown(self)
        return format_html('<input type="hidden" name="{}" value="{}">', self.add_prefix("_shown"), text)

    def full_clean(self) -> None:
        if self.is_bound and not self.instance._state.adding:
            self.merge = merging.Merge(self, is_locked=self.is_one_of_many)
            self.__dict__.pop("changed_data", None)
        super().full_clean()
        if self.merge:
            self._ask(self.merge)

    def _ask(self, merge: merging.Merge) -> None:
        """Refuse what two people changed, at its field."""
        if merge.is_gone:
            self.add_error(None, _("Somebody deleted this meanwhile. Nothing can be saved here any more."))
        for name, conflict in merge.conflicts.items():
            conflict.mine = self.cleaned_data.get(name, self[name].data)
            if name not in self.errors:
                self.add_error(name, _("Somebody else changed this meanwhile. Choose which value stays."))
        if not self.is_one_of_many:
            explain([merge])

    def save(self, commit: bool = True) -> Any:
        """Write the columns that this form changes, and no others."""
        if not (commit and self.merge) or self.errors:
            return super().save(commit)
        self.instance.save(update_fields=self.merge.written())
        self._save_m2m()  # type: ignore[attr-defined]
        return self.instance

    @cached_property
    def changed_data(self) -> list[str]:
        """Without what is posted as it is stored: the form's field would make something else of it."""
        changed = super().changed_data
        untouched = self.merge.untouched() if self.merge else {}
        return [name for name in changed if name not in untouched]

    def _clean_fields(self) -> None:
        """What nobody touched stays as it is stored: a widget drops microseconds, and a browser ends lines anew."""
        super()._clean_fields()  # type: ignore[misc]
        if self.merge:
            stored = self.merge.untouched()
            self._untouched = {name: value for name, value in stored.items() if name in self.cleaned_data}
            self.cleaned_data |= self._untouched

    def _get_validation_exclusions(self) -> set[str]:
        """A long text that nobody touched is not asked of the model's field: no rule about other columns names it."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        fields = {field.name for field in self.instance._meta.fields if isinstance(field, models.TextField)}
        return exclusions | (fields & self._untouched.keys())

    def _post_clean(self) -> None:
        """Ask nothing of a row that was not touched: a page of a list or an inline posts many of those."""
        if not self.instance._state.adding and not self.has_changed():
            return
        with _without_checks(self.instance):
            super()._post_clean()  # type: ignore[misc]
        for name, value in self._untouched.items():  # the model's fields trim
            setattr(self.instance, name, value)
        for name in list(standing_nowhere(self)):
            self.add_error(name, nowhere())
        for columns, sentence in row_errors(self.instance, skip=set(self.errors)):
            self.add_error(next((name for name in columns if name in self.fields), None), sentence)

    def _update_errors(self, errors: ValidationError) -> None:
        """Errors of columns that are not shown stand at the row; check constraints are asked afterwards."""
        if hasattr(errors, "error_dict"):
            found = errors.error_dict
            for name in [name for name in found if name not in (*self.fields, NON_FIELD_ERRORS)]:
                found.setdefault(NON_FIELD_ERRORS, []).extend(found.pop(name))
            rows = [
                error
                for error in found.pop(NON_FIELD_ERRORS, [])
                if error.messages[0] not in self._sentences()
            ]
            if rows:
                found[NON_FIELD_ERRORS] = rows
            if not found:
                return
        super()._update_errors(errors)  # type: ignore[misc]

    def _sentences(self) -> set[str]:
        constraints = self.instance._meta.constraints
        return {
            str(rule.violation_error_message) for rule in constraints if isinstance(rule, CheckConstraint)
        }
