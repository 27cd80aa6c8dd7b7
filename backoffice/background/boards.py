"""Where a worker and the pages see each other while the worker's transaction is open.

On a server these are rows, written through another connection. SQLite has one writer, and that is the job: what happens
meanwhile is kept in small files beside the database, which both sides can reach, being on one machine.
"""

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple, Protocol

from django.db import connection
from django.db.models.functions import Now

from backoffice.background.jobs import Job, Phase, Worker

PATIENCE = 20  # seconds without a sign of life until a worker counts as dead
HEARD = 5  # seconds until whoever waits is told that none is heard of; nothing is taken from it yet
KEPT = 24 * 60 * 60  # seconds that a dead worker's row stays


class Progress(NamedTuple):
    phase: str = Phase.LOOKING
    recorded: int = 0
    changed: int = 0
    part: float = 0  # of what is read or checked; 1 stays while what came of it is written


class Board(Protocol):
    def worker_lives(self, name: str) -> None: ...
    def worker_leaves(self, name: str) -> None: ...
    def has_worker(self, within: float | None = None) -> bool:
        """Whether there was a sign of life of one within so many seconds; without them, whether none counts as dead."""
        ...

    def job_lives(self, job: Job, progress: Progress) -> bool:
        """Note how far the job is. False when it shall end."""
        ...

    def progress(self, job: Job) -> Progress: ...
    def ask_to_end(self, job: Job) -> None: ...
    def is_asked_to_end(self, job: Job) -> bool: ...
    def abandoned(self) -> list[Job]:
        """Running jobs whose worker has not been heard of."""
        ...

    def forget(self, job: Job) -> None: ...


class Rows:
    """For a database server. All times are its own: the clocks of machines differ."""

    def worker_lives(self, name: str) -> None:
        Worker.objects.update_or_create(name=name, defaults={"beat_at": Now()})
        Worker.objects.filter(beat_at__lt=ago(KEPT)).delete()

    def worker_leaves(self, name: str) -> None:
        Worker.objects.filter(name=name).delete()

    def has_worker(self, within: float | None = None) -> bool:
        return Worker.objects.filter(beat_at__gt=ago(PATIENCE if within is None else within)).exists()

    def job_lives(self, job: Job, progress: Progress) -> bool:
        mine = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=Job.State.RUNNING)
        return bool(mine.update(beat_at=Now(), **progress._asdict())) and not self.is_asked_to_end(job)

    def progress(self, job: Job) -> Progress:
        return Progress(job.phase, job.recorded, job.changed, job.part)

    def ask_to_end(self, job: Job) -> None:
        unfinished = [Job.State.WAITING, Job.State.RUNNING]
        Job.objects.filter(pk=job.pk, state__in=unfinished).update(cancel_asked=True)

    def is_asked_to_end(self, job: Job) -> bool:
        return Job.objects.filter(pk=job.pk, cancel_asked=True).exists()

    def abandoned(self) -> list[Job]:
        return list(Job.objects.filter(state=Job.State.RUNNING, beat_at__lt=ago(PATIENCE)))

    def forget(self, job: Job) -> None:
        pass


class Files:
    """For SQLite: a file for each worker and each running job; when it was written is the sign of life."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def worker_lives(self, name: str) -> None:
        self._write(f"worker-{name}")
        for file in self._old("worker-*", KEPT):
            file.unlink(missing_ok=True)

    def worker_leaves(self, name: str) -> None:
        (self.folder / f"worker-{name}").unlink(missing_ok=True)

    def has_worker(self, within: float | None = None) -> bool:
        limit = PATIENCE if within is None else within
        return any(_age(file) < limit for file in self.folder.glob("worker-*"))

    def job_lives(self, job: Job, progress: Progress) -> bool:
        self._write(f"job-{job.pk}", json.dumps(progress))
        return not self.is_asked_to_end(job)

    def progress(self, job: Job) -> Progress:
        try:
            return Progress(*json.loads((self.folder / f"job-{job.pk}").read_text()))
        except (OSError, ValueError):
            return Progress()

    def ask_to_end(self, job: Job) -> None:
        self._write(f"end-{job.pk}")

    def is_asked_to_end(self, job: Job) -> bool:
        return (self.folder / f"end-{job.pk}").exists()

    def abandoned(self) -> list[Job]:
        # One that has just begun has no file yet.
        running = Job.objects.filter(state=Job.State.RUNNING, beat_at__lt=ago(PATIENCE))
        return [job for job in running if _age(self.folder / f"job-{job.pk}") > PATIENCE]

    def forget(self, job: Job) -> None:
        for name in (f"job-{job.pk}", f"end-{job.pk}"):
            (self.folder / name).unlink(missing_ok=True)

    def _old(self, pattern: str, seconds: int) -> Iterable[Path]:
        return (file for file in self.folder.glob(pattern) if _age(file) > seconds)

    def _write(self, name: str, text: str = "") -> None:
        """In one step: who reads at that moment sees the old text or the new one."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        new = self.folder / f".{name}.{os.getpid()}"
        new.write_text(text)
        new.replace(self.folder / name)


def board() -> Board:
    if connection.vendor != "sqlite":
        return Rows()
    name = str(connection.settings_dict["NAME"])
    if "memory" in name:  # a test's database
        name = f"{gettempdir()}/memory-{os.getpid()}"
    return Files(Path(f"{name}-background"))


def ago(seconds: float) -> object:
    return Now() - timedelta(seconds=seconds)


def _age(file: Path) -> float:
    """Seconds since the file was written; endless where there is none."""
    with suppress(OSError):
        return time.time() - file.stat().st_mtime
    return float("inf")
