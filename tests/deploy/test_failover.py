"""The primary dies under people who write, a replica is promoted: the panel goes on by itself, and nothing is lost."""

import contextlib
import time
from typing import NamedTuple

import pytest

from tests.deploy.cluster import Server, both, open_folder, running
from tests.deploy.figures import report
from tests.deploy.server import manage, panel, serving
from tests.deploy.writers import AGREEMENT, Writers

pytestmark = pytest.mark.deploy
SECONDS_AFTER = 2  # from the promotion to the first write
WAYS = {"plain": "", "pool": "?pool=1-4"}


@pytest.fixture
def folder():
    with open_folder() as path:
        yield path


class Outcome(NamedTuple):
    writers: Writers
    died: float
    promoted: float
    replica: Server
    env: dict[str, str]


@contextlib.contextmanager
def killed(folder, seed, question="", *settings):
    """The primary is killed a second after the last byte left it, and the replica promoted two seconds later."""
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(running(Server(folder / "primary", *settings).like(seed.data).start()))
        replica = Server(folder / "replica").copy_of(primary, "replica")
        stack.enter_context(running(replica.start()))
        env = panel(folder, f"{both(primary, replica)}{question}")
        with serving(env, folder / "log", "--workers", "2") as address, Writers(address).writing() as writers:
            time.sleep(3)
            primary.stop_sending()
            time.sleep(1)
            primary.kill()
            died = time.monotonic()
            time.sleep(2)
            replica.promote()
            promoted = time.monotonic()
            time.sleep(5)
        yield Outcome(writers, died, promoted, replica, env | {"DATABASE_URL": replica.url()})


@pytest.mark.parametrize("way", WAYS)
def test_nothing_acknowledged_is_lost_when_the_primary_dies(folder, seed, way):
    with killed(folder, seed, WAYS[way], "synchronous_standby_names=*") as outcome:
        writers, replica = outcome.writers, outcome.replica
        first, usual = writers.first_after(outcome.promoted), writers.slowest_before(outcome.died)
        report(
            f"primary killed ({way}): first write {first:.2f} s after the promotion; {len(writers.added)} added, "
            f"{len(writers.failed)} failed, the slowest before took {usual:.2f} s"
        )
        assert writers.lost(replica) == []
        assert writers.given_twice() == []
        said = manage("shell", "--verbosity", "0", "-c", AGREEMENT, env=outcome.env)
        assert (said.returncode, said.stdout) == (0, ""), said.stdout + said.stderr
        assert first <= SECONDS_AFTER + usual


def test_without_waiting_for_the_replica_acknowledged_writes_are_lost(folder, seed):
    """What synchronous replication is for, and that a loss would be seen."""
    with killed(folder, seed) as outcome:
        writers = outcome.writers
        lost, twice = writers.lost(outcome.replica), writers.given_twice()
        report(f"asynchronous: {len(lost)} of {len(writers.added)} lost, {len(twice)} ids given twice")
        assert lost
        again = writers.added[-1]._replace(
            name="Somebody else"
        )  # an id, too, would be seen to be given twice
        writers.added.append(again)
        assert again.key in writers.given_twice()
