"""The tests' settings, for a process that is to die in the middle of an operation.

DYING names a file with "victim statement delay". Statements count from the first of an operation, its COMMIT included;
the one with that number is not begun any more, or is under way since `delay` seconds when the victim is killed: this
process, the server's process that works for it ("backend"), or all of the server. The file is
taken away first, so that the next process lives. How many statements an operation took is left in DYING.count.
"""

import contextlib
import os
import signal
import threading
from pathlib import Path

from django.db.backends.signals import connection_created

from tests.settings import *  # noqa: F403

LOG_LINE = 'INSERT INTO "backoffice_operation"'


class Deadline:
    """The statements of one connection, counted."""

    def __init__(self, connection, file):
        self.connection, self.file = connection, file
        self.count, self.inside = 0, False
        connection.execute_wrappers.append(self.statement)
        self.commit, connection._commit = connection._commit, self.commits

    def statement(self, execute, sql, params, many, context):
        if LOG_LINE in str(sql):
            self.count, self.inside = 0, True
        self.passed()
        return execute(sql, params, many, context)

    def commits(self):
        self.passed()
        if self.inside:
            self.file.with_suffix(".count").write_text(str(self.count))
        self.inside = False
        return self.commit()

    def passed(self):
        if not self.inside:
            return
        self.count += 1
        with contextlib.suppress(FileNotFoundError):
            victim, number, delay = self.file.read_text().split()
            if self.count == int(number):
                self.file.unlink()
                self.end(victim, float(delay))

    def end(self, victim, delay):
        if not delay:
            self.kill(victim)
        threading.Timer(delay, self.kill, [victim]).start()

    def kill(self, victim):
        if victim == "process":
            os.kill(os.getpid(), signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, AttributeError):  # it is done and gone by now
            if victim == "backend":
                os.kill(self.connection.connection.info.backend_pid, signal.SIGKILL)
            else:
                for process in family(int(victim)):
                    os.kill(process, signal.SIGKILL)


def family(process):
    """The process and its children: a server's are in sessions of their own."""
    children = Path(f"/proc/{process}/task/{process}/children")
    return [process, *map(int, children.read_text().split() if children.exists() else [])]


def _watch(connection, **_):
    if os.environ.get("DYING"):
        Deadline(connection, Path(os.environ["DYING"]))


connection_created.connect(_watch, dispatch_uid="tests.deploy.dying")
