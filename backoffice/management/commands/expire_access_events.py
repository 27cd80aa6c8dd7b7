"""Remove old access events."""

import datetime
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.management.commands.expire_operations import days
from backoffice.security import reads


class Command(BaseCommand):
    help = (
        "Remove the access events (who looked at whom) that are older than the retention. Run it every night; it can "
        "be stopped and run again at any moment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        default = settings.ACCESS_EVENT_RETENTION_DAYS
        parser.add_argument(
            "--days",
            type=days,
            default=default,
            help=f"Older than so many days (ACCESS_EVENT_RETENTION_DAYS: {default})",
        )

    def handle(self, *, days: int, **options: Any) -> None:
        number = reads.expire(timezone.now() - datetime.timedelta(days=days))
        self.stdout.write(_("Removed %(number)s access events.") % {"number": f"{number:,}"})
