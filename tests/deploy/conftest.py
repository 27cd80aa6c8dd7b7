"""What tests of a deployment stand on; the servers live as long as the module."""

import pytest

from tests.deploy import cluster
from tests.deploy.server import manage, panel
from tests.deploy.writers import SETUP


@pytest.fixture(scope="module")
def folder():
    """Open to nobody, as whom servers run."""
    with cluster.open_folder() as path:
        yield path


@pytest.fixture(scope="module")
def primary(folder):
    with cluster.primary(folder) as server:
        yield server


@pytest.fixture(scope="module")
def pooler(folder, primary):
    with cluster.pooler(folder, primary) as one:
        yield one


@pytest.fixture(scope="module")
def migrated(folder, primary):
    """The environment of a production start over HTTP on the primary, its tables made."""
    env = panel(folder, primary.url())
    done = manage("migrate", env=env)
    assert done.returncode == 0, done.stderr
    return env


@pytest.fixture(scope="session")
def seed():
    """The stopped server whose data others begin with: tables, somebody who may do everything, a department."""
    with cluster.open_folder() as folder:
        with cluster.primary(folder) as server:
            env = panel(folder, server.url())
            for words in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", SETUP]):
                done = manage(*words, env=env)
                assert done.returncode == 0, done.stderr
        yield server
