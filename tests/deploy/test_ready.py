"""A database that is down or hangs: alive, not ready in time, ready again soon; whichever way it is reached."""

import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deploy.cluster import until
from tests.deploy.server import serving, status
from tests.postgres import free_port

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


def opened(url, patience=60):
    """The status of a page that looks for a session."""
    asked = urllib.request.Request(url, headers={"Cookie": f"sessionid={'x' * 32}"})
    try:
        with urllib.request.urlopen(asked, timeout=patience) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_a_database_that_is_down(address, primary):
    primary.stop()
    try:
        time.sleep(1)
        not_ready(address)
    finally:
        primary.start()
    assert until(lambda: status(f"{address}/readyz") == 200, "It is not ready again.") < 2


@pytest.mark.parametrize("way", ["", "pool=1-4"])
def test_a_host_that_is_silent_hides_no_other_one(folder, primary, migrated, way):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{primary.port}"
        env = migrated | {"DATABASE_URL": f"postgres://postgres@{hosts}/postgres?{way}"}
        with serving(env, folder / "silent.log", "--workers", "1") as address:
            assert [status(f"{address}/readyz") for _ in range(5)] == [200] * 5
            primary.pause()
            try:
                not_ready(address)
            finally:
                primary.resume()


def test_probes_have_a_port_that_no_page_shares(folder, primary, migrated):
    probes = free_port()
    env = migrated | {"PROBE_PORT": str(probes)}
    with serving(env, folder / "log", "--workers", "2") as address, ThreadPoolExecutor(16) as people:
        own = f"http://127.0.0.1:{probes}"
        until(lambda: status(f"{own}/readyz") == 200, "It is never ready.")
        assert status(f"{own}/admin/") == 404
        primary.pause()
        try:
            for _each in range(16):
                people.submit(opened, f"{address}/admin/")
            time.sleep(2)
            not_ready(own)
            assert opened(f"{address}/livez", patience=2) == 0, "The panel's own port is not busy."
        finally:
            primary.resume()
        assert until(lambda: status(f"{own}/readyz") == 200, "It is not ready again.") < 2


def test_a_database_that_hangs(address, primary):
    primary.pause()
    try:
        not_ready(address)
        not_ready(address)
    finally:
        primary.resume()
    assert until(lambda: status(f"{address}/readyz") == 200, "It is not ready again.") < 2


def test_a_server_that_can_only_be_read_until_it_is_promoted(folder, primary, migrated):
    log = folder / "standby.log"
    with primary.replica("standby") as standby:
        until(lambda: primary.caught_up(standby), "The replica does not follow.")
        with serving(migrated | {"DATABASE_URL": standby.url()}, log, "--workers", "1") as address:
            assert "can only be read" in log.read_text()
            not_ready(address)
            standby.promote()
            until(lambda: status(f"{address}/readyz") == 200, "It is never ready.")
