"""The form of a row: the database's rules asked of every form, whole or partial, with the sentence at a field."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import CheckConstraint

from backoffice.admin.renderer import QuickRenderer
from backoffice.rules import row_errors


class RowForm(forms.ModelForm):
    """A ModelForm that asks all check constraints, also those about columns that the form does not show.

    Django leaves such constraints out, and the database would refuse the row with a server error. A broken rule is
    told at the first field that it is about and that is shown, else at the row.
    """

    default_renderer = QuickRenderer()

    def _post_clean(self) -> None:
        """Ask nothing of a row that was not touched: a page of a list or an inline posts many of those."""
        if not self.instance._state.adding and not self.has_changed():
            return
        super()._post_clean()  # type: ignore[misc]
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
