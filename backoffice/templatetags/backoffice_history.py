"""The history page, newest first."""

from typing import cast

from django.contrib.admin.models import LogEntry
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.template import Library

register = Library()


@register.simple_tag
def newest_first(page: Page[LogEntry]) -> Page[LogEntry]:
    """The page of the same number, counted from the newest entry; Django's view counts from the oldest."""
    entries = cast("QuerySet[LogEntry]", page.paginator.object_list).order_by("-action_time", "-pk")
    return Paginator(entries, page.paginator.per_page).get_page(page.number)
