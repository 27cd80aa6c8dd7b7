"""Fill an empty database with a believable organization of any size."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.progress import bar
from organization import seeding
from organization.models import Department

MOST = 100_000_000  # of anything: it fits into memory and into keys


def whole(text: str) -> int:
    digits = text.replace(",", "").replace("_", "")
    if not digits.isdecimal() or not 1 <= int(digits) <= MOST:
        raise ArgumentTypeError(f"{text!r} cannot be used. Use a whole number from 1 to {MOST:,}.")
    return int(digits)


class Command(BaseCommand):
    help = "Fill an empty database with a believable organization, the same for the same seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--employees", type=whole, default=3000, help="People in all (3,000)")
        parser.add_argument("--departments", type=whole, default=50, help="Departments in all (50)")
        parser.add_argument("--largest", type=whole, help="People in the largest one (a tenth of all)")
        parser.add_argument("--depth", type=whole, default=6, help="Levels of the tree (6); 1 is flat")
        parser.add_argument("--same-names", type=whole, default=0, help="So many departments share one name")
        parser.add_argument("--seed", type=int, default=1, help="Another number, another organization (1)")
        parser.add_argument("--append", action="store_true", help="Add to the departments that are there")

    def handle(self, *, employees: int, departments: int, **options: Any) -> None:
        if Department.objects.exists() and not options["append"]:
            raise CommandError(
                "There are departments already, and nothing was added. "
                "Use --append to add these to them, or name an empty database in DATABASE_URL."
            )
        largest = options["largest"] or max(-(-employees // 10), -(-employees // departments))
        rng = Random(options["seed"])  # noqa: S311  # repeatable, and nothing secret
        try:
            shape = seeding.grow(
                employees, departments, largest, options["depth"], options["same_names"], rng
            )
        except seeding.ShapeError as error:
            raise CommandError(str(error)) from None
        start = time.monotonic()
        seeding.load(shape, rng, watch=bar)
        self.stdout.write(
            f"{employees:,} employees in {departments:,} departments, {largest:,} in the largest: "
            f"{time.monotonic() - start:,.1f} s."
        )
