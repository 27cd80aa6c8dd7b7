"""Carry out the operations that are too long for a request, until it is stopped."""

import logging
import os
import platform
import secrets
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections
from django_tasks_db.management.commands.db_worker import Worker

from backoffice.background.boards import board
from backoffice.background.jobs import Job
from backoffice.background.pulse import Pulse
from backoffice.background.recovery import recover
from backoffice.dashboard.keeping import keep_up
from backoffice.imports import uploads
from backoffice.serving import request_id
from backoffice.start import connect, outages_tolerated

logger = logging.getLogger(__name__)

BEAT = 2.0  # seconds
HOUR = 3600.0
PAUSE = 2.0  # seconds after the database was not to be reached


class NumberedWorker(Worker):
    """Its lines about a job have the number of the request that asked for it."""

    def run_task(self, db_task_result: Any) -> None:
        [key, *_] = db_task_result.args_kwargs["args"]
        number = Job.objects.filter(pk=key).values_list("request_id", flat=True).first()
        with request_id.numbered(number or ""):
            super().run_task(db_task_result)


class Command(BaseCommand):
    help = "Carry out operations that are too long for a request. TERM: after the one that runs; twice: now."

    requires_system_checks = ()  # they ask the database, which may not be there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", action="store_true", help="End when nothing waits any more.")

    def handle(self, *, batch: bool, **options: Any) -> None:
        name = f"{platform.node()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
        leave_pools()
        with outages_tolerated():
            self.check()
        connect(connections[DEFAULT_DB_ALIAS])
        worker = NumberedWorker(
            queue_names=["default"],
            interval=1,
            batch=batch,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )
        worker.configure_signals()
        wait_until_ready(worker)
        if not worker.running:
            return
        try:
            expiring = Pulse(expire, HOUR, PAUSE)
            with Pulse(lambda: live(name), BEAT), Pulse(keep_up, 2 * BEAT, PAUSE), expiring:
                work(worker)
        finally:
            with suppress(OperationalError, InterfaceError):
                board().worker_leaves(name)


def wait_until_ready(worker: Worker) -> None:
    """An outage, and the first migrate that another host is at, are sat out."""
    while worker.running:
        try:
            Job.objects.exists()
            return
        except Error as error:
            cannot_be_used(error)


def live(name: str) -> None:
    board().worker_lives(name)
    recover()


def leave_pools() -> None:
    """Each thread here keeps a connection of its own: a pool as small as web processes do with would run dry."""
    for alias in connections:
        connections.settings[alias]["OPTIONS"].pop("pool", None)


def expire() -> None:
    call_command("prune_db_task_results", verbosity=0)
    uploads.expire()


def work(worker: Worker) -> None:
    """Until it is told to stop: an outage of the database, or a long wait for SQLite's one writer, is sat out."""
    while worker.running:
        try:
            return worker.run()
        except (OperationalError, InterfaceError) as error:
            cannot_be_used(error)


def cannot_be_used(error: Error) -> None:
    logger.warning("The database cannot be used now: %s", error)
    connections.close_all()
    time.sleep(PAUSE)
