"""Make a backup of the database, and bring one back."""

import signal
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.utils import timezone

from backoffice.backups.contents import differences
from backoffice.backups.engines import dump, load, measure
from backoffice.backups.files import DUMP, NoBackup, beside, is_no_file, pack, unpacked
from backoffice.backups.sealed import opened, written

PIECE = 1024 * 1024
ENDS = (signal.SIGTERM, signal.SIGHUP)


def write(connection: Any, file: Path, key: str = "") -> int:
    """Write the backup; how many rows are in it. The file is there when it is complete, and nobody else can read it."""
    if is_no_file(file):
        raise NoBackup(
            f"{file} is there and no file, and a backup takes the place of what is there. "
            "Name a new file, or one that may be replaced."
        )
    with ended_cleanly(), beside(file) as folder:
        with written(folder / DUMP, key) as output:
            was = dump(connection, output)
            size = output.tell()
        made = {"engine": connection.vendor, "made_at": timezone.now().isoformat(), "tables": was}
        with opened(folder / DUMP, key) as content, written(folder / "whole", key) as whole:
            pack(whole, made, content, size)
        (folder / "whole").replace(file.resolve())
    return sum(int(number) for number, _ in was.values())


def restore(connection: Any, file: Path, key: str = "") -> int:
    """Bring the backup into an empty database and compare; how many rows are there now.

    Raises NoBackup where it does not fit, or where a table is not what it was.
    """
    if not file.is_file():
        raise NoBackup(f"There is no file {file}.")
    if connection.introspection.table_names():
        raise NoBackup(
            "The database is not empty: a backup is restored into an empty one. Name another in DATABASE_URL."
        )
    made = _read(file, key)
    if made["engine"] != connection.vendor:
        raise NoBackup(f"The backup is of {made['engine']}, and the database is {connection.vendor}.")
    with ended_cleanly(), opened(file, key) as whole, unpacked(whole) as (_, content):
        load(connection, content)
    now = measure(connection)
    if wrong := differences(made["tables"], now):
        raise NoBackup(f"What was restored is not what was backed up. {' '.join(wrong)}")
    return sum(int(number) for number, _ in now.values())


def _read(file: Path, key: str) -> dict[str, Any]:
    """What the backup says of itself, once all of it was read: what is damaged goes into no database."""
    try:
        with opened(file, key) as whole:
            with unpacked(whole) as (made, content):
                _read_all(content)
            _read_all(whole)
    except (tarfile.TarError, KeyError, ValueError, OSError):
        raise NoBackup(f"{file.name} is no backup of this panel, or it is damaged.") from None
    return made


def _read_all(content: IO[bytes]) -> None:
    while content.read(PIECE):
        pass


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """Inside, a process that is told to end leaves by the exits of its blocks, and with it what it started."""
    before = {number: signal.signal(number, lambda said, _: sys.exit(128 + said)) for number in ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
