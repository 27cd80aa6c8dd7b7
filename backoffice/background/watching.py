"""What the statements of a job say about how far it is, and the place where it is stopped."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import Error, models

from backoffice.background.boards import Progress
from backoffice.background.jobs import Phase
from backoffice.background.outcome import Cancelled

WRITE = re.compile(r"""\s*(INSERT\ INTO|UPDATE|DELETE\ FROM)\s+["`]?(\w+)""", re.IGNORECASE | re.VERBOSE)
CLEARING = ("ROLLBACK", "RELEASE", "SAVEPOINT")


class Watch:
    """An execute wrapper: sees every statement of the job's connection before and after."""

    def __init__(self, connection: Any) -> None:
        from backoffice.operations.tables import recorded_models

        self.connection = connection
        self.live = {model._meta.db_table for model in recorded_models()}
        self.history = {model.history_model._meta.db_table for model in recorded_models()}
        self.progress = Progress()
        self.ended = threading.Event()
        self._inside = True
        self._lock = threading.Lock()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(CLEARING):
            return execute(sql, params, many, context)
        if self.ended.is_set():
            raise Cancelled
        phase = self._phase_of(sql)
        if phase:
            self.progress = self.progress._replace(phase=phase)
        result = execute(sql, params, many, context)
        if phase:
            self._count(phase, max(0, context["cursor"].rowcount))
        return result

    def reached(self, phase: str, part: float) -> None:
        """What the deed itself says. Where nothing passes the wrapper, as in a COPY, this is where it is stopped."""
        if self.ended.is_set():
            raise Cancelled
        self.progress = self.progress._replace(phase=phase, part=min(part, 1.0))

    def finish(self) -> None:
        self.progress = self.progress._replace(phase=Phase.FINISHING)

    def end(self) -> None:
        """Stop the job, from another thread: the statement that runs, and every one after it."""
        self.ended.set()
        with self._lock:
            if self._inside:
                interrupt(self.connection)

    def leave(self) -> None:
        """From now on no statement of the connection is the job's."""
        with self._lock:
            self._inside = False

    def _phase_of(self, sql: str) -> str:
        match = WRITE.match(sql)
        if not match:
            return ""
        if match[2] in self.history:
            return Phase.RECORDING
        return Phase.CHANGING if match[2] in self.live else ""

    def _count(self, phase: str, rows: int) -> None:
        name = "recorded" if phase == Phase.RECORDING else "changed"
        self.progress = self.progress._replace(**{name: getattr(self.progress, name) + rows})


def interrupt(connection: Any) -> None:
    """End the statement that runs on this connection of another thread, if there is one."""
    raw = connection.connection
    if raw is None:
        return
    with suppress(Error, OSError):
        if connection.vendor == "postgresql":
            raw.cancel_safe(timeout=5)
        elif connection.vendor == "sqlite":
            raw.interrupt()


class OperationsBegun:
    """The operations that are written in the block by this thread."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._found: list[Any] = []

    def __enter__(self) -> "OperationsBegun":
        from backoffice.models import Operation

        models.signals.post_save.connect(self._note, sender=Operation)
        return self

    def __exit__(self, *_: object) -> None:
        from backoffice.models import Operation

        models.signals.post_save.disconnect(self._note, sender=Operation)

    def largest(self) -> Any:
        """The one that touched most; one without any row was removed again and has no key."""
        kept = [operation for operation in self._found if operation.pk]
        return max(kept, key=lambda operation: operation.number, default=None)

    def _note(self, instance: Any, created: bool, **_: Any) -> None:
        if created and threading.get_ident() == self._thread:
            self._found.append(instance)
