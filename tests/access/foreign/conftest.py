"""Two companies in one tree, and somebody who administers one of them."""

import pytest
from django.contrib.auth.models import Group, User

from backoffice.operations import operation
from organization.models import Department, Employee, Grant
from tests.access.foreign.company import FOREIGN


@pytest.fixture
def tree(db):
    """A holding with two companies; some rows of one point at rows of the other."""
    holding = Department.objects.create(name=f"{FOREIGN} holding", location=f"{FOREIGN} town")
    other = Department.objects.create(name=f"{FOREIGN} company", code="other", parent=holding)
    below = Department.objects.create(name=f"{FOREIGN} branch", parent=other)
    boss = Employee.objects.create(name=f"{FOREIGN} boss", department=below, job_title=f"{FOREIGN} title")
    mine = Department.objects.create(name="Mine", code="mine", parent=holding, head=boss)
    branch = Department.objects.create(name="Branch", code="branch", parent=mine)
    for number in range(3):
        Employee.objects.create(
            name=f"Own {number}", employee_number=f"o{number}", department=branch, manager=boss
        )
        Employee.objects.create(name=f"{FOREIGN} {number}", employee_number=f"f{number}", department=other)
    return {"holding": holding, "other": other, "below": below, "boss": boss, "mine": mine, "branch": branch}


@pytest.fixture
def own(tree):
    return Employee.objects.get(name="Own 0")


@pytest.fixture
def both(tree, hr):
    """An operation of somebody else that touched people of both companies, and one that deleted such."""
    gone = [
        Employee.objects.create(name="Own gone", department=tree["branch"]),
        Employee.objects.create(name=f"{FOREIGN} gone", department=tree["other"]),
    ]
    with operation("edit", actor=hr, reason=f"{FOREIGN} reason", subject=f"{FOREIGN} 0, Own 0") as it:
        Employee.objects.filter(name__endswith=" 0").update(location="Here")
    with operation("delete", actor=hr):
        Employee.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return it.operation


@pytest.fixture
def user(tree):
    user = User.objects.create(username="kim")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR administrator"), department=tree["mine"])
    return user


@pytest.fixture
def kim(client, user):
    client.force_login(user)
    return client
