"""Restarts, reloads and deaths of web processes under people who read and write: who notices."""

import contextlib
import os
import signal
import time

import pytest

from tests.deploy.cluster import Server, running, until
from tests.deploy.figures import report
from tests.deploy.proxy import in_front_of
from tests.deploy.readers import Readers
from tests.deploy.server import Gunicorn, panel, status
from tests.deploy.writers import Writers

pytestmark = pytest.mark.deploy
THREADS = 4
# One for all: a session that one of them made is good at the others.
KEY = "one and the same for all of the panels of this test 0123456789"
BEHIND = {"HTTPS": "on", "BEHIND_PROXY": "on"}
NOTICED = 2  # seconds: the proxy asks every half second, and believes the second refusal
REQUESTS = 3000  # looked at behind the proxy, at least


@pytest.fixture(scope="module")
def database(folder, seed):
    with running(Server(folder / "rolling").like(seed.data).start()) as server:
        yield server


@contextlib.contextmanager
def web(folder, database, name, *words, **changes):
    drain = folder / f"drain-{name}"
    env = panel(folder, database.url(), DRAIN_FILE=str(drain), **changes)
    env |= dict.fromkeys(("SECRET_KEY", "MFA_ENCRYPTION_KEY"), KEY)
    one = Gunicorn(env, folder / f"log-{name}", "--threads", str(THREADS), *words)
    one.start()
    try:
        yield one, drain
    finally:
        one.stop()


def nobody_noticed(what, readers, writers, database):
    failed = len(readers.failed) + len(writers.failed)
    report(
        f"{what}: {readers.answered} pages read, {len(writers.added)} people added, {failed} requests failed"
    )
    assert readers.failed == []
    assert writers.failed == []
    assert writers.lost(database) == []
    assert writers.given_twice() == []


def test_nobody_notices_that_two_panels_are_restarted_one_after_the_other(folder, database):
    with contextlib.ExitStack() as stack:
        panels = [
            stack.enter_context(web(folder, database, name, "--workers", "1", **BEHIND)) for name in "ab"
        ]
        address = stack.enter_context(in_front_of(*(one.address for one, _ in panels), folder=folder))
        readers, writers = Readers(address), Writers(address, 2, "Rolling")
        with readers.reading(), writers.writing():
            for one, drain in panels:
                restart(one, drain)
            until(
                lambda: readers.answered + len(writers.added) >= REQUESTS or readers.failed, "Too slow.", 120
            )
        nobody_noticed("two panels restarted one after the other", readers, writers, database)
        assert readers.answered + len(writers.added) >= REQUESTS


def restart(one, drain):
    """As deploy/README.md says it."""
    drain.touch()
    time.sleep(NOTICED)
    assert one.stop() == 0
    drain.unlink()
    one.start()
    until(lambda: status(f"{one.address}/readyz") == 200, "It is never ready again.")
    time.sleep(NOTICED)


def test_a_panel_that_is_killed_is_noticed(folder, database):
    """That a lost request would be seen."""
    with contextlib.ExitStack() as stack:
        panels = [
            stack.enter_context(web(folder, database, name, "--workers", "1", **BEHIND)) for name in "cd"
        ]
        address = stack.enter_context(in_front_of(*(one.address for one, _ in panels), folder=folder))
        readers, writers = Readers(address), Writers(address, 4, "Killed")
        with readers.reading(), writers.writing():
            time.sleep(2)
            for process in [panels[0][0].process.pid, *panels[0][0].workers()]:
                os.kill(process, signal.SIGKILL)
            time.sleep(3)
        report(
            f"a panel killed behind the proxy: {len(readers.failed) + len(writers.failed)} requests failed"
        )
        assert readers.failed or writers.failed
        assert writers.lost(database) == []


def test_nobody_notices_a_reload(folder, database):
    with web(folder, database, "reload", "--workers", "2") as (one, _):
        readers, writers = Readers(one.address), Writers(one.address, 2, "Reload")
        with readers.reading(), writers.writing():
            for _ in range(3):
                before = set(one.workers())
                one.process.send_signal(signal.SIGHUP)
                until(lambda: len(now := set(one.workers())) == 2 and not now & before, "No new workers.")  # noqa: B023
                time.sleep(1)
        nobody_noticed("HUP three times", readers, writers, database)


def test_a_worker_that_is_killed_takes_no_more_than_its_threads_along(folder, database):
    with web(folder, database, "worker", "--workers", "2") as (one, _):
        readers, writers = Readers(one.address, 4), Writers(one.address, 4, "Worker")
        with readers.reading(), writers.writing():
            time.sleep(2)
            victim = one.workers()[0]
            os.kill(victim, signal.SIGKILL)
            until(lambda: len(now := one.workers()) == 2 and victim not in now, "No new worker.")
            time.sleep(3)
        failed = len(readers.failed) + len(writers.failed)
        report(f"a worker killed: {failed} of {readers.answered + len(writers.added)} requests failed")
        assert failed <= THREADS
        assert writers.lost(database) == []
        assert writers.given_twice() == []
