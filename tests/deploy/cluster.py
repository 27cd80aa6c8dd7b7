"""PostgreSQL servers of a test's own: a primary, streaming replicas, a pgbouncer in front; each may be killed.

    with open_folder() as folder, primary(folder) as server, server.replica() as replica:
        server.kill()
        replica.promote()

A server keeps its port and its data over stop, kill and start. What was acknowledged is on the disk of the operating
system when a server is killed; the machine is never switched off, so nothing is synced.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests import postgres
from tests.deploy.programs import program

SECONDS = 60
# Commits are acknowledged as in production; statements may wait for a lock as long as a test wants.
PATIENT = ["synchronous_commit=on", "statement_timeout=0"]
REPLICATED = ["wal_level=replica", "max_wal_senders=10", "hot_standby=on", "wal_keep_size=256MB"]


class Server:
    """One PostgreSQL on 127.0.0.1, user postgres, no password."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder, self.more = folder, more
        self.port = postgres.free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.senders: list[int] = []
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        self.account = postgres.nobody() if os.geteuid() == 0 else {}
        self.binaries = postgres.reachable(postgres.find_binaries(), folder, self.account)
        self.options: dict[str, Any] = {
            "cwd": folder,
            "env": {"PATH": os.defpath, "HOME": str(folder)},
            **self.account,
        }

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def url(self, database: str = "postgres", question: str = "") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}{question and '?' + question}"

    def make(self) -> "Server":
        """An empty folder for the data, initialised."""
        self._own_folder()
        postgres.initialise(self.binaries, self.data, self.options)
        return self

    def like(self, data: Path) -> "Server":
        """The data of another server that is stopped, on its own."""
        self._own_folder()
        subprocess.run([program("cp", "coreutils"), "-a", f"{data}/.", self.data], check=True)
        return self

    def copy_of(self, other: "Server", slot: str) -> "Server":
        """The data of another server that runs, to follow it as a streaming replica."""
        self._own_folder()
        name = f"application_name={slot}"
        source = f"host=127.0.0.1 port={other.port} user=postgres {name}"
        words = ["-d", source, "-D", self.data, "-R", "-X", "stream", "-C", "-S", slot, "-c", "fast"]
        self.run("pg_basebackup", *words)
        return self

    def start(self) -> "Server":
        self.log.write_bytes(b"")
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    self.binaries / "postgres",
                    *("-D", self.data, "-h", "127.0.0.1", "-p", str(self.port)),
                    *postgres.settings([*PATIENT, *REPLICATED, *self.more]),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=postgres.stop_with_parent,
                **self.options,
            )
        postgres.wait(self.process, self.log)
        return self

    def stop(self) -> None:
        """As `pg_ctl stop -m fast`; one that is not running stays so."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            postgres.stop(self.process)

    def kill(self) -> None:
        """SIGKILL to the server: its own processes notice and leave."""
        assert self.process
        self.process.kill()
        while self.senders:
            os.kill(self.senders.pop(), signal.SIGKILL)  # one that is stopped notices nothing
        self.process.wait(SECONDS)

    def stop_sending(self) -> None:
        """What is committed from now on reaches no replica, until send_again() or kill()."""
        for [process] in self.ask("SELECT pid FROM pg_stat_replication"):
            self.senders.append(process)
            os.kill(process, signal.SIGSTOP)

    def send_again(self) -> None:
        while self.senders:
            os.kill(self.senders.pop(), signal.SIGCONT)

    def pause(self) -> None:
        """Every process stopped where it is: connections stay open, nobody answers."""
        self._tell(signal.SIGSTOP)

    def resume(self) -> None:
        self._tell(signal.SIGCONT)

    def _tell(self, what: signal.Signals) -> None:
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):  # one has ended since
                os.kill(process, what)

    def promote(self) -> None:
        """A replica becomes a primary."""
        self.run("pg_ctl", "-D", self.data, "-w", "promote")

    def run(self, name: str, *words: Any) -> str:
        """One of PostgreSQL's programs, as the account that owns the data; its output."""
        done = subprocess.run(
            [self.binaries / name, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            **self.options,
        )
        assert not done.returncode, f"{name}: {done.stderr}"
        return str(done.stdout)

    def ask(self, statement: str, database: str = "postgres") -> list[Any]:
        """The rows of a statement, outside of a transaction."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def set(self, name: str, value: str) -> None:
        """A setting that needs no restart."""
        self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask("SELECT pg_reload_conf()")

    @contextlib.contextmanager
    def replica(self, name: str = "replica", *more: str) -> Iterator["Server"]:
        """A streaming replica that has caught up."""
        follower = Server(self.folder.parent / name, *more).copy_of(self, name)
        with running(follower.start()):
            yield follower

    def caught_up(self, replica: "Server") -> bool:
        """Whether all that was committed here can be read there."""
        [[here]] = self.ask("SELECT pg_current_wal_lsn()")
        [[there]] = replica.ask(f"SELECT pg_last_wal_replay_lsn() >= '{here}'::pg_lsn")
        return bool(there)

    def _own_folder(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if self.account:
            os.chown(self.data, self.account["user"], self.account["group"])

    def _processes(self) -> list[int]:
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [*map(int, children), self.process.pid]


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that a server run as nobody gets into; pytest closes its own."""
    with tempfile.TemporaryDirectory(prefix="test-cluster-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


def both(primary: Server, replica: Server) -> str:
    """The URL of whichever of the two can be written to."""
    return f"postgres://postgres@127.0.0.1:{primary.port},127.0.0.1:{replica.port}/postgres"


@contextlib.contextmanager
def primary(folder: Path, *more: str) -> Iterator[Server]:
    """A server with an empty database `postgres` that replicas can follow."""
    with running(Server(folder / "primary", *more).make().start()) as server:
        yield server


POOLER = """
[databases]
* = host=127.0.0.1 port={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
default_pool_size = 4
server_login_retry = 1
server_connect_timeout = 2
query_wait_timeout = 5
ignore_startup_parameters = extra_float_digits
"""


class Pooler:
    """A pgbouncer in transaction mode in front of a server, with the settings that deploy/ recommends."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.port, self.folder = postgres.free_port(), folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        (folder / "pgbouncer.ini").write_text(POOLER.format(server=server.port, port=self.port))
        self.account = postgres.nobody() if os.geteuid() == 0 else {}

    def url(self, database: str = "postgres", question: str = "pgbouncer=1") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}{question and '?' + question}"

    @contextlib.contextmanager
    def running(self) -> Iterator["Pooler"]:
        words = [program("pgbouncer"), self.folder / "pgbouncer.ini"]
        with (self.folder / "log").open("wb") as output:
            process = subprocess.Popen(
                words,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                preexec_fn=postgres.stop_with_parent,
                **self.account,
            )
        try:
            until(
                lambda: _answers(self.url(question="")), f"pgbouncer does not answer: see {self.folder}/log"
            )
            yield self
        finally:
            process.terminate()
            process.wait(SECONDS)


@contextlib.contextmanager
def pooler(folder: Path, server: Server) -> Iterator[Pooler]:
    with Pooler(folder / "pgbouncer", server).running() as one:
        yield one


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2, autocommit=True):
            return True
    except psycopg.Error:
        return False


def until(true: Any, what: str, seconds: float = SECONDS) -> float:
    """Wait for it; how long it took."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < seconds, what
        time.sleep(0.05)
    return time.monotonic() - begun
