"""What was read of a file, kept beside it from the preview to the deed: as PostgreSQL's COPY takes it.

So a million lines are read and judged cell by cell once. Elsewhere nothing is kept, and the file is read again.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from backoffice import private_files
from backoffice.exchange.reading import FileError
from backoffice.exchange.scratch import PROBLEMS, STAGED, Scratch
from backoffice.progress import reached

PIECE = 1 << 18
ENDINGS = {STAGED: ".rows", PROBLEMS: ".wrong"}


class Kept:
    """The files at `path` with endings of their own; `facts` say what is in them, and are the caller's to keep.

    `of` is what the lines were read from and how: where it differs, what is kept is of no use.
    """

    def __init__(self, path: Path, facts: dict[str, Any], *of: Any) -> None:
        self.path, self.facts = path, facts
        self.of = json.dumps(of)
        self._files: dict[str, tuple[BinaryIO, Any]] = {}

    def fits(self, *how: Any) -> bool:
        """Whether the lines are there, read in this way."""
        return self.facts.get("of") == self._mark(how) and all(file.is_file() for file in self.files.values())

    @property
    def files(self) -> dict[str, Path]:
        return {table: self.path.with_name(self.path.name + ending) for table, ending in ENDINGS.items()}

    def load(self, scratch: Scratch, columns: dict[str, Sequence[str]]) -> int:
        """Fill the tables; how many lines the file had. Raises FileError for files that are not what was kept."""
        for table, file in self.files.items():
            seen = hashlib.sha256()
            scratch.load_from(table, columns[table], _pieces(file, seen))
            if seen.hexdigest() != self.facts["sha256"][table]:
                raise FileError(_("What was read of the file is not kept as it was. Preview it again."))
        return int(self.facts["lines"])

    @contextmanager
    def writing(self, *how: Any) -> Iterator["Kept"]:
        """Inside, `note` is told what goes into the tables. The files stand when it ends well, else there are none."""
        self.remove()
        try:
            with ExitStack() as stack:
                for table, path in self.files.items():
                    self._files[table] = (stack.enter_context(private_files.new(path)), hashlib.sha256())
                yield self
        except BaseException:
            self.remove()
            raise
        sums = {table: seen.hexdigest() for table, (_file, seen) in self._files.items()}
        self.facts |= {"of": self._mark(how), "sha256": sums}

    def note(self, table: str, data: bytes) -> None:
        file, seen = self._files[table]
        file.write(data)
        seen.update(data)

    def remove(self) -> None:
        self.facts.clear()
        for file in self.files.values():
            file.unlink(missing_ok=True)

    def _mark(self, how: Sequence[Any]) -> str:
        return hashlib.sha256(json.dumps([self.of, *how]).encode()).hexdigest()


def _pieces(path: Path, seen: Any) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            seen.update(piece)
            yield piece
            reached("reading", file.tell() / size)
