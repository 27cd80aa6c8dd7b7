"""Something that is done every second beside the main thread, and survives an outage of the database."""

import logging
import threading
from collections.abc import Callable
from typing import Self

from django.db import Error, connections

logger = logging.getLogger(__name__)


class Pulse:
    """Calls `beat` when the block begins and every `seconds` until it ends, in a thread with connections of its own."""

    def __init__(
        self, beat: Callable[[], object], seconds: float = 1.0, patience: float | None = None
    ) -> None:
        """At the end a beat that is at it is waited for, at most `patience` seconds if that is said."""
        self._beat, self._seconds, self._patience = beat, seconds, patience
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(self._patience)

    def _go_on(self) -> None:
        try:
            self._beat_once()
            while not self._ended.wait(self._seconds):
                self._beat_once()
        finally:
            connections.close_all()

    def _beat_once(self) -> None:
        try:
            self._beat()
        except (Error, OSError) as error:
            logger.warning("A sign of life could not be given: %s", type(error.__cause__ or error).__name__)
            connections.close_all()
