"""An organisation → the database."""

from contextlib import nullcontext
from random import Random

from django.db import transaction

from backoffice.operations import loads, operation
from backoffice.operations.recorder import record_created
from backoffice.progress import Watch, unwatched
from backoffice.sql import bulk_load
from organization.models import Department, Employee
from organization.seeding.people import DEPARTMENT_COLUMNS, EMPLOYEE_COLUMNS, Crowd
from organization.seeding.shape import Shape

# From this size on, indexes are quicker to build at the end than to keep while rows come in.
MANY = 50_000


def load(shape: Shape, rng: Random, *, watch: Watch = unwatched, recorded: bool = False) -> None:
    """Add the departments and people of `shape` in one transaction; `watch` sees how far it is.

    The log has a line of it; where it is `recorded`, with every row, which takes as long again.
    """
    with transaction.atomic(), operation("load") if recorded else nullcontext():
        first = {model: bulk_load.next_key(model) for model in (Department, Employee)}
        crowd = Crowd(shape, rng, first_department=first[Department], first_person=first[Employee])
        _rename_roots(shape)
        many = shape.people >= MANY
        with (
            bulk_load.without_indexes(Department, Employee, watch=watch)
            if many
            else bulk_load.in_any_order(Department, Employee) as freeze
        ):
            departments, people = crowd.departments(), watch(crowd.people(), shape.people, "employees")
            bulk_load.load_rows(Department, DEPARTMENT_COLUMNS, departments, freeze=freeze)
            bulk_load.load_rows(Employee, EMPLOYEE_COLUMNS, people, freeze=freeze)
        if recorded:
            for model in (Department, Employee):
                record_created(model._base_manager.filter(pk__gte=first[model]))
        else:
            loads.note({Department: len(shape.parents), Employee: shape.people}, first=first)
    bulk_load.settle(Department, Employee)


def _rename_roots(shape: Shape) -> None:
    """Beside departments that are there already, the top ones need names of their own."""
    taken = {
        name.casefold() for name in Department.objects.filter(parent=None).values_list("name", flat=True)
    }
    for position, parent in enumerate(shape.parents):
        if parent is None:
            name, number = shape.names[position], 1
            while shape.names[position].casefold() in taken:
                number += 1
                shape.names[position] = f"{name} {number}"
            taken.add(shape.names[position].casefold())
