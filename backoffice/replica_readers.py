"""Pages that read from the replica now, and what becomes of them when it answers nobody any more.

A server that was frozen, or a machine behind it, keeps its connections open: whoever asked waits for ever. So while
pages read, the replica is asked every second, and after some seconds of silence their connections are cut off: the
page meets an error, and is read from the primary.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from django.db import connections

from backoffice.replica_watch import Watch

logger = logging.getLogger(__name__)

EVERY = 1.0  # seconds
PATIENCE = 3.0  # seconds without an answer to anybody


class Readers:
    """Each thread that reads stands between `enter` and `leave`."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._lock = threading.Lock()
        self._reading: dict[int, Any] = {}
        self._guarded = False

    def enter(self) -> None:
        with self._lock:
            self._reading[threading.get_ident()] = connections[self._watch.alias]
            if self._guarded:
                return
            self._guarded = True
        threading.Thread(target=self._guard, name="replica readers", daemon=True).start()

    def leave(self) -> None:
        """Also of one who did not enter."""
        with self._lock:
            self._reading.pop(threading.get_ident(), None)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def _guard(self) -> None:
        begun = time.monotonic()
        while self._is_needed():
            answered = max(begun, self._watch.asked())
            if time.monotonic() - answered > PATIENCE:
                self._cut_off()
                begun = time.monotonic()

    def _is_needed(self) -> bool:
        time.sleep(EVERY)
        with self._lock:
            self._guarded = bool(self._reading)
            return self._guarded

    def _cut_off(self) -> None:
        with self._lock:  # whoever leaves gives the connection to somebody else
            for connection in self._reading.values():
                _cut(connection.connection)
        logger.warning("The replica does not answer: what is asked of it is cut off.")


def _cut(connection: Any) -> None:
    """End the conversation under whoever waits in it; the connection stays theirs to close."""
    server = getattr(connection, "pgconn", None)
    if server is None:
        return
    with contextlib.suppress(Exception), socket.socket(fileno=os.dup(server.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)
