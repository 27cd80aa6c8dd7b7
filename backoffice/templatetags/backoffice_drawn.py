"""What every page shows anew and is seldom different: drawn once for each way that it can look."""

import re
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import admin_list_filter
from django.utils.safestring import SafeString

from backoffice.admin.filters import Filter
from backoffice.fragments import kept

register = template.Library()

NUMBER = re.compile(r"/\d+(?=/)")  # of a row, in an address


@register.simple_tag(takes_context=True)
def side_menu(context: template.Context) -> SafeString:
    """The menu, for whoever may open the same lists and links and stands in the same place of them."""
    assert context.template is not None
    drawn = context.template.engine.get_template("admin/nav_sidebar.html")
    links = [link for some in context["jazzmin_settings"]["custom_links"].values() for link in some]
    if not context.get("has_permission") or not all("url" in link for link in links):
        return drawn.render(context)
    request = context["request"]
    rights = [request.user.has_perm(right) for link in links for right in link.get("permissions", ())]
    apps = [(app["app_label"], str(app["name"])) for app in context["available_apps"]]
    models = [
        (str(each["name"]), each["admin_url"]) for app in context["available_apps"] for each in app["models"]
    ]
    here = NUMBER.sub("/0", request.path)
    return kept(("side menu", *rights, *apps, *models, here), lambda: drawn.render(context))


@register.simple_tag
def quick_filter(cl: Any, spec: Any) -> SafeString:
    """Django's `admin_list_filter`; a filter of ours in which nothing is chosen is drawn once."""
    looks = spec.looks() if isinstance(spec, Filter) and not cl.add_facets else None
    if looks is None:
        return admin_list_filter(cl, spec)
    return kept(("filter", *looks), lambda: admin_list_filter(cl, spec))
