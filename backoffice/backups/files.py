"""The file of a backup: a tar with `contents.json` and `dump`, and the folders in which work on it lies."""

import fcntl
import io
import json
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

CONTENTS, DUMP = "contents.json", "dump"
WORK = ".unfinished-backup-"


class NoBackup(Exception):
    """A backup that cannot be made or restored; the text is a sentence for whoever asked for it."""


def pack(whole: IO[bytes], contents: dict[str, Any], dump: IO[bytes], size: int) -> None:
    text = json.dumps(contents, indent=1).encode()
    with tarfile.open(fileobj=whole, mode="w|") as tar:
        for name, content, length in ((CONTENTS, io.BytesIO(text), len(text)), (DUMP, dump, size)):
            member = tarfile.TarInfo(name)
            member.size = length
            tar.addfile(member, content)


@contextmanager
def unpacked(whole: IO[bytes]) -> Iterator[tuple[dict[str, Any], IO[bytes]]]:
    """What it says of itself, and the dump, to be read once. Raises TarError or ValueError where it is no backup."""
    with tarfile.open(fileobj=whole, mode="r|") as tar:
        contents: dict[str, Any] = json.load(_next(tar, CONTENTS))
        yield contents, _next(tar, DUMP)


def _next(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    member = tar.next()
    content = tar.extractfile(member) if member and member.name == name and member.isreg() else None
    if content is None:
        raise tarfile.ReadError(f"no {name}")
    return content


def private(path: Path) -> Path:
    """A new file that nobody else can read, before anything is in it."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    return path


def is_no_file(path: Path) -> bool:
    """Whether something else is there: a folder, a device, a pipe."""
    with suppress(OSError):  # nothing is there, or nobody may look
        return not stat.S_ISREG(path.stat().st_mode)
    return False


@contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A folder on the same disk, closed to others; those that were left by whoever was killed are removed."""
    place = file.resolve().parent
    try:
        with _used(place), tempfile.TemporaryDirectory(prefix=WORK, dir=place) as name:
            yield Path(name)
    except OSError as error:
        raise NoBackup(f"{error.filename or file} cannot be written or read: {error.strerror}.") from error


@contextmanager
def _used(place: Path) -> Iterator[None]:
    """Inside, nobody takes a folder in there for one that was left."""
    lock = os.open(place, os.O_RDONLY)
    try:
        with suppress(OSError):  # others are at work there, or the disk knows no locks
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in place.glob(f"{WORK}*"):
                shutil.rmtree(left, ignore_errors=True)
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)
