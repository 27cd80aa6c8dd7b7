"""What people call the kinds of operations; the record holds their codes."""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Label = str | Promise

_labels: dict[str, Label] = {
    "add": _("Addition"),
    "edit": pgettext_lazy("kind of operation", "Change"),
    "delete": _("Deletion"),
    "import": pgettext_lazy("kind of operation", "Import"),
    "undo": _("Undoing"),
    "restore": _("Putting back"),
    "load": _("Loaded data"),
    "purge": _("Purge"),
}


def register(code: str, label: Label) -> None:
    """Say what operations of the kind `code` are called."""
    _labels[code] = label


def is_known(code: str) -> bool:
    return code in _labels


def label(code: str) -> str:
    """The words for `code`; for one that nobody registered, the code itself as words."""
    return str(_labels.get(code) or capfirst(code.replace("_", " ")))
