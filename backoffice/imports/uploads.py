"""The folder of uploads: readable by its owner alone, each file under a name that says nothing, for some days."""

import fcntl
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from backoffice import private_files
from backoffice.exchange.kept import Kept
from backoffice.exchange.meant import Meant
from backoffice.exchange.reading import FileError
from backoffice.imports.models import Import, ImportAbsent, ImportProblem

State = Import.State
LETTERS = 40  # of the name of an upload; what is kept of it beside it has that name and an ending
STORED = re.compile(rf"[A-Za-z0-9]{{{LETTERS}}}(\.\w+)*", re.ASCII)


# As Django calls what it receives, before it is stored.
RECEIVED = re.compile(r"tmp[a-z0-9_]{8}\.upload(\.\w+)?", re.ASCII)
EXPORT = "export-"  # of the folder in which a workbook is written
EXPORTED = re.compile(rf"{EXPORT}[a-z0-9_]{{8}}", re.ASCII)
HOUR, DAY = 3_600, 86_400  # seconds


class Stored(NamedTuple):
    name: str
    sha256: str
    size: int


def folder() -> Path:
    """Raises ImproperlyConfigured where somebody else could put something into it, or in its place."""
    path = Path(settings.IMPORT_FOLDER)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if reason := private_files.why_not_ours(path):
        raise ImproperlyConfigured(
            f"IMPORT_FOLDER is {str(path)!r}, which {reason}. Name a folder of the user who runs the panel, into which "
            "not everybody may write."
        )
    return path


def store(chunks: Iterable[bytes], name: str, *, most: int | None = None) -> Stored:
    """Raises FileError for what has more bytes than that; nothing is left of it."""
    stored, seen, size = get_random_string(LETTERS), hashlib.sha256(), 0
    path = folder() / stored
    try:
        with private_files.new(path) as file:
            for chunk in chunks:
                size += len(chunk)
                if most is not None and size > most:
                    limits = {"file": name, "limit": f"{most >> 20:,}"}
                    raise FileError(_("%(file)s is larger than %(limit)s MB. Split it.") % limits)
                seen.update(chunk)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Stored(stored, seen.hexdigest(), size)


def path_of(batch: Import) -> Path:
    """Raises FileError where the file is not there any more, or is another one."""
    path = folder() / batch.stored
    if not batch.stored or not path.is_file():
        raise FileError(_("%(file)s is not kept any more. Upload it again.") % {"file": batch.file_name})
    return path


def unpacked(batch: Import) -> Path:
    """Where the cells of a workbook are kept while it is looked at."""
    return folder() / f"{batch.stored}.cells"


def begun(batch: Import) -> Path:
    """What stands there while it is carried out."""
    return folder() / f"{batch.stored}.begun"


def verified(batch: Import) -> Path:
    """What is saved comes from the upload itself, not from what was kept of it unsigned."""
    path = path_of(batch)
    unpacked(batch).unlink(missing_ok=True)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != batch.sha256:
            raise FileError(
                _("%(file)s is not what was uploaded. Upload it again.") % {"file": batch.file_name}
            )
    return path


def kept(batch: Import) -> Kept:
    """What was read of the file for the preview; it holds what the upload holds, and goes with it or before it."""
    batch.kept = {} if batch.kept is None else batch.kept
    return Kept(folder() / batch.stored, batch.kept, batch.sha256, batch.reading, batch.header, batch.mapping)


def meant(batch: Import) -> Meant:
    """What its relations meant in the preview; it goes as that does."""
    return Meant(folder() / batch.stored, batch.samples.get("meant", ""))


def remove(batch: Import) -> None:
    kept(batch).remove()
    meant(batch).remove()
    unpacked(batch).unlink(missing_ok=True)
    begun(batch).unlink(missing_ok=True)
    (folder() / batch.stored).unlink(missing_ok=True)


def expire() -> int:
    """Remove the files that are older than IMPORT_DAYS with what was noted of their rows; how many."""
    before = timezone.now() - timedelta(days=settings.IMPORT_DAYS)
    old = Import.objects.filter(created_at__lt=before).exclude(stored="")
    number = 0
    for batch in old.order_by("pk").iterator():
        remove(batch)
        ImportProblem.objects.filter(batch=batch).delete()
        ImportAbsent.objects.filter(batch=batch).delete()
        state = batch.state if batch.state == State.APPLIED else State.EXPIRED
        Import.objects.filter(pk=batch.pk).update(stored="", kept=None, samples={}, state=state)
        number += 1
    sweep()
    return number


def sweep(*, received: float = DAY) -> None:
    """What a process left that was killed in the middle of an upload or an export: no import knows of it.

    Of what arrives, what is `received` seconds old: whoever still writes or reads it does so without its name.
    """
    known = set(Import.objects.exclude(stored="").values_list("stored", flat=True))
    for path, seen in _entries(folder(), STORED, stat.S_ISREG):
        # An import is noted some seconds after its file.
        if path.name[:LETTERS] not in known and seen.st_mtime < time.time() - HOUR:
            path.unlink(missing_ok=True)
    arriving = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    for path, seen in _entries(arriving, RECEIVED, stat.S_ISREG):
        if seen.st_mtime < time.time() - received:
            path.unlink(missing_ok=True)
    for path, seen in _entries(Path(tempfile.gettempdir()), EXPORTED, stat.S_ISDIR):
        with suppress(FileNotFoundError):
            # Who has just made one locks it next.
            if (any(path.iterdir()) or seen.st_mtime < time.time() - HOUR) and _is_free(path):
                shutil.rmtree(path, ignore_errors=True)


def _entries(
    place: Path, named: re.Pattern[str], kind: Callable[[int], bool]
) -> Iterator[tuple[Path, os.stat_result]]:
    """What is ours by name and owner: the place may be everybody's."""
    for path in place.iterdir():
        if named.fullmatch(path.name):
            with suppress(FileNotFoundError):  # somebody else swept it
                seen = path.lstat()
                if kind(seen.st_mode) and seen.st_uid == os.getuid():
                    yield path, seen


@contextmanager
def export_folder() -> Iterator[Path]:
    """Where a workbook is written: locked for so long, whatever becomes of the process."""
    with tempfile.TemporaryDirectory(prefix=EXPORT) as name, _opened(Path(name)) as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield Path(name)


def _is_free(path: Path) -> bool:
    with _opened(path) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    opened = os.open(path, os.O_RDONLY)
    try:
        yield opened
    finally:
        os.close(opened)
