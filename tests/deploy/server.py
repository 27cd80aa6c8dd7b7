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


def panel(folder: Path, url: str, **changes: str | None) -> dict[str, str]:
    """A production start on `url` that answers over HTTP, without second factors and collected files."""
    quick = {
        "HTTPS": "off",
        "REQUIRE_SECOND_FACTOR": "off",
        "DJANGO_SETTINGS_MODULE": "tests.deploy.uncollected",
    }
    return production(folder, DATABASE_URL=url, **{**quick, **changes})


def manage(*arguments: str, env: dict[str, str], code: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """manage.py with these arguments, waited for; `code` is the clone that it is of."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=env, cwd=code, capture_output=True, text=True, timeout=300, check=False
    )


def gunicorn(*arguments: str, port: int) -> list[str]:
    options = ["-c", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}", *arguments]
    return [sys.executable, "-m", "gunicorn", "backoffice.wsgi", *options]


class Gunicorn:
    """One that keeps its address when it is stopped and started again."""

    def __init__(self, env: dict[str, str], log: Path, *arguments: str, code: Path = ROOT) -> None:
        self.env, self.log, self.code, self.port = env, log, code, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.command = gunicorn(*arguments, port=self.port)

    def start(self) -> None:
        """Until it answers /livez."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, env=self.env, cwd=self.code, stdout=output, stderr=output
            )
        wait_until_alive(self.address, self.process, self.log)

    def stop(self) -> int:
        """TERM; its exit code."""
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def workers(self) -> list[int]:
        """The processes of its workers."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextlib.contextmanager
def serving(env: dict[str, str], log: Path, *arguments: str, code: Path = ROOT) -> Iterator[str]:
    """The address of a gunicorn that answers /livez; TERM at the end of the block."""
    log.write_bytes(b"")
    server = Gunicorn(env, log, *arguments, code=code)
    try:
        server.start()
        yield server.address
    finally:
        server.stop()


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
