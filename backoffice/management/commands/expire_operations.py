"""Remove the detail of old operations."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.operations import retention
from backoffice.privacy import former, gone
from backoffice.serving.busy import is_busy

CENTURY = 36_500  # days


class Command(BaseCommand):
    help = (
        "Remove the row by row detail of operations that are older than the retention. They stay in the log and can "
        "no longer be undone; of people who were deleted by them nothing stays. Run it every night; it can be stopped "
        "and run again at any moment."
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
        now = timezone.now()
        before = now - datetime.timedelta(days=days)
        try:
            people = gone.forget(before)
        except OperationalError as error:
            if not is_busy(error):
                raise
            raise CommandError(
                _("Somebody else writes many rows at this moment. Nothing was removed: run it again later.")
            ) from error
        former.keep(before)
        expired = retention.expire(before)
        lines = gone.forget_names(now)
        sentence = _(
            "Removed the detail of %(operations)s operations, %(rows)s rows. Their lines stay in the log."
        )
        self.stdout.write(sentence % {"operations": f"{expired.operations:,}", "rows": f"{expired.rows:,}"})
        if people:
            sentence = _("Removed what was left of %(people)s people who had been deleted.")
            self.stdout.write(sentence % {"people": f"{people:,}"})
        if lines:
            sentence = _("Took subject and reason out of %(lines)s lines older than people are kept.")
            self.stdout.write(sentence % {"lines": f"{lines:,}"})


def days(text: str) -> int:
    if not text.isdecimal() or int(text) > CENTURY:
        raise ArgumentTypeError(f"{text!r} is not a number of days from 0 to {CENTURY:,}.")
    return int(text)
