"""The rules of HR about several rows, asked of rows as they are stored: which of them may not stay so.

rules.py asks before a change; this is for rows that were put back as they once were, while others moved on.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from backoffice import tree
from backoffice.rules import Refusal


def broken_by_employees(people: models.QuerySet[Any]) -> Iterator[Refusal]:
    yield Refusal(
        tree.in_a_loop(people, "manager"),
        "manager",
        _("They would report to themselves, through the people between."),
    )
    current = people.exclude(status="left")
    yield Refusal(current.filter(manager__status="left"), "manager", _("Their manager has left meanwhile."))
    reports = people.model._base_manager.using(people.db).exclude(status="left").order_by()
    yield Refusal(
        people.filter(status="left").filter(Exists(reports.filter(manager=OuterRef("pk")))),
        "status",
        _("They would have left, and people report to them by now."),
    )


def broken_by_departments(
    departments: models.QuerySet[Any], moved: models.QuerySet[Any]
) -> Iterator[Refusal]:
    """`moved` are those that came back without the department that they lay below: on top."""
    yield Refusal(
        tree.in_a_loop(departments, "parent"),
        "parent",
        _("It would lie below itself, through the departments between."),
    )
    # Those that come together were together before: only who took the name meanwhile stands against it; and of those
    # that come on top, who is there first.
    every = departments.model._base_manager.using(departments.db).order_by()
    called_so = every.exclude(pk__in=departments.order_by().values("pk")).filter(
        name__iexact=OuterRef("name")
    )
    on_top_too = every.filter(name__iexact=OuterRef("name"), parent=None).exclude(pk=OuterRef("pk"))
    came_on_top = moved.filter(parent=None).order_by().values("pk")
    first = on_top_too.filter(Q(pk__lt=OuterRef("pk")) | ~Q(pk__in=came_on_top))
    beside = Q(Exists(called_so.filter(parent=OuterRef("parent"))))
    on_top = Q(parent=None) & Q(Exists(called_so.filter(parent=None)))
    yield Refusal(
        departments.filter(beside | on_top | Q(Exists(first), pk__in=came_on_top)),
        "name",
        _("There is a department of this name in the same place already."),
    )
