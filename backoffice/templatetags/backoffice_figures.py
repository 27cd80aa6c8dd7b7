"""A bar of a chart: written here, because a page has many and a template for each takes a third of its time."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.dashboard.page import ShownBar

register = template.Library()


@register.simple_tag
def bar(shown: ShownBar, what: str, side: str = "right") -> SafeString:
    """The number and the bar are one link to the rows that were counted."""
    inside = format_html('<span class="bo-bar-number">{}</span>{}', shown.number, _drawn(shown.width, side))
    if not shown.url:
        return format_html('<span class="bo-bar">{}</span>', inside)
    label = f"{what}, {shown.label}: {shown.number}"
    if shown.is_file:
        label = f"{label}, {_('CSV file')}"
    kind = SafeString(" data-file" if shown.is_file else "")
    return format_html('<a href="{}" class="bo-bar" aria-label="{}"{}>{}</a>', shown.url, label, kind, inside)


def _drawn(width: str, side: str) -> SafeString:
    if not width:
        return SafeString("")
    return format_html(
        '<svg class="bo-bar-{}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect width="{}" height="10"></rect></svg>',
        side,
        width,
    )
