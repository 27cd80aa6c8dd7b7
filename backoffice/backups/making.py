"""Make a backup of the database, and bring one back."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.utils import timezone

from backoffice.backups.contents import contents, differences
from backoffice.backups.engines import dump, load
from backoffice.backups.files import DUMP, NoBackup, pack, private, unpack
from backoffice.backups.sealed import is_sealed, seal, unseal


def write(connection: Any, file: Path, key: str = "") -> int:
    """Write the backup; how many rows are in it. The file is there when it is complete, and nobody else can read it."""
    with _beside(file) as folder:
        was = dump(connection, private(folder / DUMP))
        made = {"engine": connection.vendor, "made_at": timezone.now().isoformat(), "tables": was}
        whole = private(folder / "whole")
        pack(whole, folder, made)
        if key:
            with whole.open("rb") as plain, private(folder / "sealed").open("wb") as sealed:
                seal(plain, sealed, key)
            whole = folder / "sealed"
        whole.replace(file)
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
    with _beside(file) as folder:
        made = unpack(_opened(file, folder, key), folder)
        if made["engine"] != connection.vendor:
            raise NoBackup(f"The backup is of {made['engine']}, and the database is {connection.vendor}.")
        load(connection, folder / DUMP)
    now = contents(connection)
    if wrong := differences(made["tables"], now):
        raise NoBackup(f"What was restored is not what was backed up. {' '.join(wrong)}")
    return sum(int(number) for number, _ in now.values())


def _opened(file: Path, folder: Path, key: str) -> Path:
    with file.open("rb") as sealed:
        if not is_sealed(sealed):
            if key:
                raise NoBackup(
                    "The backup is not encrypted, and BACKUP_KEY is set: anybody could have written it. Leave "
                    "BACKUP_KEY out if you know where it is from."
                )
            return file
        if not key:
            raise NoBackup("The backup is encrypted: set BACKUP_KEY to the key that it was made with.")
        with private(folder / "whole").open("wb") as plain:
            unseal(sealed, plain, key)
    return folder / "whole"


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A folder on the same disk, closed to others."""
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.resolve().parent) as name:
            yield Path(name)
    except OSError as error:
        raise NoBackup(f"{error.filename or file} cannot be written or read: {error.strerror}.") from error
