"""What the template of an inline shows of each row, worked out in one pass over its fields."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from django.contrib.admin.helpers import AdminReadonlyField
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.admin.addresses import FormAddress
from backoffice.admin.wording import spoken


class Row(NamedTuple):
    number: str  # "empty" for the row that new ones are copied from
    original: Any
    errors: Any
    url: str
    hidden: str
    cells: str
    deletion: Any  # the tick box, where the row can be deleted
    deletion_label: str


def for_script(inline: Any) -> str:
    """What the script is told of Django's InlineAdminFormSet: a row is added in the words that add one to the list."""
    told = json.loads(inline.inline_formset_data())
    told["options"]["addText"] = _("Add %(name)s") % {"name": inline.opts.opts.verbose_name}
    return json.dumps(told)


def rows(inline: Any) -> Iterator[Row]:
    """The rows of Django's InlineAdminFormSet."""
    address = FormAddress(inline.opts.opts, inline.opts.admin_site.name)
    forms = list(inline)
    for number, form in enumerate(forms):
        template = inline.has_add_permission and number == len(forms) - 1
        yield _row(inline, form, "empty" if template else str(number), address)


def _row(inline: Any, form: Any, number: str, address: FormAddress) -> Row:
    linked = form.original and inline.opts.show_change_link and inline.opts.has_registered_model
    deletable = form.original and inline.formset.can_delete and inline.has_delete_permission
    fields = [field for fieldset in form for line in fieldset for field in line]
    return Row(
        number,
        form.original,
        form.form.non_field_errors(),
        address(form.original.pk) if linked else "",
        _hidden(form, fields),
        SafeString(
            "".join(
                _cell(field, form.original)
                for field in fields
                if field.is_readonly or not field.field.is_hidden
            )
        ),
        form.deletion_field().field if deletable else None,
        _("Delete %(name)s") % {"name": spoken(form.original)} if deletable else "",
    )


def _hidden(form: Any, fields: list[Any]) -> str:
    """The row's key, its parent's, fields that are not shown, and what the others showed."""
    editable = [field.field for field in fields if not field.is_readonly]
    parent = getattr(form.fk_field(), "field", "")
    key = form.pk_field().field
    key = "" if key.name in {field.name for field in (*editable, parent) if field} else key
    others = [field for field in editable if field.is_hidden]
    shown = getattr(form.form, "shown", "") if editable else ""
    return SafeString("".join(str(field) for field in (key, parent, *others, shown)))


def _cell(field: Any, original: Any) -> str:
    if isinstance(field, AdminReadonlyField):
        label = capfirst(str(field.field["label"]))
        return _td(str(field.field["name"]), label, format_html("<p>{}</p>", field.contents()))
    bound = field.field
    if original:
        _say_whose(bound.field.widget, original)
    return _td(bound.name, capfirst(str(bound.label)), SafeString(f"{bound}{bound.errors}"))


def _say_whose(widget: Any, original: Any) -> None:
    """Whoever hears a field by itself does not see the row that it stands in."""
    attrs = getattr(widget, "widget", widget).attrs  # of what Django wraps, it writes the inner one's
    if label := attrs.get("aria-label"):
        attrs["aria-label"] = f"{label}, {spoken(original)}"


def _td(name: str, label: str, html: SafeString) -> str:
    return f'<td class="field-{escape(name)}" data-label="{escape(label)}">{html}</td>'
