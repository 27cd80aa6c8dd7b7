"""gunicorn's worker with threads, which takes no more requests than it has threads for.

The others wait where any worker can take them: in the socket's queue. So none waits for a busy worker beside an idle
one, and a worker that is killed takes along what its threads are at. gunicorn's own accepts up to worker_connections
requests and keeps them to itself. Only one that is told to stop takes what waits there by then, which nobody else may
answer.
"""

import select
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

from backoffice.security.headers import BARE
from backoffice.serving import request_id


def refuse(sock: Any, status: int, reason: str, _told: str) -> None:
    """What gunicorn answers without the panel, where its own page repeats what was sent and has none of our headers."""
    headers = {
        **BARE,
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": len(reason),
    }
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    util.write_nonblock(sock, "\r\n".join([*lines, "", reason]).encode("latin1"))


class Worker(ThreadWorker):  # type: ignore[misc]
    """Connections that are kept open without a request are as many as before, unless every thread is busy."""

    is_told_to_stop = False

    def init_process(self) -> None:
        util.write_error = refuse
        super().init_process()

    @property
    def is_full(self) -> bool:
        idle = len(self.keepalived_conns) + len(self.pending_conns)
        return bool(self.nr_conns - idle >= self.cfg.threads)

    @property
    def max_keepalived(self) -> int:
        """How many connections may be kept when one has been answered: a full worker lets them go to another one."""
        return 0 if self.is_full else self._max_keepalived

    @max_keepalived.setter
    def max_keepalived(self, number: int) -> None:
        self._max_keepalived = number

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled and not self.is_full)
        if self.is_told_to_stop:
            self._take_what_waits()

    def accept(self, listener: Any) -> None:
        super().accept(listener)
        self.set_accept_enabled(self._accepting)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        self.is_told_to_stop = True
        super().handle_exit(sig, frame)

    def _take_what_waits(self) -> None:
        """Then the socket is let go of: whoever comes later is refused at once, and can go elsewhere."""
        for listener in self.sockets:
            if listener.sock is not None:
                listener.setblocking(False)
                while select.select([listener], [], [], 0)[0]:
                    super().accept(listener)
                listener.close()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Up to its end, with what is said of a file that broke off, lines of the log have the request's number."""
        with request_id.numbered(""):
            return super().handle_request(req, conn)
