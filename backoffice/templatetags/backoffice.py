"""What our templates need and Django's do not have."""

from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers, result_hidden_fields
from django.contrib.admin.templatetags.base import InclusionAdminNode

from backoffice.admin import cells
from backoffice.admin import inline_rows as inlines

register = template.Library()


@register.filter
def item(mapping: Any, key: str) -> Any:
    """mapping[key], or nothing."""
    return mapping.get(key) if mapping else None


@register.filter
def inline_rows(inline_admin_formset: Any) -> list[inlines.Row]:
    return list(inlines.rows(inline_admin_formset))


@register.tag
def quick_result_list(parser: template.base.Parser, token: template.base.Token) -> template.Node:
    """Django's `result_list`, with the same template and context."""
    return InclusionAdminNode(
        parser, token, _result_list, template_name="change_list_results.html", takes_context=False
    )


def _result_list(cl: Any) -> dict[str, Any]:
    headers = list(result_headers(cl))
    return {
        "cl": cl,
        "result_hidden_fields": list(result_hidden_fields(cl)),
        "result_headers": headers,
        "num_sorted_fields": sum(bool(header["sortable"] and header["sorted"]) for header in headers),
        "results": list(cells.rows(cl)),
    }
