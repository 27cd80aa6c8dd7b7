"""Count the figures of the first page that are kept, for a panel without a worker."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.dashboard import boards
from backoffice.dashboard.keeping import count


class Command(BaseCommand):
    help = "Count the figures of the first page of large tables. A worker does so by itself."

    def handle(self, **options: Any) -> None:
        for board in boards():
            started = time.monotonic()
            if count(board):
                self.stdout.write(f"Counted {board.name}: {time.monotonic() - started:,.1f} s.")
            else:
                self.stdout.write(f"{board.name} is being counted already.")
