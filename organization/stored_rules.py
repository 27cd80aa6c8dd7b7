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


def broken_by_departments(departments: models.QuerySet[Any]) -> Iterator[Refusal]:
    yield Refusal(
        tree.in_a_loop(departments, "parent"),
        "parent",
        _("It would lie below itself, through the departments between."),
    )
    # Those that come together were together before: only who took the name meanwhile stands against it.
    others = departments.model._base_manager.using(departments.db).exclude(
        pk__in=departments.order_by().values("pk")
    )
    called_so = others.order_by().filter(name__iexact=OuterRef("name"))
    beside = Q(Exists(called_so.filter(parent=OuterRef("parent"))))
    on_top = Q(parent=None) & Q(Exists(called_so.filter(parent=None)))
    yield Refusal(
        departments.filter(beside | on_top),
        "name",
        _("There is a department of this name in the same place already."),
    )
