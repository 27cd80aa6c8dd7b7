"""The programs of a database: what they write is read from a pipe, and what they read is written to one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from backoffice.backups.files import NoBackup

PACKAGES = {
    "pg_dump": "the client programs of PostgreSQL (postgresql-client)",
    "pg_restore": "the client programs of PostgreSQL (postgresql-client)",
    "mysqldump": "the client programs of MariaDB (mariadb-client)",
    "mysql": "the client programs of MariaDB (mariadb-client)",
}


@contextmanager
def reading(words: list[str], environment: dict[str, str]) -> Iterator[IO[bytes]]:
    """What the program writes. Raises NoBackup at the end of the block where it failed."""
    with _started(words, environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield process.stdout


def feed(words: list[str], environment: dict[str, str], content: IO[bytes]) -> None:
    """Raises NoBackup where the program failed; one that is stopped midway does not see an end of what it reads."""
    with _started(words, environment, stdin=subprocess.PIPE) as process:
        assert process.stdin
        shutil.copyfileobj(content, process.stdin)
        process.stdin.close()


@contextmanager
def _started(
    words: list[str], environment: dict[str, str], **pipes: Any
) -> Iterator[subprocess.Popen[bytes]]:
    if not shutil.which(words[0]):
        raise NoBackup(f"{words[0]} is not installed. Install {PACKAGES[words[0]]}.")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, env={**os.environ, **environment}, stderr=said, **pipes)  # noqa: S603
        try:
            yield process
        except BrokenPipeError:
            process.wait()  # it has ended, and said why
        except BaseException:
            process.kill()
            raise
        finally:
            process.communicate()
        if process.returncode:
            said.seek(0)
            raise NoBackup(f"{words[0]} failed: {' '.join(said.read().decode(errors='replace').split())}")
