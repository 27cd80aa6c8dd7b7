"""The rules of HR that look at more than one row: one wording for form, inline, import and bulk.

Each is asked of a queryset and the changes intended for it, and answers with the rows that may not be changed
so (backoffice.rules). `check_…` asks the same of one instance and raises ValidationError at the field.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from backoffice import tree
from backoffice.rules import Changes, Refusal, broken_constraints, is_of_each_row
from backoffice.sql import locks
from organization.handover import Handover, left_behind, refused_leavers

if TYPE_CHECKING:
    from organization.models import Department, Employee


def refused_employees(
    people: models.QuerySet[Any], changes: Changes, handover: Handover | None = None
) -> Iterator[Refusal]:
    """Everyone who may not be changed so, reason by reason. With `handover`, who leaves hands their reports over."""
    yield from broken_constraints(people, changes)
    if handover is None:
        yield from _leaves_reports_behind(people, changes)
    else:
        yield from _hands_over(people, handover)
    yield from _reports_to_a_leaver(people, changes)
    yield from _closes_a_manager_loop(people, changes)


def refused_departments(
    departments: models.QuerySet[Any], changes: Changes, without: models.QuerySet[Any] | None = None
) -> Iterator[Refusal]:
    """Every department that may not be changed so, reason by reason, once those of `without` are gone."""
    yield from broken_constraints(departments, changes)
    yield from _closes_a_department_loop(departments, changes)
    if "parent" in changes:
        yield from _meets_a_twin(departments, changes["parent"], without)


def hold_employees(model: type[models.Model], changes: Changes) -> None:
    """Let nobody else change meanwhile what the rules about several people look at, if `changes` are about that."""
    if changes.get("manager") or changes.get("status") == "left":
        locks.take(model)


def hold_departments(model: type[models.Model], changes: Changes) -> None:
    """Let nobody else change meanwhile what the rules about several departments look at."""
    if "parent" in changes:
        locks.take(model)


def check_employee(employee: "Employee") -> None:
    """Raise ValidationError when the values of this instance break a rule about other people."""
    if employee.manager_id or employee.status == "left":
        locks.take_when_changed(employee)
    people = type(employee)._default_manager.filter(pk=employee.pk)
    changes = {"status": employee.status, "manager": employee.manager}
    stays = employee.status != "left"
    if employee._state.adding and stays and employee.manager and _has_left(employee.manager):
        raise ValidationError({"manager": has_left(employee.manager)})
    _raise(
        [
            *_leaves_reports_behind(people, changes),
            *_reports_to_a_leaver(people, changes),
            *_closes_a_manager_loop(people, changes),
        ]
    )


def check_department(department: "Department") -> None:
    """Raise ValidationError when the values of this instance break a rule about other departments."""
    locks.take_when_changed(department)
    departments = type(department)._default_manager.filter(pk=department.pk)
    _raise(_closes_a_department_loop(departments, {"parent": department.parent}))
    if twin_exists(department):
        raise ValidationError({"name": _taken(department.parent) if _is_moved(department) else _taken_here()})


def twin_exists(department: "Department") -> bool:
    """Whether another department has this name (in any case) under the same parent."""
    siblings = type(department)._default_manager.filter(parent=department.parent).exclude(pk=department.pk)
    return siblings.filter(name__iexact=department.name).exists()


def _is_moved(department: "Department") -> bool:
    """Whether its parent was chosen just now; who may not see the one that it has is not told its name."""
    stays = type(department)._base_manager.filter(pk=department.pk, parent=department.parent)
    return not stays.exists()


def _meets_a_twin(
    departments: models.QuerySet[Any], parent: Any, without: models.QuerySet[Any] | None
) -> Iterator[Refusal]:
    """Those that would find their name under the new parent, or bring it there twice."""
    every = departments.model._default_manager.using(departments.db)
    moving = Q(pk__in=departments.order_by().values("pk"))
    if is_of_each_row(parent):
        departments = departments.alias(place=_place(parent))
        to_be = Case(When(moving, then=parent), default=F("parent"), output_field=models.BigIntegerField())
        siblings = every.alias(place=_place(to_be)).filter(place=OuterRef("place"))
    else:
        siblings = every.filter(Q(parent=parent) | moving)
    if without is not None:
        siblings = siblings.exclude(pk__in=without.order_by().values("pk"))
    twins = siblings.filter(name__iexact=OuterRef("name")).exclude(pk=OuterRef("pk"))
    yield Refusal(departments.filter(Exists(twins)), "parent", _taken(parent))


def _place(parent: Any) -> Coalesce:
    """What is the same for all below one department, and for all at the top."""
    return Coalesce(parent, 0, output_field=models.BigIntegerField())


def _taken(parent: Any) -> str:
    if is_of_each_row(parent):
        return _taken_here()
    where = _("in %s") % parent if parent else _("at the top level")
    return _("There is a department of this name %(where)s already.") % {"where": where}


def _taken_here() -> str:
    return _("There is a department of this name in the same place already.")


def _leaves_reports_behind(people: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
    if changes.get("status") != "left":
        return
    reports = left_behind(people)
    yield Refusal(
        people.exclude(status="left").filter(pk__in=reports.values("manager")),
        "status",
        _("People still report here. Give them another manager first."),
    )


def _hands_over(people: models.QuerySet[Any], handover: Handover) -> Iterator[Refusal]:
    if handover.to and _has_left(handover.to):
        yield Refusal(people, "status", has_left(handover.to))
    yield from refused_leavers(people, handover)


def _reports_to_a_leaver(people: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
    """Those who have left themselves may have a manager who has: that is how it was."""
    manager = changes.get("manager")
    if manager and changes.get("status") != "left" and _has_left(manager):
        staying = people if "status" in changes else people.exclude(status="left")
        yield Refusal(staying.exclude(manager=manager), "manager", has_left(manager))


def _has_left(manager: "Employee") -> bool:
    """As it is stored by now: the instance may be older than our lock."""
    return type(manager)._default_manager.filter(pk=manager.pk, status="left").exists()


def has_left(manager: "Employee") -> str:
    return _("%(manager)s has left and cannot be anyone's manager.") % {"manager": manager}


def _closes_a_manager_loop(people: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
    manager = changes.get("manager")
    if manager:
        chain = tree.ancestors(people.model, "manager", [manager.pk])
        yield Refusal(
            people.filter(pk__in=chain),
            "manager",
            _("%(manager)s would report to themselves, directly or through others.") % {"manager": manager},
        )


def _closes_a_department_loop(departments: models.QuerySet[Any], changes: Changes) -> Iterator[Refusal]:
    parent = changes.get("parent")
    if is_of_each_row(parent):
        yield Refusal(
            departments.filter(tree.AtOrAbove(departments.model, "parent", parent)),
            "parent",
            _("It would lie below itself, through the departments between."),
        )
    elif parent:
        path = tree.ancestors(departments.model, "parent", [parent.pk])
        yield Refusal(
            departments.filter(pk__in=path),
            "parent",
            _("%(parent)s is this department or lies below it.") % {"parent": parent},
        )


def _raise(refusals: Iterable[Refusal]) -> None:
    errors: dict[str, list[str]] = {}
    for refusal in refusals:
        if refusal.rows.exists():
            errors.setdefault(refusal.field, []).append(refusal.reason)
    if errors:
        raise ValidationError(errors)
