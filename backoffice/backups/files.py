"""The file of a backup: a tar with `contents.json` and `dump`."""

import json
import os
import tarfile
from pathlib import Path
from typing import Any

CONTENTS, DUMP = "contents.json", "dump"


class NoBackup(Exception):
    """A backup that cannot be made or restored; the text is a sentence for whoever asked for it."""


def pack(file: Path, folder: Path, contents: dict[str, Any]) -> None:
    (folder / CONTENTS).write_text(json.dumps(contents, indent=1))
    with tarfile.open(file, "w") as tar:
        for name in (CONTENTS, DUMP):
            tar.add(folder / name, arcname=name)


def unpack(file: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(file) as tar:
            for name in (CONTENTS, DUMP):
                tar.extract(name, folder, filter="data")
        contents: dict[str, Any] = json.loads((folder / CONTENTS).read_text())
    except (tarfile.TarError, KeyError, ValueError, OSError):
        raise NoBackup(f"{file.name} is no backup of this panel, or it is damaged.") from None
    return contents


def private(path: Path) -> Path:
    """A new file that nobody else can read, before anything is in it."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    return path
