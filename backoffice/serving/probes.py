"""/livez and /readyz at a port of their own, which no page shares: however many of them wait, a probe is answered.

Each web process listens there for as long as it takes requests; the kernel gives a connection to one of them.
"""

import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from backoffice import health

PATIENCE = 5  # seconds for a probe to say what it wants
LOOK = 0.5  # seconds between two looks whether the process goes on


class Probe(BaseHTTPRequestHandler):
    timeout = PATIENCE

    def do_GET(self) -> None:
        response = health.answer(self.path.partition("?")[0])
        if response is None:
            self.send_error(404)
            return
        self.send_response(response.status_code)
        for name, value in response.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.content)

    do_HEAD = do_GET

    def version_string(self) -> str:
        return "backoffice"

    def log_message(self, *args: Any) -> None:
        """Probes come every second and say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = True
    timeout = LOOK

    def server_bind(self) -> None:
        """As HTTPServer, which asks the DNS for the name of the machine, and that may not answer."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asks may be gone."""


def serve(worker: Any, port: int) -> None:
    """Answer probes at `port` for as long as gunicorn's `worker` takes requests. Raises OSError."""
    server = Server(("0.0.0.0", port), Probe)  # noqa: S104  # as PORT

    def listen() -> None:
        with server:
            while worker.alive:
                server.handle_request()

    threading.Thread(target=listen, name="probes", daemon=True).start()
