"""The kinds of operation, done by what is killed in tests.deploy.faults: a command, a request, a worker."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
import traceback
from io import StringIO

from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from backoffice.background.jobs import Job
from backoffice.models import Operation
from backoffice.operations import operation, update
from backoffice.operations.undo import undo
from organization import services
from organization.models import Department, Employee
from tests.deploy.browser import Browser, Form, hidden_fields
from tests.deploy.server import ROOT, production, serving, status

MOST_DELAY = 0.02  # seconds, into a statement
SETTLED_SECONDS = 60
PASSWORD = "a long enough password"
LARGEST, OTHER, THIRD = 101, 102, 103  # departments
TOP = 1000  # whom nobody manages
EMPLOYEES = "/admin/organization/employee/"


class Doer:
    """Who does deeds, by the kind of operation that each is; `dying` is there while one is about to die."""

    def __init__(self, folder):
        self.file, self.dying = folder / "employees.csv", folder / "dying"
        self.deeds = {
            "transfer": self.transfer,
            "status": self.status,
            "manager": self.manager,
            "set fields": self.set_fields,
            "delete": self.delete,
            "import": self.bring,
            "undo": self.undo,
            "save": self.save,
        }


class Commands(Doer):
    """Deeds done by a child, as a command does them: each one operation on the largest department and another one."""

    def do(self, name, arm):
        arm()
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

    def transfer(self):
        services.transfer(employees=people(), to=Department.objects.get(pk=OTHER))

    def status(self):
        services.change_status(employees=people(), status=Employee.Status.ON_LEAVE)

    def manager(self):
        services.set_manager(employees=people(), manager=Employee.objects.get(pk=TOP))

    def set_fields(self):
        update(people(), {"location": "Bonn", "cost_center": "7"}, actor=None, kind="set_fields")

    def delete(self):
        Department.objects.get(pk=LARGEST).delete()

    def bring(self):
        call_command("import_file", "employees", str(self.file), stdout=StringIO())

    def undo(self):
        undo(Operation.objects.get(kind="to_be_undone"))

    def save(self):
        """As a form with inline rows does."""
        with operation("edit"):
            for row in (Department.objects.get(pk=LARGEST), *people()[:3]):
                row.name = f"{row.name} II"
                row.save()

    def settle(self, supervise):
        """A command that died is not begun again."""

    def close(self):
        pass


class Panel(Doer):
    """Deeds done by a gunicorn with one worker, asked by somebody who is signed in.

    Each is a generator that stops before the request that acts.
    """

    def __init__(self, folder):
        super().__init__(folder)
        self.environment = production(
            folder,
            DJANGO_SETTINGS_MODULE="tests.deploy.dying",
            TEST_DATABASE_URL=os.environ["TEST_DATABASE_URL"],
        )
        self.life = serving(self.environment | self.settings, folder / "log", "--workers", "1")
        self.address = self.life.__enter__()
        self.browser = Browser(self.address.removeprefix("http://"), {"Host": "localhost"})
        self.browser.sign_in("hr", PASSWORD)

    @property
    def settings(self):
        return {"DYING": str(self.dying)}

    def do(self, name, arm):
        deed = self.deeds[name]()
        next(deed)
        arm()
        with contextlib.suppress(http.client.HTTPException, OSError):  # the worker died
            next(deed, None)
        self.browser.close()
        time.sleep(2 * MOST_DELAY)  # it may die after its answer
        while status(f"{self.address}/livez") != 200:  # its master makes another
            time.sleep(0.05)

    def transfer(self):
        yield from self.bulk("transfer", {"department": str(OTHER)})

    def status(self):
        yield from self.bulk("change_status", {"status": "on_leave"})

    def manager(self):
        yield from self.bulk("set_manager", {"manager": str(TOP)})

    def set_fields(self):
        yield from self.bulk("set_fields", {"set_location": "on", "location": "Bonn"})

    def bulk(self, action, answers):
        everybody = {"action": action, "select_across": "1", "index": "0"}
        form = self.browser.post(f"{EMPLOYEES}?department={LARGEST}", everybody).location
        path = form.partition("?")[0]
        preview = self.browser.post(
            path, {**hidden_fields(self.browser.get(form)), **answers, "stage": "preview"}
        )
        yield
        self.browser.post(path, {**hidden_fields(preview), **answers, "stage": "apply"})

    def delete(self):
        path = f"/admin/organization/department/{LARGEST}/delete/"
        answers = {**hidden_fields(self.browser.get(path)), "typed": "Largest"}
        yield
        self.browser.post(path, answers)

    def bring(self):
        self.browser.get(f"{EMPLOYEES}import/")
        path = self.browser.upload(f"{EMPLOYEES}import/", "file", self.file).location
        self.browser.post(path, {"stage": "preview"})
        self.previewed()
        carried = hidden_fields(self.browser.get(path))
        yield
        self.browser.post(path, {**carried, "stage": "apply"})

    def previewed(self):
        """The request has done it."""

    def undo(self):
        target = Operation.objects.get(kind="to_be_undone")
        yield  # without a look at its own page, which tries the undo: that is an operation, too
        self.browser.post(f"/admin/backoffice/operation/{target.pk}/undo/", {})

    def save(self):
        path = f"/admin/organization/department/{LARGEST}/change/"
        form = Form(self.browser.get(path).text, "department_form").data
        row = next(name for name in form if name.endswith("-0-job_title"))
        yield
        self.browser.post(path, {**form, "name": "Largest II", row: "Clerk"})

    def settle(self, supervise):
        """What a request did not do is not begun again."""

    def close(self):
        self.life.__exit__(None, None, None)


# Workers find sooner that another one is dead.
IMPATIENT = """
import django
django.setup()
from backoffice.background import boards, recovery
from backoffice.management.commands import worker
boards.PATIENCE = recovery.PATIENCE = 3
worker.BEAT = worker.PAUSE = 0.5
from django.core.management import call_command
call_command("worker")
"""


class Background(Panel):
    """Deeds that the panel leaves to a worker: that one dies, and is started again as its supervisor would."""

    def __init__(self, folder):
        super().__init__(folder)
        del self.deeds["save"]  # a form is always saved by its request
        self.log = (folder / "worker").open("ab")
        self.start()

    @property
    def settings(self):
        return {"BACKOFFICE_BACKGROUND_ROWS": "0"}

    def start(self):
        environment = self.environment | {"DYING": str(self.dying)}
        command = [sys.executable, "-c", IMPATIENT]
        self.worker = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=self.log, stderr=self.log)

    def previewed(self):
        self.settle(lambda: None)

    def settle(self, supervise):
        """Until every job is over: each has to finish or fail by itself. `supervise` starts a dead server again."""
        end = time.monotonic() + SETTLED_SECONDS
        while True:
            supervise()
            if self.worker.poll() is not None:
                self.start()
            with contextlib.suppress(DatabaseError):
                connection.close()
                if not Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING]).exists():
                    return
            assert time.monotonic() < end, "A job does not come to an end."
            time.sleep(0.1)

    def close(self):
        super().close()
        self.worker.kill()
        self.worker.wait()
        self.log.close()


def people():
    return Employee.objects.filter(department=LARGEST).order_by("pk")
