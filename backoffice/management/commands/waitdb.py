"""Wait until the database answers."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, Error, connections

from backoffice.deadline import Question, seconds
from backoffice.start import connect, direct

PAUSE = 0.5  # seconds
PATIENCE = 10.0  # seconds for one attempt


class Command(BaseCommand):
    help = "Wait until the database in DATABASE_URL answers; what waiting does not mend ends it at once."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--timeout", type=seconds, default=60, help="seconds (60)")

    def handle(self, *, timeout: float, **options: Any) -> None:
        end, question = time.monotonic() + timeout, Question(answers, "waitdb")
        while True:
            left = end - time.monotonic()
            try:
                if question.answer(max(0.0, min(left, PATIENCE))):
                    self.stdout.write("The database answers.")
                    return
            except TimeoutError:
                pass
            if time.monotonic() + PAUSE > end:
                raise CommandError(f"The database has not answered within {timeout:g} seconds.")
            time.sleep(PAUSE)


def answers() -> bool:
    """Whether it answers; raises the error of a login, a name or an option that is wrong."""
    connection = direct(connections[DEFAULT_DB_ALIAS])
    connect(connection)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except Error:
        return False
    finally:
        connection.close()
