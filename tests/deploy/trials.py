"""The deeds of tests.deploy.faults, and what is looked at after each death."""

import contextlib
import http.client
import os
import random
import time
import traceback
from collections import Counter
from io import StringIO

from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections

from backoffice.models import Operation
from backoffice.operations import operation, update
from backoffice.operations.tables import recorded_models
from backoffice.operations.undo import undo
from organization import services
from organization.models import Department, Employee
from tests.agreement import disagreements, miscounted
from tests.deploy.browser import Browser, hidden_fields
from tests.deploy.server import production, serving, status

BACK_SECONDS = 20
MOST_DELAY = 0.02  # seconds, into a statement
PASSWORD = "a long enough password"
LARGEST, OTHER, THIRD = 101, 102, 103  # departments


# What dies; a gunicorn has to know the server's port, so there the server stays.
VICTIMS = {"postgres": ["process", "backend", "server"], "sqlite": ["process"]}


class Commands:
    """Deeds done by a child, as a command does them: each one operation on the largest department and another one."""

    def __init__(self, folder):
        self.file, self.dying = folder / "employees.csv", folder / "dying"
        self.deeds = {
            "update": self.update,
            "set fields": self.set_fields,
            "delete": self.delete,
            "import": self.bring,
            "undo": self.undo,
        }

    def do(self, name):
        child = os.fork()
        if child == 0:
            os.environ["DYING"] = str(self.dying)
            try:
                self.deeds[name]()
                time.sleep(2 * MOST_DELAY if not self.dying.exists() else 0)
            except (DatabaseError, CommandError):
                os._exit(3)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    def update(self):
        people = Employee.objects.filter(department=LARGEST)
        services.transfer(employees=people, to=Department.objects.get(pk=OTHER), actor=None)

    def set_fields(self):
        people = Employee.objects.filter(department=LARGEST)
        changes = {"location": "Bonn", "manager": Employee.objects.get(pk=1000)}
        update(people, changes, actor=None, kind="set_fields")

    def delete(self):
        Department.objects.get(pk=LARGEST).delete()

    def bring(self):
        call_command("import_file", "employees", str(self.file), stdout=StringIO())

    def undo(self):
        undo(Operation.objects.get(kind="to_be_undone"))


class Panel:
    """Deeds done by a gunicorn with one worker, asked by somebody who is signed in."""

    def __init__(self, folder):
        self.dying = folder / "dying"
        self.deeds = {"update": self.update, "delete": self.delete, "undo": self.undo}
        environment = production(
            folder,
            DJANGO_SETTINGS_MODULE="tests.deploy.dying",
            TEST_DATABASE_URL=os.environ["TEST_DATABASE_URL"],
            DYING=str(folder / "dying"),
        )
        self.life = serving(environment, folder / "log", "--workers", "1")
        self.address = self.life.__enter__()
        self.browser = Browser(self.address.removeprefix("http://"), {"Host": "localhost"})
        self.browser.sign_in("hr", PASSWORD)

    def do(self, name):
        with contextlib.suppress(http.client.HTTPException, OSError):  # the worker died
            self.deeds[name]()
        self.browser.close()
        time.sleep(2 * MOST_DELAY)  # it may die after its answer
        while status(f"{self.address}/livez") != 200:  # its master makes another
            time.sleep(0.05)

    def update(self):
        employees = "/admin/organization/employee/"
        everybody = {"action": "transfer", "select_across": "1", "index": "0"}
        form = self.browser.post(f"{employees}?department={LARGEST}", everybody).location
        path, answers = form.partition("?")[0], {"department": str(OTHER)}
        preview = self.browser.post(
            path, {**hidden_fields(self.browser.get(form)), **answers, "stage": "preview"}
        )
        self.browser.post(path, {**hidden_fields(preview), **answers, "stage": "apply"})

    def delete(self):
        path = f"/admin/organization/department/{LARGEST}/delete/"
        self.browser.post(path, {**hidden_fields(self.browser.get(path)), "typed": "Largest"})

    def undo(self):
        target = Operation.objects.get(kind="to_be_undone")
        # Not from its own page, which tries the undo: that is an operation, too.
        self.browser.post(f"/admin/backoffice/operation/{target.pk}/undo/", {})


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
        self.doer = Panel(folder) if options.web else Commands(folder)
        self.victims = VICTIMS[options.engine][: 2 if options.web else None]

    def run(self):
        for name in self.doer.deeds:
            before = data()
            after, statements = self.tried(name)
            assert before != after, name
            for victim in self.victims:
                for point in self.points(statements):
                    self.die(name, victim, point, before, after)

    def tried(self, name):
        """What the deed makes of the data when nobody dies, and how many statements it takes."""
        connections.close_all()
        self.doer.do(name)
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
        self.wait()
        what = f"{name}, {victim} killed at statement {point[0]} after {point[1] * 1000:.1f} ms"
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
        """Let the deed be done, and what does it die."""
        self.file.write_text(f"{self.server.process if victim == 'server' else victim} {point[0]} {point[1]}")
        connections.close_all()
        self.doer.do(name)
        if self.file.exists():
            self.complain(f"{name} has no statement {point[0]}.")
            self.file.unlink()

    def wait(self):
        """Until the server answers again; one that was killed is started, as its supervisor would."""
        if self.server and not self.server.is_alive():
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

    def close(self):
        connections.close_all()
        if self.options.web:
            self.doer.life.__exit__(None, None, None)

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
