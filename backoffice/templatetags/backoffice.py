"""What our templates need and Django's do not have."""

from typing import Any

from django import template
from django.conf import settings
from django.contrib.admin.templatetags.admin_list import result_headers, result_hidden_fields
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.access import why
from backoffice.access.browsers import browser_and_system
from backoffice.access.kept import is_of_here, way_back
from backoffice.access.roles import role_label
from backoffice.access.sessions import BEGAN, seconds_left
from backoffice.admin.forms import inline_rows as inlines
from backoffice.admin.lists import cells
from backoffice.admin.log import recent
from backoffice.serving import data_saver, file_begun, zones
from backoffice.serving.data_saver import saves_data
from backoffice.serving.sent import sent

register = template.Library()

LOOKUPS = ("select2", "autocomplete.js")  # scripts that look rows up
OURS = ("admin/", "backoffice/")  # Django's and our scripts
CORE_USED_BY = ("SelectFilter2", "calendar", "DateTimeShortcuts")


@register.filter
def item(mapping: Any, key: str) -> Any:
    """mapping[key], or nothing."""
    return mapping.get(key) if mapping else None


register.filter(role_label)


@register.filter
def browser(user_agent: str) -> str:
    """“Chrome on Linux”; what is not known as it calls itself."""
    name, system = browser_and_system(user_agent)
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or user_agent


@register.filter
def inline_rows(inline_admin_formset: Any) -> list[inlines.Row]:
    return list(inlines.rows(inline_admin_formset))


@register.filter
def inline_for_script(inline_admin_formset: Any) -> str:
    return inlines.for_script(inline_admin_formset)


@register.simple_tag
def recent_operations(request: HttpRequest) -> list[recent.Recent]:
    return recent.recent_operations(request)


register.simple_tag(sent, name="sent")


@register.simple_tag
def site_name() -> str:
    """For pages that nobody gave it."""
    return settings.SITE_NAME


@register.simple_tag
def zone_cookie() -> str:
    """The name of the cookie in which the browser says its time zone."""
    return zones.COOKIE


@register.simple_tag
def saver_cookie() -> str:
    """The name of the cookie in which the browser says that it saves data."""
    return data_saver.COOKIE


@register.simple_tag
def file_cookie() -> str:
    """The name of the cookie that a file takes away as it begins."""
    return file_begun.COOKIE


@register.simple_tag(takes_context=True)
def quick_result_list(context: template.Context, cl: Any) -> str:
    """Django's `result_list`: the same template, per model or app where there is one, with the same variables."""
    assert context.template is not None
    name, app = "change_list_results.html", cl.opts.app_label
    found = context.template.engine.select_template(
        [f"admin/{app}/{cl.opts.model_name}/{name}", f"admin/{app}/{name}", f"admin/{name}"]
    )
    return found.render(context.new(_result_list(cl)))


def _result_list(cl: Any) -> dict[str, Any]:
    headers = list(result_headers(cl))
    return {
        "cl": cl,
        "result_hidden_fields": list(result_hidden_fields(cl)),
        "result_headers": headers,
        "num_sorted_fields": sum(bool(header["sortable"] and header["sorted"]) for header in headers),
        "results": list(cells.rows(cl)),
    }


@register.filter
def without_placeholder(field: Any) -> Any:
    """A field whose label stands above it need not say it again inside, where it is cut off."""
    field.field.widget.attrs.pop("placeholder", None)
    return field


def _scripts(media: Any) -> list[tuple[str, str]]:
    """The names and addresses of its scripts, in their order; in production there is a hash in an address."""
    return [(one if isinstance(one, str) else one._path, _address(media, one)) for one in media._js]


def _addresses(media: Any) -> list[str]:
    return [address for _name, address in _scripts(media)]


def _is_one_of(name: str, parts: tuple[str, ...]) -> bool:
    return any(part in name for part in parts)


def _address(media: Any, script: Any) -> str:
    return str(media.absolute_path(script) if isinstance(script, str) else script.path)


@register.inclusion_tag("backoffice/list_scripts.html")
def list_scripts(media: Any, cl: Any) -> dict[str, list[str]]:
    """Of Django's nothing is needed until a filter is opened, but where rows are edited or chosen for a window."""
    if cl.formset or cl.is_popup:
        return {"now": _addresses(media), "later": []}
    return {
        "now": [address for name, address in _scripts(media) if name.startswith("backoffice/")],
        "later": [address for name, address in _scripts(media) if _is_one_of(name, ("jquery", *LOOKUPS))],
    }


@register.inclusion_tag("backoffice/form_scripts.html")
def form_scripts(media: Any, request: HttpRequest) -> dict[str, list[str]]:
    """Those of Django's calendars and two lists use its core.js, and nothing else of Django's or ours does."""
    names = _scripts(media)
    if all(name.startswith(OURS) and not _is_one_of(name, CORE_USED_BY) for name, _address in names):
        names = [(name, address) for name, address in names if name != "admin/js/core.js"]
    later = LOOKUPS if saves_data(request) else ()
    return {
        "now": [address for name, address in names if not _is_one_of(name, later)],
        "later": [address for name, address in names if _is_one_of(name, later)],
    }


@register.inclusion_tag("backoffice/access/session.html", takes_context=True)
def session_end(context: template.Context) -> dict[str, Any]:
    """What says in time that the session ends."""
    request = context["request"]
    return {"user": request.user, "left": seconds_left(request), "began": request.session.get(BEGAN, 0)}


@register.simple_tag(takes_context=True)
def kept_sent(context: template.Context) -> str:
    """Where that can be sent which somebody had to sign in for; empty where there is nothing."""
    request: HttpRequest | None = context.get("request")  # Django draws some pages of errors without
    return way_back(request) if request and request.user.is_authenticated else ""


@register.simple_tag(takes_context=True)
def kept_here(context: template.Context) -> bool:
    """Whether something of that was sent to the address of this page."""
    request: HttpRequest | None = context.get("request")
    return bool(request and request.user.is_authenticated and is_of_here(request))


@register.inclusion_tag("backoffice/why_seen.html")
def why_seen(row: Any, request: HttpRequest) -> dict[str, Any]:
    return {"reasons": why.reasons(request.user, row)}
