"""The network to the primary goes silent: `python -m tests.deploy.silence DATA`, in a network of its own.

Packets to and from the primary are dropped, as when its machine loses power or its switch does: nobody is told
anything. The replica is promoted; how long people wait for their next write is printed as JSON, for a panel as it
comes, one with a pool, and one whose URL takes the time limits away (null: it never went on as long as was watched).

DATA is the folder of a stopped server. It runs under `unshare --net`, so that no rule outlives it.
"""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

from tests.deploy.cluster import Server, both, open_folder, running
from tests.deploy.programs import program
from tests.deploy.server import panel, serving
from tests.deploy.writers import Writers

WAYS = {
    "plain": "",
    "pool": "?pool=1-4",
    "without limits": "?connect_timeout=0&tcp_user_timeout=0&keepalives=0",
}
WATCHED = 16  # seconds
PROMOTED_AFTER = 2


def main(data: Path) -> None:
    subprocess.run([program("ip"), "link", "set", "lo", "up"], check=True)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(open_folder())
        primary = Server(folder / "primary").like(data)
        stack.enter_context(running(primary.start()))
        replica = Server(folder / "replica").copy_of(primary, "replica")
        stack.enter_context(running(replica.start()))
        writers = {}
        for way, question in WAYS.items():
            env = panel(folder, f"{both(primary, replica)}{question}")
            words = ["--workers", "1", "--graceful-timeout", "1"]
            writers[way] = Writers(
                stack.enter_context(serving(env, folder / way, *words)), 2, way, patience=0
            )
        for one in writers.values():
            stack.enter_context(one.writing())
        time.sleep(3)
        cut(primary.port)
        silent = time.monotonic()
        time.sleep(PROMOTED_AFTER)
        replica.promote()
        time.sleep(WATCHED - PROMOTED_AFTER)
        promoting = silent + PROMOTED_AFTER  # what was answered before came just before the cut
        first = {way: one.first_after(promoting) for way, one in writers.items()}
        print(json.dumps({way: after and round(PROMOTED_AFTER + after, 2) for way, after in first.items()}))


def cut(port: int) -> None:
    for end in ("--dport", "--sport"):
        rule = ["--append", "INPUT", "--protocol", "tcp", end, str(port), "--jump", "DROP"]
        subprocess.run([program("iptables"), *rule], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
