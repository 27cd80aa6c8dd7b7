"""The rules of HR about several rows, asked of rows as they are stored: which of them may not stay so.

rules.py asks before a change; this is for rows that were put back as they once were, while others moved on. Of two
that are both as they were no rule is asked: together they were so before.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from backoffice import tree
from backoffice.rules import Altered, Refusal


def broken_by_employees(people: models.QuerySet[Any], altered: Altered) -> Iterator[Refusal]:
    yield Refusal(
        _in_a_new_loop(people, "manager", altered),
        "manager",
        _("They would report to themselves, through the people between."),
    )
    others = _others(people, altered)
    leavers = others.filter(status="left")
    yield Refusal(
        people.exclude(status="left").filter(Exists(leavers.filter(pk=OuterRef("manager")))),
        "manager",
        _("Their manager has left meanwhile."),
    )
    reports = others.exclude(status="left")
    yield Refusal(
        people.filter(status="left").filter(Exists(reports.filter(manager=OuterRef("pk")))),
        "status",
        _("They would have left, and people report to them by now."),
    )


def broken_by_departments(departments: models.QuerySet[Any], altered: Altered) -> Iterator[Refusal]:
    yield Refusal(
        _in_a_new_loop(departments, "parent", altered),
        "parent",
        _("It would lie below itself, through the departments between."),
    )
    # Those that came back without the department that they lay below are on top by now: of several, the first stays.
    came_on_top = Q(pk__in=departments.filter(altered("pk"), parent=None).order_by().values("pk"))
    called_so = _others(departments, altered).filter(name__iexact=OuterRef("name"))
    there = called_so.exclude(came_on_top)
    first = called_so.filter(came_on_top, pk__lt=OuterRef("pk"))
    beside = Q(Exists(there.filter(parent=OuterRef("parent"))))
    on_top = Q(parent=None) & Q(Exists(there.filter(parent=None)))
    yield Refusal(
        departments.filter(beside | on_top | (came_on_top & Q(Exists(first)))),
        "name",
        _("There is a department of this name in the same place already."),
    )


def _others(rows: models.QuerySet[Any], altered: Altered) -> models.QuerySet[Any]:
    """What each of `rows` may break a rule with, as a query inside theirs: one of the two is not as it was."""
    every: models.QuerySet[Any] = rows.model._base_manager.using(rows.db).order_by()
    return every.filter(altered("pk") | altered(OuterRef("pk"))).exclude(pk=OuterRef("pk"))


def _in_a_new_loop(rows: models.QuerySet[Any], field: str, altered: Altered) -> models.QuerySet[Any]:
    """Those of `rows` that are above themselves, through one at least that is not as it was."""
    as_before = rows.model._base_manager.using(rows.db).exclude(altered("pk"))
    nearest = tree.NearestAbove("pk", field, passing=as_before)
    looping: models.QuerySet[Any] = tree.in_a_loop(rows, field).alias(nearest=nearest)
    return looping.exclude(nearest=None)
