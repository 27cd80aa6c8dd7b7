import threading
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest

from backoffice import health
from backoffice.serving import probes
from tests.postgres import free_port

pytestmark = pytest.mark.engineless


@pytest.fixture
def probe(monkeypatch):
    """What is answered at a port of its own while a worker takes requests."""
    monkeypatch.setattr(health, "ask_database", list)
    worker, port = SimpleNamespace(alive=True), free_port()
    before = set(threading.enumerate())
    probes.serve(worker, port)

    def probe(path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, b""

    yield probe
    worker.alive = False
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def test_probes_are_answered_and_nothing_else_is(probe):
    assert probe("/livez?now") == (200, b"ok\n")
    assert probe("/readyz") == (200, b'{"ready": true, "missing": []}')
    assert probe("/readyz", "HEAD") == (200, b"")
    assert probe("/admin/")[0] == 404
    assert probe("/livez", "POST")[0] == 501


def test_it_is_said_what_is_missing(probe, monkeypatch):
    monkeypatch.setattr(health, "ask_database", lambda: ["The database does not answer."])
    assert probe("/readyz")[0] == 503
