"""A gunicorn of our own for a test: started in a process, asked until it answers, stopped by its process."""

import contextlib
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
STOP_SECONDS = 30


def production(folder: Path, **changes: str | None) -> dict[str, str]:
    """The environment of a production start and nothing of the caller's; a variable changed to None is not there."""
    environment: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": secrets.token_urlsafe(50),
        "MFA_ENCRYPTION_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "hr.example.com,127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        **changes,
    }
    return {name: value for name, value in environment.items() if value is not None}


def manage(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """manage.py with these arguments, waited for."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


def gunicorn(*arguments: str, port: int) -> list[str]:
    options = ["-c", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}", *arguments]
    return [sys.executable, "-m", "gunicorn", "backoffice.wsgi", *options]


@contextlib.contextmanager
def serving(env: dict[str, str], log: Path, *arguments: str) -> Iterator[str]:
    """The address of a gunicorn that answers /livez; TERM at the end of the block."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            gunicorn(*arguments, port=port), env=env, cwd=ROOT, stdout=output, stderr=output
        )
    try:
        wait_until_alive(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def wait_until_alive(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while status(f"{address}/livez") != 200:
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"gunicorn did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def status(url: str) -> int:
    """The status that a GET is answered with; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            code: int = response.status
            return code
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
