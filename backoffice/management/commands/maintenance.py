"""Let everybody read and nobody write."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from backoffice.serving import maintenance


class Command(BaseCommand):
    help = "Make the panel read-only for all its processes, or end that. Pages say so within a few seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["on", "off", "state"])
        parser.add_argument("--reason", default="", help="A sentence for every page: “Back at 14:00.”")

    def handle(self, *, what: str, reason: str, **options: Any) -> None:
        if what == "on":
            maintenance.begin(reason)
        elif what == "off":
            maintenance.end()
        if settings.MAINTENANCE:
            self.stdout.write("The panel is read-only: MAINTENANCE is on in the environment.")
        else:
            self.stdout.write(
                "The panel is read-only." if maintenance.asked().on else "The panel can be written to."
            )
