"""The deeds of tests.deploy.faults, and what is looked at after each death."""

import os
import random
import sys
import time
from collections import Counter

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from backoffice.models import Operation
from backoffice.operations.tables import recorded_models
from backoffice.operations.undo import undo
from organization import services
from organization.models import Department, Employee
from tests.agreement import disagreements, miscounted
from tests.deploy.dying import LOG_LINE

BACK_SECONDS = 20
MOST_DELAY = 0.02  # seconds, into a statement


class Deeds:
    """What is done: each one operation, on the largest department and another one."""

    def __init__(self, folder):
        self.file = folder / "employees.csv"
        self.largest = Department.objects.get(name="Largest")
        self.other = Department.objects.get(name="Other")

    def update(self):
        services.transfer(employees=self.largest.employee_set.all(), to=self.other, actor=None)

    def delete(self):
        Department.objects.get(pk=self.largest.pk).delete()

    def import_(self):
        call_command("import_file", "employees", str(self.file), verbosity=0, stdout=_nowhere())

    def undo(self):
        undo(Operation.objects.get(kind="to_be_undone"))

    def all(self):
        return {"update": self.update, "delete": self.delete, "import": self.import_, "undo": self.undo}


def _nowhere():
    from io import StringIO

    return StringIO()


def prepare(folder, people):
    """An organisation without a record, as after a load, and an operation that can be undone."""
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("hr", password="a long enough password")
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO organization_department (id, name, cost_center, location, email, description) "
            "VALUES (%s, %s, '', '', '', '')",
            [(101, "Largest"), (102, "Other"), (103, "Third")],
        )
        cursor.executemany(
            "INSERT INTO organization_employee (id, name, department_id, employee_number, preferred_name, "
            "work_phone, job_title, status, employment_type, fte, end_reason, manager_id, location, cost_center, "
            "notes) VALUES (%s, %s, %s, %s, '', '', '', 'active', '', 1, '', %s, '', '', '')",
            [
                (1000 + n, f"Person {n}", 101 if n % 3 else 103, f"E{n}", 1000 + n // 10 if n else None)
                for n in range(people)
            ],
        )
        cursor.execute("UPDATE organization_department SET head_id = 1001")
        if connection.vendor == "postgresql":
            for table in ("department", "employee"):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('organization_{table}', 'id'), 1000000)"
                )
    rows = [f"E{n},Renamed {n}," for n in range(0, people // 2, 2)]
    rows += [f"N{n},New {n}," for n in range(people // 4)]
    header = "employee_number,name,department_code"
    Department.objects.filter(pk=102).update(code="OTHER")
    (folder / "employees.csv").write_text(
        "\n".join([header, *(f"{row}OTHER" for row in rows)]) + "\n", encoding="utf-8"
    )


class Trials:
    def __init__(self, folder, server, options):
        self.folder, self.server, self.options = folder, server, options
        self.random = random.Random(options.seed)
        self.faults: list[str] = []
        self.ends: Counter[str] = Counter()
        prepare(folder, options.people)
        self.baseline = {model: _by_key(model) for model in recorded_models()}
        from backoffice.operations import operation

        with operation("to_be_undone"):
            Employee.objects.filter(department=103).update(job_title="Clerk", location="Bonn")
            Department.objects.get(pk=103).employee_set.filter(pk__gt=1300).delete()
        self.deeds = Deeds(folder)

    def run(self):
        from tests.deploy.faults import VICTIMS

        for name, deed in self.deeds.all().items():
            before = data()
            after, statements = self.tried(deed)
            assert before != after
            for victim in VICTIMS[self.options.engine]:
                for point in self.points(statements):
                    self.die(name, deed, victim, point, before, after)

    def tried(self, deed):
        """What the deed makes of the data, and how many statements it takes; it is rolled back."""
        with transaction.atomic():
            with CaptureQueriesContext(connection) as captured:
                deed()
            after = data()
            transaction.set_rollback(True)
        asked = [query["sql"] for query in captured.captured_queries]
        first = next(number for number, sql in enumerate(asked) if LOG_LINE in sql)
        return after, len(asked) - first + 1  # and COMMIT

    def points(self, statements):
        """(statement, delay): at and into random ones, spread over all of them, and at the last, COMMIT."""
        number = self.options.points
        for part in range(number - 1):
            low, high = 1 + part * statements // (number - 1 or 1), (part + 1) * statements // (number - 1)
            yield self.random.randint(low, max(low, high)), self.random.choice([0, 1]) * self.random.uniform(
                0.0005, MOST_DELAY
            )
        yield statements, self.random.choice([0, self.random.uniform(0.0005, 0.005)])

    def die(self, name, deed, victim, point, before, after):
        lines = Operation.objects.count()
        self.done(deed, victim, point)
        self.wait()
        what = f"{name}, {victim} killed at statement {point[0]} after {point[1] * 1000:.1f} ms"
        now, added = data(), Operation.objects.count() - lines
        wrong = [said for model in recorded_models() for said in self.wrong(model)] + miscounted()
        if (now == before) is not (added == 0) or (now == after) is not (added == 1):
            wrong.append(f"neither before nor after: {added} operations more")
        self.ends["after" if now == after else "before" if now == before else "between"] += 1
        for said in wrong:
            self.faults.append(f"{what}: {said}")
            print(self.faults[-1], flush=True)
        if now != before:
            undo(Operation.objects.first())
            if data() != before:
                self.faults.append(f"{what}: the undo did not bring back what was")
                print(self.faults[-1], flush=True)

    def done(self, deed, victim, point):
        """Let a child do the deed and die."""
        file = self.folder / "dying"
        file.write_text(f"{self.server.process if victim == 'server' else victim} {point[0]} {point[1]}")
        connections.close_all()
        child = os.fork()
        if child == 0:
            os.environ["DYING"] = str(file)
            try:
                deed()
                time.sleep(0.05 if victim == "process" and point[1] else 0)
            except DatabaseError:
                os._exit(3)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        if file.exists():
            self.faults.append(f"There is no statement {point[0]}.")
            file.unlink()

    def wait(self):
        """Until the server answers again; one that was killed is started, as its supervisor would."""
        if self.server:
            if not self.server.is_alive():
                self.server.stop()
                self.server.start()
                connection.settings_dict["PORT"] = self.server.url.rsplit(":", 1)[1].split("/")[0]
        end = time.monotonic() + BACK_SECONDS
        while True:
            try:
                connection.close()
                connection.ensure_connection()
                self._gone()
                return
            except DatabaseError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _gone(self):
        """The server's processes that worked for a dead one have noticed."""
        if connection.vendor == "postgresql":
            others = (
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                "AND pid <> pg_backend_pid()"
            )
            end = time.monotonic() + BACK_SECONDS
            with connection.cursor() as cursor:
                while time.monotonic() < end:
                    cursor.execute(others)
                    if not cursor.fetchone()[0]:
                        return
                    time.sleep(0.01)

    def wrong(self, model):
        """What the record says of a row, and that a row without a record is as it was."""
        yield from disagreements(model)
        told = set(model.history_model.objects.values_list("row_id", flat=True))
        now = _by_key(model)
        for key in now.keys() | self.baseline[model].keys():
            if key not in told and now.get(key) != self.baseline[model].get(key):
                yield f"{model._meta.label} {key} changed without a record"

    @property
    def summary(self):
        ends = ", ".join(f"{number} {end}" for end, number in sorted(self.ends.items()))
        return f"{sum(self.ends.values())} deaths ({ends}): {len(self.faults)} faults."


def _by_key(model):
    names = [field.attname for field in model._meta.concrete_fields if not field.generated]
    return {row[0]: row for row in model._base_manager.order_by("pk").values_list(*names)}


def data():
    """All recorded rows without their keys, which a second time are others."""
    return {
        model: sorted(repr(row[1:]) for row in _by_key(model).values()) for model in recorded_models()
    }
