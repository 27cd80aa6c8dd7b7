"""Remove old uploads."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from backoffice.imports import uploads


class Command(BaseCommand):
    help = (
        f"Remove the files that were uploaded more than IMPORT_DAYS ({settings.IMPORT_DAYS}) ago, with what was noted "
        "of their rows. The worker does so every hour, and every upload; it can be stopped and run again at any moment."
    )

    def handle(self, **options: Any) -> None:
        number = uploads.expire()
        removed = ngettext("Removed %(n)s upload.", "Removed %(n)s uploads.", number)
        self.stdout.write(removed % {"n": f"{number:,}"})
