"""What is looked at after each death of tests.deploy.faults."""

import random
import time
from collections import Counter

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, connections

from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.agreement import disagreements
from backoffice.operations.tables import recorded_models
from backoffice.operations.undo import undo
from organization.models import Department, Employee
from tests.agreement import miscounted
from tests.deploy.doers import MOST_DELAY, PASSWORD, Background, Commands, Panel

BACK_SECONDS = 20
VICTIMS = {"postgres": ["process", "backend", "server"], "sqlite": ["process"]}
DOERS = {"command": Commands, "web": Panel, "worker": Background}


def prepare(folder, people):
    """An organisation without a record, as after a load, and an operation that can be undone."""
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("hr", password=PASSWORD)
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
        self.file, self.server, self.options = folder / "dying", server, options
        self.random = random.Random(options.seed)
        self.faults: list[str] = []
        self.ends: Counter[str] = Counter()
        prepare(folder, options.people)
        self.baseline = {model: _by_key(model) for model in recorded_models()}
        with operation("to_be_undone"):
            Employee.objects.filter(department=103).update(job_title="Clerk", location="Bonn")
            Department.objects.get(pk=103).employee_set.filter(pk__gt=1300).delete()
        self.folder = folder

    def run(self):
        for kind in self.options.doers:
            self.doer = DOERS[kind](self.folder)
            try:
                for name, victims in self.deeds(kind):
                    self.meet(name, victims)
            finally:
                self.doer.close()

    def deeds(self, kind):
        """Each with what is to die; with --spread one victim in turn, and a worker is seen to die once of each."""
        names, victims = list(self.doer.deeds), VICTIMS[self.options.engine]
        if not self.options.spread:
            return [(name, victims) for name in names]
        if kind == "worker":
            names = self.random.sample(names, len(victims))
        return [(name, [victims[number % len(victims)]]) for number, name in enumerate(names)]

    def meet(self, name, victims):
        before = data()
        after, statements = self.tried(name)
        assert before != after, name
        for victim in victims:
            for point in self.points(statements):
                self.die(name, victim, point, before, after)

    def tried(self, name):
        """What the deed makes of the data when nobody dies, and how many statements it takes."""
        connections.close_all()
        self.doer.do(name, lambda: None)
        self.doer.settle(self.supervise)
        after = data()
        undo(Operation.objects.first())
        return after, int(self.file.with_suffix(".count").read_text())

    def points(self, statements):
        """(statement, delay): at and into random ones, spread over all of them; the last is COMMIT."""
        number = self.options.points
        for part in range(number):
            low, high = 1 + part * statements // number, (part + 1) * statements // number
            delay = self.random.choice([0.0, self.random.uniform(0.0005, MOST_DELAY)])
            yield self.random.randint(min(low, high), high), delay

    def die(self, name, victim, point, before, after):
        lines = Operation.objects.count()
        self.done(name, victim, point)
        killed = f"{victim} killed at statement {point[0]} after {point[1] * 1000:.1f} ms"
        what = f"{type(self.doer).__name__}: {name}, {killed}"
        now, added = data(), Operation.objects.count() - lines
        wrong = [said for model in recorded_models() for said in self.wrong(model)] + miscounted()
        if (now == before) is not (added == 0) or (now == after) is not (added == 1):
            wrong.append(f"neither before nor after: {added} operations more")
        self.ends["after" if now == after else "before" if now == before else "between"] += 1
        for said in wrong:
            self.complain(f"{what}: {said}")
        if now != before:
            undo(Operation.objects.first())
            if data() != before:
                self.complain(f"{what}: the undo did not bring back what was")

    def done(self, name, victim, point):
        """Let the deed be done, and what does it die; until what is left has come to an end."""
        doomed = self.server.process if victim == "server" else victim
        connections.close_all()
        self.doer.do(name, lambda: self.file.write_text(f"{doomed} {point[0]} {point[1]}"))
        if not isinstance(self.doer, Background):
            self.wait()
        self.doer.settle(self.supervise)
        if self.file.exists():
            self.complain(f"{name} has no statement {point[0]}.")
            self.file.unlink()

    def wait(self):
        """Until the server answers again; one that was killed is started, as its supervisor would."""
        end = time.monotonic() + BACK_SECONDS
        while True:
            self.supervise()
            try:
                connection.close()
                connection.ensure_connection()
                self._gone()
                return
            except DatabaseError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def supervise(self):
        if self.server and not self.server.is_alive():
            self.server.stop()
            self.server.start()

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

    def close(self):
        connections.close_all()

    def complain(self, sentence):
        self.faults.append(sentence)
        print(sentence, flush=True)

    @property
    def summary(self):
        ends = ", ".join(f"{number} {end}" for end, number in sorted(self.ends.items()))
        return f"{sum(self.ends.values())} deaths ({ends}): {len(self.faults)} faults."


def _by_key(model):
    names = [field.attname for field in model._meta.concrete_fields if not field.generated]
    return {row[0]: row for row in model._base_manager.order_by("pk").values_list(*names)}


def data():
    """All recorded rows without their keys, which a second time are others."""
    return {model: sorted(repr(row[1:]) for row in _by_key(model).values()) for model in recorded_models()}
