"""Requests that wait for a busy thread, when the panel is told to stop."""

import http.client
import sys
from concurrent.futures import ThreadPoolExecutor
from subprocess import Popen

import pytest

from tests.deploy.server import ROOT, STOP_SECONDS, wait_until_alive
from tests.postgres import free_port

SLOW = """
import time

def application(environ, start_response):
    if environ["PATH_INFO"] != "/livez":
        print("begun", flush=True)
        time.sleep(0.2)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
REQUESTS = 12

pytestmark = pytest.mark.engineless


@pytest.mark.parametrize("processes", [1, 3])
def test_what_was_sent_before_the_end_is_answered(tmp_path, processes):
    (tmp_path / "slow.py").write_text(SLOW)
    log, port = tmp_path / "log", free_port()
    options = [
        "--worker-class",
        "backoffice.serving.web_worker.Worker",
        "--threads",
        "1",
        "--pythonpath",
        str(tmp_path),
    ]
    options += ["--workers", str(processes), "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        command = [sys.executable, "-m", "gunicorn", "slow:application", *options]
        server = Popen(command, cwd=ROOT, stdout=output, stderr=output)
    wait_until_alive(f"http://127.0.0.1:{port}", server, log)

    sent = [http.client.HTTPConnection("127.0.0.1", port, timeout=STOP_SECONDS) for _ in range(REQUESTS)]
    for connection in sent:
        connection.request("GET", "/")
    while b"begun" not in log.read_bytes():
        pass
    server.terminate()
    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = list(pool.map(lambda connection: connection.getresponse().read(), sent))
    assert (answers, server.wait(STOP_SECONDS)) == ([b"ok"] * REQUESTS, 0)
