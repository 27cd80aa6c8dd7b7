"""A database that is down or hangs: alive, not ready in time, ready again soon; whichever way it is reached."""

import time

import pytest

from tests.deploy.cluster import until
from tests.deploy.server import serving, status

pytestmark = pytest.mark.deploy
WAYS = {"plain": "", "pool": "pool=1-4", "pgbouncer": "pgbouncer=1"}


@pytest.fixture(scope="module", params=WAYS)
def address(request, folder, primary, migrated):
    server = request.getfixturevalue("pooler") if request.param == "pgbouncer" else primary
    env = migrated | {"DATABASE_URL": server.url(question=WAYS[request.param])}
    with serving(env, folder / "log", "--workers", "1") as address:
        until(lambda: status(f"{address}/readyz") == 200, "It is never ready.")
        yield address


def not_ready(address):
    begun = time.monotonic()
    assert status(f"{address}/readyz") == 503
    assert time.monotonic() - begun < 2.5
    assert status(f"{address}/livez") == 200


def test_a_database_that_is_down(address, primary):
    primary.stop()
    try:
        time.sleep(1)
        not_ready(address)
    finally:
        primary.start()
    assert until(lambda: status(f"{address}/readyz") == 200, "It is not ready again.") < 10


def test_a_database_that_hangs(address, primary):
    primary.pause()
    try:
        not_ready(address)
        not_ready(address)
    finally:
        primary.resume()
    assert until(lambda: status(f"{address}/readyz") == 200, "It is not ready again.") < 10
