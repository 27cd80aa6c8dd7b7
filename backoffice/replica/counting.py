"""Pages that read from the replica now, and what becomes of them when it answers nobody any more.

A server that was frozen, or a machine behind it, keeps its connections open: whoever asked waits for ever. So while
pages read, the very servers that they read from, whatever other hosts REPLICA_URL names, are asked every second, and
after some seconds of silence the connections to one are cut off: the page meets an error, and is read from the primary.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connections

from backoffice.deadline import Question

logger = logging.getLogger(__name__)

EVERY = 1.0  # seconds
DEADLINE = 1.0  # seconds that an answer is waited for
PATIENCE = 3.0  # seconds without an answer


class Place(NamedTuple):
    """The one host that a connection leads to."""

    host: str
    hostaddr: str | None  # None: a socket
    port: int


class Readers:
    """Each thread that reads stands between `enter` and `leave`."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._lock = threading.Lock()
        self._reading: dict[int, Any] = {}
        self._guarded = False

    def enter(self) -> None:
        with self._lock:
            self._reading[threading.get_ident()] = connections[self._alias]
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
        servers: dict[Place, Server] = {}
        while self._is_needed():
            servers = {
                place: servers.get(place) or Server(place, connection)
                for place, connection in self._places().items()
            }
            for place in [place for place, server in servers.items() if server.is_silent()]:
                self._cut_off(place)
                del servers[place]

    def _is_needed(self) -> bool:
        time.sleep(EVERY)
        with self._lock:
            self._guarded = bool(self._reading)
            return self._guarded

    def _places(self) -> dict[Place, Any]:
        """A connection to each server that is read from now."""
        with self._lock:
            found = {place_of(connection): connection for connection in self._reading.values()}
        return {place: connection for place, connection in found.items() if place}

    def _cut_off(self, place: Place) -> None:
        with self._lock:  # whoever leaves gives the connection to somebody else
            for connection in self._reading.values():
                if place_of(connection) == place:
                    _cut(connection.connection)
        logger.warning("The replica does not answer: what is asked of it is cut off.")


class Server:
    """One that is read from by `connection`; it is asked by connections of its own."""

    def __init__(self, place: Place, connection: Any) -> None:
        options = {"target_session_attrs": "any", "autocommit": True}
        self._parameters = {**connection.get_connection_params(), **place._asdict(), **options}
        self._connect = connection.Database.connect
        self._question: Question[None] = Question(self._ask, "replica server")
        self._answered = time.monotonic()

    def is_silent(self) -> bool:
        with contextlib.suppress(Exception):  # whatever keeps it from being asked is no answer
            self._question.answer(DEADLINE)
        return time.monotonic() - self._answered > PATIENCE

    def _ask(self) -> None:
        with contextlib.closing(self._connect(**self._parameters)) as line:
            line.execute("SELECT 1")
        self._answered = time.monotonic()


def place_of(connection: Any) -> Place | None:
    """None where it is closed, or no connection of PostgreSQL."""
    with contextlib.suppress(Exception):
        info = connection.connection.info
        return Place(info.host, info.hostaddr or None, info.port)
    return None


def _cut(connection: Any) -> None:
    """End the conversation under whoever waits in it; the connection stays theirs to close."""
    with (
        contextlib.suppress(Exception),
        socket.socket(fileno=os.dup(connection.pgconn.socket)) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
