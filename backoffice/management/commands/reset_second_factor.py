"""Remove the second factors of somebody who has lost them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.access import accounts


class Command(BaseCommand):
    help = "Remove the second factors of USER and end all sessions of theirs; a new one is set up at the next sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")

    def handle(self, *, user: str, **options: Any) -> None:
        number = accounts.reset_second_factor(accounts.named(user))
        self.stdout.write(
            f"Removed the second factors of {user} ({number}). A new one is set up at the next sign-in."
        )
