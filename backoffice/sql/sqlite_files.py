"""Whether a file can be the SQLite database that a URL names."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SQLITE_HEADER = b"SQLite format 3\0"


def check_place(name: str, variable: str) -> None:
    """Raises ImproperlyConfigured where SQLite could not make the file, or read and write it."""
    _check_folder(name, variable)
    _check_file(Path(name), variable)


def _check_folder(name: str, variable: str) -> None:
    """SQLite makes its file, and two beside it, but no folder."""
    if name == ":memory:":
        raise ImproperlyConfigured(f"{variable} names no file. Write it as sqlite:////absolute/path.sqlite3.")
    folder = Path(name).resolve().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ImproperlyConfigured(
            f"{variable} puts the SQLite file into {folder}, which is no folder that can be written to. "
            "Create it or name another file."
        )


def _check_file(file: Path, variable: str) -> None:
    """A file that is not there yet, an empty one, or an SQLite database that can be read and written."""
    if not os.path.lexists(file):
        return
    what = _fault(file)
    if what:
        raise ImproperlyConfigured(
            f"{variable} names {file}, which {what}. Name an SQLite database, or a file that is not there yet."
        )


def _fault(file: Path) -> str:
    if file.is_dir():
        return "is a folder"
    if not file.exists():
        return "is a link to nowhere"
    if not file.is_file():
        return "is no ordinary file"
    if not os.access(file, os.R_OK | os.W_OK):
        return "cannot be read and written"
    with file.open("rb") as opened:
        start = opened.read(len(SQLITE_HEADER))
    return "is not an SQLite database" if start not in (b"", SQLITE_HEADER) else ""
