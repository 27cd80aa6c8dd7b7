"""Uploads when people are purged: a file that tells of them goes, whoever brought it and whatever became of it.

A file is looked through as text, not as its reader sees it: a name may stand in a sheet that nobody imports. What
cannot be looked through is taken for one that tells of them.
"""

import codecs
import html
import json
import re
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from backoffice.imports import uploads
from backoffice.imports.models import Import, ImportAbsent, ImportProblem
from backoffice.privacy import erase, traces
from backoffice.privacy.needles import Names, Needles
from backoffice.privacy.subjects import Subject

State = Import.State
PIECE = 1 << 20  # bytes
OVERLAP = 400  # characters that are looked at twice, so that no name is cut in two
MOST = 4 << 30  # bytes that a workbook may unpack to
_TAG = re.compile(r"<[^>]*>")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def install() -> None:
    erase.also(gettext_noop("uploads"), _remove)
    traces.also(_telling)


def _telling(needles: Needles) -> Iterator[tuple[str, int, str]]:
    """The uploads that tell of somebody."""
    found = (batch for batch in _kept().iterator() if tells_of(batch, needles))
    return ((Import._meta.label, batch.pk, "stored") for batch in found)


def _kept() -> Any:
    return Import.objects.exclude(stored="").order_by("pk")


def _remove(subject: Subject, keys: Any, called: Names) -> int:
    found = [batch for batch in _kept().iterator() if tells_of(batch, called.log)]
    for batch in found:
        uploads.remove(batch)
    rows = [batch.pk for batch in found]
    ImportProblem.objects.filter(batch__in=rows).delete()
    ImportAbsent.objects.filter(batch__in=rows).delete()
    gone = Import.objects.filter(pk__in=rows)
    gone.exclude(state=State.APPLIED).update(state=State.EXPIRED)
    gone.update(stored="", kept=None, samples={}, purged_at=timezone.now())
    uploads.sweep(received=0)
    return len(found)


def tells_of(batch: Import, needles: Needles) -> bool:
    path = uploads.folder() / batch.stored
    try:
        found = _of_workbook(path) if zipfile.is_zipfile(path) else _of_text(path, batch)
        return any(needles.clean(text) != text for text in chain(_of_page(batch), found))
    except (OSError, ValueError, LookupError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return True


def _of_page(batch: Import) -> Iterator[str]:
    """What its page says beside the file: how rows were before, and what somebody else did to them."""
    yield json.dumps(batch.samples, ensure_ascii=False)
    reasons = ImportProblem.objects.filter(batch=batch.pk).order_by().values_list("reason", flat=True)
    yield from reasons.distinct().iterator()


def _of_text(path: Path, batch: Import) -> Iterator[str]:
    with path.open("rb") as file:
        yield from _pieces(file, batch.reading.get("encoding") or "utf-8")


def _of_workbook(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > MOST:
            raise ValueError("too large")
        for part in parts:
            with archive.open(part) as file:
                wide = file.read(2) in _WIDE
            with archive.open(part) as file:
                for text in _pieces(file, "utf-16" if wide else "utf-8"):
                    yield html.unescape(_TAG.sub(" ", text))


def _pieces(file: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    end = ""
    while piece := file.read(PIECE):
        text = end + decoder.decode(piece)
        yield text
        end = text[-OVERLAP:]
