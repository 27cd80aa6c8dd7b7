"""Whether what is stored is what the histories say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from backoffice.operations.agreement import disagreements
from backoffice.operations.tables import recorded_models


class Command(BaseCommand):
    help = (
        "Compare the history of each row, change by change, with what is stored now. Where somebody wrote past the "
        "panel, with SQL, some of the rows are named, and the exit code is 1."
    )

    def handle(self, **options: Any) -> None:
        found = [said for model in recorded_models() for said in disagreements(model, using=DEFAULT_DB_ALIAS)]
        if found:
            said = [
                "Somebody wrote past the panel. Rows to which their history does not lead, some of them:",
                *found,
            ]
            raise CommandError("\n".join(said))
        self.stdout.write("The histories lead to what is stored.")
