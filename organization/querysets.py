"""The questions HR asks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.db import connections
from django.db.models import Count

from backoffice import tree
from backoffice.operations.sets import RecordedQuerySet
from backoffice.sql.tallies import tallied

if TYPE_CHECKING:
    from organization.models import Department


class DepartmentQuerySet(RecordedQuerySet):
    def below(self, *roots: Any) -> Self:
        """These departments (instances or keys) and everything below them."""
        keys = [getattr(root, "pk", root) for root in roots]
        return self.filter(pk__in=tree.descendants(self.model, "parent", keys))

    def above(self, *leaves: Any) -> Self:
        """These departments (instances or keys) and everything above them."""
        keys = [getattr(leaf, "pk", leaf) for leaf in leaves]
        return self.filter(pk__in=tree.ancestors(self.model, "parent", keys))


class EmployeeQuerySet(RecordedQuerySet):
    def current(self) -> Self:
        """Everyone who has not left."""
        return self.exclude(status="left")

    def hired(self) -> Self:
        """The headcount: everyone who has started and not left."""
        return self.exclude(status__in=("planned", "left"))

    def headcounts(self, departments: Iterable["Department"]) -> dict[Any, int]:
        """The people directly in each of `departments` who are hired, by the department's key.

        Exact, for the departments that a page shows and no others. Of everybody PostgreSQL keeps the numbers
        (backoffice.sql.tallies), however large the departments are; else the index (department, status) alone
        answers it.
        """
        if connections[self.db].vendor == "postgresql" and not self.query.where:
            return tallied(self.model, [department.pk for department in departments], self.db)
        people = self.filter(department__in=departments).hired().order_by()
        return dict(people.values_list("department").annotate(Count("pk")))

    def in_department(self, department: "Department", *, with_subdepartments: bool = False) -> Self:
        if not with_subdepartments:
            return self.filter(department=department)
        departments = tree.descendants(type(department), "parent", [department.pk])
        return self.filter(department__in=departments)
