"""A real PostgreSQL behind a pgbouncer in transaction mode for one command: `python tests/pgbouncer.py COMMAND…`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.deploy import cluster
from tests.postgres import run


def main(command: list[str]) -> int:
    with (
        cluster.open_folder() as folder,
        cluster.primary(folder, "statement_timeout=60s") as server,
        cluster.pooler(folder, server) as pooler,
    ):
        # The pooler keeps connections to the tests' database, so nobody can drop it: it goes along with the server.
        options = f"{os.environ.get('PYTEST_ADDOPTS', '')} --reuse-db"
        return run(command, {**os.environ, "TEST_DATABASE_URL": pooler.url(), "PYTEST_ADDOPTS": options})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
