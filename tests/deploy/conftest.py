"""What tests of a deployment stand on; the servers live as long as the module."""

import pytest

from tests.deploy import cluster
from tests.deploy.server import manage, production


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
    env = production(
        folder,
        DATABASE_URL=primary.url(),
        HTTPS="off",
        REQUIRE_SECOND_FACTOR="off",
        DJANGO_SETTINGS_MODULE="tests.deploy.uncollected",
    )
    done = manage("migrate", env=env)
    assert done.returncode == 0, done.stderr
    return env
