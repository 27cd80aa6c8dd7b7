"""`make bench`: every page of the panel at two sizes beside the plain peer, as one table.

    python -m tests.scale.bench [--engine sqlite] [--page NAME] [--json FILE] …

A figure that is not as it should be is marked with !; the exit code is 0 all the same, because timings are measured,
never asserted. The databases are made on the server in BENCH_DATABASE_URL, else on one that is started with
the settings below, and stay for the next run.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import warnings
from pathlib import Path

import django

from tests import postgres

MOST = 100_000_000
FULL = {"postgres": 3_000_000, "sqlite": 100_000}
# What a server of some size has; the suite's own is as small as it can be.
SERVER = (
    "statement_timeout=0",  # filling three million rows takes its minutes
    "shared_buffers=2GB",
    "effective_cache_size=4GB",
    "work_mem=32MB",
    "maintenance_work_mem=512MB",
    "max_wal_size=8GB",
    "random_page_cost=1.1",
    "dynamic_shared_memory_type=mmap",  # a container's /dev/shm is small
)


def main(arguments=None):
    parser = _options()
    options = parser.parse_args(arguments)
    options.large = options.large or FULL[options.engine]
    if options.json and not options.json.resolve().parent.is_dir():
        parser.error(
            f"--json {options.json}: there is no folder {options.json.resolve().parent}. Make it first."
        )
    if options.largest and options.largest > options.large:
        parser.error(
            f"--largest {options.largest:,}: no department has more people than there are, {options.large:,}. "
            "Lower it, or raise --large."
        )
    if options.list:
        return _run(options)  # needs no server
    with contextlib.ExitStack() as stack:
        if options.engine == "postgres" and not os.environ.get("BENCH_DATABASE_URL"):
            server = postgres.server(*SERVER, kept=options.folder / "postgres")
            try:
                os.environ["BENCH_DATABASE_URL"] = stack.enter_context(server)
            except postgres.NoPostgres as error:
                print(error, file=sys.stderr)
                return 1
        return _run(options)


def _run(options):
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.scale.settings"
    os.environ["BENCH_PEER"] = options.peer_models
    warnings.simplefilter("ignore")  # the plain peer pages through rows in no order
    django.setup()
    from tests.scale import run  # it needs Django to be set up

    return run.run(options)


def whole(text):
    digits = text.replace(",", "").replace("_", "")
    if not digits.isdecimal() or not 1 <= int(digits) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be used. Use a whole number from 1 to {MOST:,}.")
    return int(digits)


def _options():
    parser = argparse.ArgumentParser(prog="python -m tests.scale.bench", description="Measure every page.")
    parser.add_argument("--engine", choices=FULL, default="postgres")
    parser.add_argument("--large", type=whole, metavar="N", help="employees (3,000,000; SQLite 100,000)")
    parser.add_argument("--small", type=whole, metavar="N", default=3_000, help="employees (3,000)")
    parser.add_argument("--peer", type=whole, metavar="N", default=300, help="employees of the peer (300)")
    parser.add_argument(
        "--peer-models",
        choices=("founding", "same"),
        default="founding",
        help="the peer's models: name and department alone (founding), or ours with the same columns",
    )
    parser.add_argument("--departments", type=whole, metavar="N", help="at the large size (a 60th)")
    parser.add_argument(
        "--largest", type=whole, metavar="N", help="people in the largest department (a tenth)"
    )
    parser.add_argument(
        "--page", action="append", metavar="NAME", help="only pages whose name has this in it"
    )
    parser.add_argument(
        "--operations",
        action="store_true",
        help="only operations on many people, no pages but those of --page",
    )
    parser.add_argument("--files", action="store_true", help="only files of many people, in and out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--rounds", type=whole, metavar="N", default=7, help="times each page is opened (7)")
    parser.add_argument(
        "--no-full-peer", action="store_true", help="do not measure the peer at the large size"
    )
    parser.add_argument(
        "--scoped",
        action="store_true",
        help="as an HR administrator of the largest department's branch; the peer at the large size is left out",
    )
    parser.add_argument(
        "--reuse",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="reuse a filled database of the same size",
    )
    parser.add_argument("--large-url", metavar="URL", help="measure this filled database as the large one")
    parser.add_argument("--small-url", metavar="URL", help="measure this filled database as the small one")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "hr-backoffice-bench",
        help="where SQLite files, or the data of a PostgreSQL of its own, are kept for the next run",
    )
    parser.add_argument(
        "--explain", action="store_true", help="plan of the slowest query where a time is not met"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the pages and stop")
    return parser


if __name__ == "__main__":
    sys.exit(main())
