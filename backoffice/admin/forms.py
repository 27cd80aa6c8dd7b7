"""The form of a row: the database's rules asked of every form, whole or partial, with the sentence at a field."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from backoffice.rules import row_errors


class RowForm(forms.ModelForm):
    """A ModelForm that asks all check constraints, also those about columns that the form does not show.

    Django leaves such constraints out and the database would refuse the row with a server error.
    """

    def _post_clean(self) -> None:
        """Ask nothing of a row that was not touched: a page of a list or an inline posts many of those."""
        if self.instance._state.adding or self.has_changed():
            super()._post_clean()  # type: ignore[misc]

    def validate_constraints(self) -> None:
        for columns, sentence in row_errors(self.instance, skip=set(self.errors)):
            self.add_error(self._shown(columns), sentence)

    def _update_errors(self, errors: ValidationError) -> None:
        """Errors of columns that the form does not show stand at the row."""
        if hasattr(errors, "error_dict"):
            for name in [name for name in errors.error_dict if name not in (*self.fields, NON_FIELD_ERRORS)]:
                errors.error_dict.setdefault(NON_FIELD_ERRORS, []).extend(errors.error_dict.pop(name))
        super()._update_errors(errors)  # type: ignore[misc]

    def _shown(self, columns: list[str]) -> str | None:
        """The first of `columns` that the form shows."""
        return next((name for name in columns if name in self.fields), None)
