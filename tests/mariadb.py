"""A real MariaDB for one command: `python tests/mariadb.py COMMAND…` runs it with TEST_DATABASE_URL set.

Started from the system's binaries in a temporary folder, as tests/postgres.py does it; as root it runs as nobody.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.postgres import free_port, nobody, run, stop_with_parent

START_SECONDS = 60
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/libexec"])
NONE_FOUND = (
    "No MariaDB was found. Install it (Debian: apt-get install mariadb-server), or set TEST_DATABASE_URL."
)
QUICK = [
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--sync-binlog=0",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=48M",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_bin",
]


class NoMariaDB(Exception):
    """The message says what to do."""


def main(command: list[str]) -> int:
    with contextlib.ExitStack() as stack:
        try:
            url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(server())
        except NoMariaDB as error:
            print(error, file=sys.stderr)
            return 1
        return run(command, {**os.environ, "TEST_DATABASE_URL": url})


@contextlib.contextmanager
def server(*more: str) -> Iterator[str]:
    """The URL of a MariaDB that lives as long as the block; user root without a password. `more` are its options."""
    install, daemon = (shutil.which(name, path=PATH) for name in ("mariadb-install-db", "mariadbd"))
    if not install or not daemon:
        raise NoMariaDB(NONE_FOUND)
    folder = Path(tempfile.mkdtemp(prefix="test-mariadb-"))
    folder.chmod(0o755)
    account = nobody() if os.geteuid() == 0 else {}
    data, port = folder / "data", free_port()
    data.mkdir(mode=0o700)
    if account:
        os.chown(data, account["user"], account["group"])
    options: dict[str, Any] = {"cwd": "/", "env": {"PATH": PATH, "HOME": str(folder)}, **account}
    try:
        made = subprocess.run(
            [
                install,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
        if made.returncode:
            raise NoMariaDB(f"mariadb-install-db failed: {made.stderr.strip()}")
        words = [daemon, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
        words += [f"--socket={data}/socket", f"--pid-file={data}/pid", *QUICK, *more]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=stop_with_parent,
                **options,
            )
        try:
            wait(process, folder / "log")
            yield f"mysql://root@127.0.0.1:{port}/test"
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while b"ready for connections" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > end:
            raise NoMariaDB(f"MariaDB did not start. Its log says:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
