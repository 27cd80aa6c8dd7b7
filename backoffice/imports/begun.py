"""That an import is being carried out, for its page to tell: a file beside the upload, locked by who carries it out.

The lock goes with that process, however it ends; the file goes when the deed ends, one way or the other.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple

from backoffice.imports import uploads
from backoffice.imports.models import Import


class Begun(NamedTuple):
    when: datetime
    goes_on: bool  # else the process was killed


@contextmanager
def carrying_out(batch: Import) -> Iterator[None]:
    path = uploads.begun(batch)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)) as file:
        os.utime(file.fileno())
        with suppress(OSError):  # a file system without locks: its page says nothing then
            fcntl.flock(file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with suppress(OSError):  # somebody who pressed twice is still at it
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def begun(batch: Import) -> Begun | None:
    """What somebody began and did not end."""
    path = uploads.begun(batch)
    try:
        with path.open() as file:
            when = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return Begun(when, goes_on=True)
            return Begun(when, goes_on=False)
    except OSError:
        return None
