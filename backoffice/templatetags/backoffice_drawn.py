"""What every page shows anew and is seldom different: drawn once for each way that it can look."""

import re
from collections.abc import Callable
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import admin_list_filter
from django.utils.safestring import SafeString

from backoffice.admin.lists.filters import Filter
from backoffice.dashboard.page import Section
from backoffice.fragments import kept

register = template.Library()

NUMBER = re.compile(r"/\d+(?=/)")  # of a row, in an address


@register.simple_tag(takes_context=True)
def side_menu(context: template.Context) -> SafeString:
    """The menu, for whoever may open the same lists and links and stands in the same place of them."""
    draw = _drawing(context, "admin/nav_sidebar.html")
    offered = _offered(context, "available_apps") if context.get("has_permission") else None
    if offered is None:
        return draw()
    return kept(("side menu", *offered, NUMBER.sub("/0", context["request"].path)), draw)


@register.simple_tag(takes_context=True)
def list_cards(context: template.Context) -> SafeString:
    """The cards of the first page, for whoever may open the same lists and add to them."""
    draw, offered = _drawing(context, "backoffice/list_cards.html"), _offered(context, "app_list")
    return draw() if offered is None else kept(("list cards", *offered), draw)


@register.simple_tag(takes_context=True)
def board_section(context: template.Context, section: Section) -> SafeString:
    """A board of the first page, for everybody who is told the same."""
    told = _facts(section._replace(as_of=None)[1:])  # of when they are stands below
    key = ("board", section.board.name, str(section.board.title), *told)
    return kept(key, _drawing(context, "backoffice/dashboard/section.html", section=section))


def _drawing(context: template.Context, name: str, **more: Any) -> Callable[[], SafeString]:
    assert context.template is not None
    drawn = context.template.engine.get_template(name)

    def draw() -> SafeString:
        with context.push(**more):
            return drawn.render(context)

    return draw


def _offered(context: template.Context, name: str) -> list[Any] | None:
    """What there is to open, and the rights to the theme's links; None where those are no plain links."""
    links = [link for some in context["jazzmin_settings"]["custom_links"].values() for link in some]
    if not all("url" in link for link in links):
        return None
    user = context["request"].user
    rights = [user.has_perm(right) for link in links for right in link.get("permissions", ())]
    apps = [(app["app_label"], str(app["name"])) for app in context[name]]
    models = [
        (str(each["name"]), each["admin_url"], each["add_url"], each["searchable"])
        for app in context[name]
        for each in app["models"]
    ]
    return [*rights, *apps, *models]


def _facts(told: Any) -> Any:
    """The same in words, which tell two of them apart."""
    return tuple(map(_facts, told)) if isinstance(told, (list, tuple)) else str(told)


@register.simple_tag
def quick_filter(cl: Any, spec: Any) -> SafeString:
    """Django's `admin_list_filter`; a filter of ours in which nothing is chosen is drawn once."""
    looks = spec.looks() if isinstance(spec, Filter) and not cl.add_facets else None
    if looks is None:
        return admin_list_filter(cl, spec)
    return kept(("filter", *looks), lambda: admin_list_filter(cl, spec))
