"""Form widgets for relations of any size."""

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError

from backoffice.admin.renderer import QuickRenderer


class RelatedSelect(AutocompleteSelect):
    """A select that looks rows up while one types; a value that cannot be a key selects nothing.

    Django's asks the database for it and answers a mistyped link with a server error.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Django's wrapper with the links beside a choice does not pass the form's renderer on."""
        return super().render(name, value, attrs, renderer or QuickRenderer())

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [key for key in value if self._can_be(key) and key not in ("", None)]
        if not keys and not self.allow_multiple_selected:  # Django would look for the rows of no key
            blank = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
            return [(None, blank, 0)]
        return super().optgroups(name, keys, attrs)

    def _can_be(self, key: Any) -> bool:
        target: Any = self.field.remote_field.model._meta.pk
        try:
            target.run_validators(target.to_python(key))
        except ValidationError:
            return key in ("", None)
        return True
