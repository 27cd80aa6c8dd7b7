"""Django's dumpdata, whose file is its owner's alone, and which the log of security events tells of."""

import os
from typing import Any

from django.core.management.commands import dumpdata

from backoffice.operations.current import command
from backoffice.security.events import event


class Command(dumpdata.Command):
    def handle(self, *app_labels: str, **options: Any) -> None:
        event(
            "sensitive_read", level="WARN", what="dump", source=command(), models=list(app_labels) or ["all"]
        )
        before = os.umask(0o077)
        try:
            super().handle(*app_labels, **options)
        finally:
            os.umask(before)
