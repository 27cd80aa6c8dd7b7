"""A file that a command imports, kept as an upload is: so its page in the panel and a purge of people find it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from backoffice.exchange import FileError, Sheet
from backoffice.imports import uploads
from backoffice.imports.models import Import
from backoffice.operations.current import command

PIECE = 1 << 20


@contextmanager
def brought(sheet: Sheet, path: Path) -> Iterator[Import]:
    """The import of a copy of the file, which goes unless the import is saved inside. Raises FileError."""
    try:
        with path.open("rb") as file:
            stored = uploads.store(iter(lambda: file.read(PIECE), b""), path.name)
    except OSError as error:
        raise FileError(
            _("%(file)s cannot be read: %(reason)s.") % {"file": path.name, "reason": error.strerror or error}
        ) from None
    batch = Import(sheet=sheet.name, file_name=path.name[-200:], sha256=stored.sha256, size=stored.size)
    batch.stored, batch.actor_name = stored.name, command()
    is_saved = False
    try:
        yield batch
        is_saved = batch.state == Import.State.APPLIED
    finally:
        if not is_saved:
            uploads.remove(batch)
