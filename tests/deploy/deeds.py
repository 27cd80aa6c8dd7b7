"""Jobs that stop where a test wants them to: as long as a file `wait-…` is in the folder; `at-…` says that they do."""

import time
from pathlib import Path

from django.db import connection

from backoffice.operations import operation
from organization.models import Department, Employee


def move(actor, parameters):
    folder = Path(parameters["folder"])
    with operation("transfer", actor=actor), connection.execute_wrapper(stopping(folder)):
        number = Employee.objects.update(department=Department.objects.get(name="Two"))
        stop(folder, "changed")
    return f"Moved {number} people."


def move_slowly(actor, parameters):
    """One statement that would take minutes."""
    with operation("transfer", actor=actor):
        Employee.objects.update(department=Department.objects.get(name="Two"))
        (Path(parameters["folder"]) / "at-slow").touch()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM organization_employee a, organization_employee b WHERE a.name < b.name"
            )
    return "It was not so slow."


def stopping(folder):
    def wrapper(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("INSERT INTO") and "employee_history" in sql:
            stop(folder, "recorded")
        return result

    return wrapper


def stop(folder, point):
    (folder / f"at-{point}").touch()
    while (folder / f"wait-{point}").exists():
        time.sleep(0.05)
