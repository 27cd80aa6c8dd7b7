"""The table of all variables of the environment."""

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from backoffice import variables

FILE = Path(__file__).resolve().parents[3] / "README.md"
TABLE = re.compile(r"^\| variable \|.*\n(?:\|.*\n)+", re.MULTILINE)


class Command(BaseCommand):
    help = "Print every variable of the environment, its default and what it is, as a table in Markdown."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="Write it into README.md instead")

    def handle(self, *, write: bool, **options: Any) -> None:
        if write:
            text = FILE.read_text(encoding="utf-8")
            FILE.write_text(TABLE.sub(lambda _: variables.table(), text, count=1), encoding="utf-8")
        else:
            self.stdout.write(variables.table(), ending="")
