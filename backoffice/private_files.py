"""Files and folders of ours, wherever they are: what somebody else put in their place is not used."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

EVERYBODY = stat.S_IWOTH


def new(path: Path) -> BinaryIO:
    """An empty file, to be written, for its owner alone; what is there goes, and a link is not followed."""
    while True:
        path.unlink(missing_ok=True)
        with suppress(FileExistsError):  # somebody else does the same
            way = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            return os.fdopen(os.open(path, way, 0o600), "wb")


def why_not_ours(folder: Path) -> str:
    """Why somebody else may decide what is in a folder: "… which …"; empty where nobody may.

    Groups may write: they are how containers share a volume.
    """
    if folder.is_symlink():
        return "is a link"
    if folder.stat().st_mode & EVERYBODY:
        return "everybody may write into"
    if any(_is_strangers(place) for place in (folder.absolute(), *folder.absolute().parents)):
        return "somebody else made in a place for everybody"
    return ""


def _is_strangers(place: Path) -> bool:
    return bool(place.parent.stat().st_mode & EVERYBODY) and place.lstat().st_uid not in (os.getuid(), 0)
