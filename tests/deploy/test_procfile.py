"""The Procfile as a platform runs it: release, then web and worker until TERM."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.cluster import until
from tests.deploy.server import ROOT, START_SECONDS, STOP_SECONDS, manage, panel, status
from tests.postgres import free_port

pytestmark = pytest.mark.engineless
HONCHO = Path(sys.executable).parent / "honcho"
JOB = """
from django.contrib.auth.models import User
from backoffice import background
from organization.models import Department, Employee
one, two = Department.objects.create(name="One"), Department.objects.create(name="Two")
Employee.objects.create(name="Alice", department=one)
background.start("transfer", "tests.deploy.deeds.move", {{"folder": {folder!r}}},
    actor=User.objects.create_superuser("hr"), rows=1, title="Move everybody to Two")
"""
MOVED = "from organization.models import Employee; print(Employee.objects.get().department)"


@pytest.fixture
def env(tmp_path):
    path = f"{HONCHO.parent}{os.pathsep}{os.environ['PATH']}"
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return panel(tmp_path, url, PATH=path, WEB_CONCURRENCY="1", PYTHONUNBUFFERED="1")


def test_release_web_and_worker(env, tmp_path):
    release = subprocess.run(
        [HONCHO, "start", "release"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert release.returncode == 0, release.stdout + release.stderr
    assert manage("shell", "-c", JOB.format(folder=str(tmp_path)), env=env).returncode == 0
    with honcho(env, tmp_path / "log") as (process, address):
        until(lambda: status(f"{address}/readyz") == 200, "The web process is not ready.", START_SECONDS)
        until((tmp_path / "at-changed").exists, "The worker does not work.", START_SECONDS)
        until(lambda: manage("shell", "-v", "0", "-c", MOVED, env=env).stdout == "Two\n", "Never done.")
        children = descendants(process.pid)
        assert len(children) >= 4  # a shell or the program itself for each, and gunicorn's worker
        assert all(map(alive, children))
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 128 + signal.SIGTERM
    log = (tmp_path / "log").read_text()
    assert "web.1    | " in log
    assert "SIGKILL" not in log
    assert [child for child in children if alive(child)] == []
    assert status(f"{address}/livez") == 0


@contextlib.contextmanager
def honcho(env, log):
    port = free_port()
    with log.open("wb") as output:
        command = [HONCHO, "start", "--no-colour", "--port", str(port), "web", "worker"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def alive(process):
    """One that has ended may wait for somebody to ask how."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def descendants(process):
    """Every process that this one or one of its own started."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []
    return [pid for child in map(int, children) for pid in [child, *descendants(child)]]
