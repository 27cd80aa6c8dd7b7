"""Encrypt second factors with the first MFA_ENCRYPTION_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from backoffice.access.resealing import reseal


class Command(BaseCommand):
    help = (
        "Encrypt all second factors with the first MFA_ENCRYPTION_KEY; the ones behind it may go afterwards."
    )

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Encrypted {reseal()} second factors with the first MFA_ENCRYPTION_KEY.")
