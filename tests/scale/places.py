"""What is where in a filled database: the rows that pages are asked about."""

from functools import cached_property

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, F
from django.test import Client

from backoffice.access.giving import give, group_named
from backoffice.admin.lists.order import Order
from organization.models import Department, Employee, Grant

PER_PAGE = 50
DEEP = 10_000  # the page


class Place:
    """Each fact is looked up once, inside `with database:`. `scoped`: who looks has a role for a part of it only."""

    def __init__(self, database, *, scoped=False):
        self.database, self.scoped = database, scoped

    def looked_at(self):
        """With what every page asks for looked up, so that it is in no page's time."""
        with self.database:
            assert all((self.client, self.largest, self.counts))
        return self

    @cached_property
    def client(self):
        """A browser in which somebody is signed in who may do everything, in the large sub-tree if `scoped`."""
        users = get_user_model().objects
        if self.scoped:
            user = users.filter(username="scoped").first() or users.create_user("scoped")
            give(Grant, user=user, role=group_named("hr_administrator"), root=self.branch)
        else:
            user = users.filter(username="bench").first() or users.create_superuser("bench")
        client = Client()
        client.force_login(user)
        return client

    @cached_property
    def largest(self):
        """The department with the most people."""
        counts = Employee.objects.order_by().values_list("department").annotate(people=Count("pk"))
        return Department.objects.get(pk=counts.order_by("-people", "department")[0][0])

    @cached_property
    def line(self):
        """The largest department and those above it, up to its root."""
        line = [self.largest]
        while line[-1].parent is not None:
            line.append(line[-1].parent)
        return line

    @property
    def root(self):
        return self.line[-1]

    @property
    def branch(self):
        """The large sub-tree: the root's child that the largest department is in."""
        return self.line[-2] if len(self.line) > 1 else self.root

    @cached_property
    def twig(self):
        """The small sub-tree: a department elsewhere whose departments have none below them."""
        line = [department.pk for department in self.line]
        nodes = Department.objects.filter(children__isnull=False).exclude(children__children__isnull=False)
        return nodes.exclude(pk__in=line).order_by("pk").first() or self.largest

    @cached_property
    def person(self):
        """Somebody in the middle of the largest department, with a number, an e-mail and a manager."""
        people = Employee.objects.filter(department=self.largest).order_by("pk")
        return people[people.count() // 2]

    @cached_property
    def managed(self):
        return Employee.objects.exclude(manager=None).order_by("-pk").first()

    @cached_property
    def headed(self):
        """A manager with people of their own."""
        return self.managed.manager if self.managed else self.person

    @cached_property
    def located(self):
        return (
            Department.objects.exclude(location="").order_by("pk").values_list("location", flat=True).first()
        )

    @cached_property
    def counts(self):
        return {model: model._default_manager.count() for model in (Employee, Department)}

    def rows(self, model):
        return self.counts[model]

    def deep_offset(self, model):
        """Where the deep page starts; half-way where there are not so many, with a full page after it."""
        rows = self.rows(model)
        return max(min((DEEP - 1) * PER_PAGE, rows // 2, rows - PER_PAGE), 0)

    def deep_position(self, model, column):
        """The keyset position of the row before the deep page of a list sorted by `column`."""
        order = Order.of(model, [column])
        return self.position(model._default_manager.all(), order, self.deep_offset(model))

    def inline_position(self):
        """The position in the middle of the largest department's inline."""
        rows = Employee.objects.filter(department=self.largest)
        return self.position(rows, Order.of(Employee, Employee._meta.ordering), rows.count() // 2)

    def position(self, rows, order, offset):
        """The position of the row at `offset`, found the slow way."""
        columns = [F(path).desc if order.descending else F(path).asc for path in order.paths]
        related = rows.select_related(order.relation) if order.relation else rows
        return order.position(
            related.order_by(*(column(nulls_last=True) for column in columns))[max(offset - 1, 0)]
        )


def sortable(model):
    """(number, name) of the columns that our list of `model` can be sorted by."""
    columns = admin.site.get_model_admin(model).list_display
    known = {field.name for field in model._meta.fields}
    return [(number, name) for number, name in enumerate(columns, 1) if name in known]


def column_number(column):
    """Which column of the employee list that is, as its links say it."""
    return next(number for number, name in sortable(Employee) if name == column)
