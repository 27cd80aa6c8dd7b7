"""The table of which columns hold personal data."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.privacy import table

FILE = Path(__file__).resolve().parents[3] / "organization" / "personal-data.md"


class Command(BaseCommand):
    help = "Print which columns hold personal data, what for and how long, as a table in Markdown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--write", action="store_true", help=f"Write it to {FILE.name} beside the code instead"
        )

    def handle(self, *, write: bool, **options: Any) -> None:
        if write:
            FILE.write_text(table.markdown())
        else:
            self.stdout.write(table.markdown(), ending="")
