"""Let somebody try again who failed too often to sign in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.access import accounts


class Command(BaseCommand):
    help = "Let USER try again who failed too often to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")

    def handle(self, *, user: str, **options: Any) -> None:
        accounts.unlock(accounts.named(user))
        self.stdout.write(f"{user} can try again.")
