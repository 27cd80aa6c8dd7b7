"""The questions HR asks."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from backoffice import tree

if TYPE_CHECKING:
    from organization.models import Department


class DepartmentQuerySet(models.QuerySet[Any]):
    def below(self, *roots: Any) -> Self:
        """These departments (instances or keys) and everything below them."""
        keys = [getattr(root, "pk", root) for root in roots]
        return self.filter(pk__in=tree.descendants(self.model, "parent", keys))

    def above(self, *leaves: Any) -> Self:
        """These departments (instances or keys) and everything above them."""
        keys = [getattr(leaf, "pk", leaf) for leaf in leaves]
        return self.filter(pk__in=tree.ancestors(self.model, "parent", keys))

    def with_headcount(self) -> Self:
        """Each with `headcount`: the people directly in it who have not left.

        A count in a sub-query for each row that is returned, so it costs what the page shows and not what
        the company has; the index (department, status) answers it alone.
        """
        from organization.models import Employee

        people = Employee.objects.filter(department=OuterRef("pk")).current()
        counted = people.order_by().values("department").annotate(n=Count("pk")).values("n")
        return self.annotate(headcount=Coalesce(Subquery(counted), 0))


class EmployeeQuerySet(models.QuerySet[Any]):
    def current(self) -> Self:
        """Everyone who has not left."""
        return self.exclude(status="left")

    def in_department(self, department: "Department", *, with_subdepartments: bool = False) -> Self:
        if not with_subdepartments:
            return self.filter(department=department)
        departments = tree.descendants(type(department), "parent", [department.pk])
        return self.filter(department__in=departments)
