"""The network to the primary is cut without a word, and the panel notices by its own time limits."""

import json
import os
import subprocess
import sys

import pytest

from tests.deploy.figures import report
from tests.deploy.programs import program
from tests.deploy.server import ROOT

pytestmark = pytest.mark.deploy
SECONDS = 10  # from the cut to the next write


@pytest.fixture(scope="module")
def waited(seed):
    """Seconds from the cut to the next write, for each way of reaching the database."""
    if os.geteuid():
        pytest.skip("A network of one's own to cut takes root.")
    unshare = program("unshare", "util-linux")
    program("ip", "iproute2"), program("iptables")
    try:
        subprocess.run(
            [unshare, "--net", program("iptables"), "-S"], check=True, capture_output=True, timeout=60
        )
    except subprocess.SubprocessError as error:
        pytest.skip(f"This machine gives nobody a network to cut: {getattr(error, 'stderr', b'').decode()}")
    command = [unshare, "--net", sys.executable, "-m", "tests.deploy.silence", seed.data]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    report(f"network cut, replica promoted after 2 s; next write after {found} s")
    return found


@pytest.mark.parametrize("way", ["plain", "pool"])
def test_people_go_on_within_seconds(waited, way):
    assert waited[way] is not None
    assert waited[way] <= SECONDS


def test_without_the_limits_they_do_not(waited):
    assert waited["without limits"] is None
