"""Remove the second factors of somebody who has lost them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.access import accounts
from backoffice.access.second_factor import demanded_of


class Command(BaseCommand):
    help = (
        "Remove the second factors of USER and end all sessions of theirs; who is to have one sets up another at the "
        "next sign-in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")

    def handle(self, *, user: str, **options: Any) -> None:
        account = accounts.named(user)
        number = accounts.reset_second_factor(account)
        then = (
            "A new one is set up" if demanded_of(account) else "They are asked for none, and can set one up"
        )
        self.stdout.write(f"Removed the second factors of {user} ({number}). {then} at the next sign-in.")
