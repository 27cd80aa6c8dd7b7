"""Kill what works in the middle of an operation: `python -m tests.deploy.faults [--engine sqlite] [--points N]`.

Each deed is done again and again, and each time something dies with SIGKILL at another of its statements, or while that
one is under way: the process that does it, the server's process that works for it, or all of the server. Afterwards
the data has to be what it was, or what the deed makes of it, and the record has to agree with it row for row. What
was done is undone, so that the next time begins where this one did.
"""

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests import postgres

# As in production: what was acknowledged is there after a crash.
SAFE = ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "statement_timeout=0"]


class Server:
    """A PostgreSQL that may be killed; it comes back with its data, at the same port."""

    def __init__(self, folder):
        self.folder, self.port = folder, postgres.free_port()
        self.start()

    def start(self):
        self.life = postgres.server(*SAFE, kept=self.folder, port=self.port)
        self.url = self.life.__enter__()

    @property
    def process(self):
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def is_alive(self):
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.process, 0)
            status = Path(f"/proc/{self.process}/stat")
            return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
        return False

    def stop(self):
        self.life.__exit__(None, None, None)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.deploy.faults", description="Kill and look.")
    parser.add_argument("--engine", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument(
        "--points", type=int, default=3, metavar="N", help="deaths of each deed and victim (3)"
    )
    parser.add_argument("--people", type=int, default=600, metavar="N", help="employees (600)")
    parser.add_argument("--seed", type=int, help="of the random points, to see the same ones again")
    doers = ["command", "web", "worker"]
    parser.add_argument("--doers", choices=doers, nargs="+", default=doers, help="who does it (all three)")
    parser.add_argument("--spread", action="store_true", help="one victim for each deed, in turn")
    options = parser.parse_args(arguments)
    options.seed = random.randrange(10**6) if options.seed is None else options.seed
    with tempfile.TemporaryDirectory(prefix="faults-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        server = None
        if options.engine == "postgres":
            server = Server(folder / "postgres")
            stack.callback(server.stop)
        url = server.url if server else f"sqlite:///{folder / 'db.sqlite3'}"
        os.environ |= {"TEST_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.deploy.dying"}
        import django

        django.setup()
        from tests.deploy.trials import Trials  # it needs Django to be set up

        start = time.monotonic()
        trials = Trials(folder, server, options)
        stack.callback(trials.close)
        trials.run()
        print(f"{trials.summary} Seed {options.seed}, {time.monotonic() - start:.0f} s.")
        return 1 if trials.faults else 0


if __name__ == "__main__":
    sys.exit(main())
