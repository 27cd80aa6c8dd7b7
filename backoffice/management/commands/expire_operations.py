"""Remove the detail of old operations."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.operations import retention

CENTURY = 36_500  # days


class Command(BaseCommand):
    help = (
        "Remove the row by row detail of operations that are older than the retention. They stay in the log and can "
        "no longer be undone. Run it every night; it can be stopped and run again at any moment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        default = settings.OPERATION_RETENTION_DAYS
        parser.add_argument(
            "--days",
            type=days,
            default=default,
            help=f"Older than so many days (OPERATION_RETENTION_DAYS: {default})",
        )

    def handle(self, *, days: int, **options: Any) -> None:
        expired = retention.expire(timezone.now() - datetime.timedelta(days=days))
        sentence = _(
            "Removed the detail of %(operations)s operations, %(rows)s rows. Their lines stay in the log."
        )
        self.stdout.write(sentence % {"operations": f"{expired.operations:,}", "rows": f"{expired.rows:,}"})


def days(text: str) -> int:
    if not text.isdecimal() or int(text) > CENTURY:
        raise ArgumentTypeError(f"{text!r} is not a number of days from 0 to {CENTURY:,}.")
    return int(text)
