"""The rows of a worksheet of an XLSX file, from a process of its own (child.py).

A file that is opened again, as an upload is for its columns and for its preview, is unpacked once: what the process
said is kept in a file beside it.
"""

import contextlib
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from backoffice.exchange import formulas
from backoffice.exchange.reading import archives, limits
from backoffice.exchange.reading.long_cells import line_of_long_cell
from backoffice.exchange.reading.table import FileError, Row

CHILD = Path(__file__).with_name("child.py")
NUL = "\\u0000"  # as JSON writes it
LARGER = (
    2  # times what is read of a workbook: a letter beyond ASCII takes six bytes in JSON, and three in memory
)


class Workbook:
    """A workbook that is being read. The process ends with the last row, with `close`, or with this object.

    `unpacked` is where its cells are kept, for the caller to remove.
    """

    def __init__(self, path: Path, name: str, sheet: str, unpacked: Path | None = None) -> None:
        self.path, self.name = path, name
        self.process: subprocess.Popen[str] | None = None
        self.said: IO[str]
        self.close: Callable[[], object] = lambda: None
        if unpacked is None:
            archives.check(path, name)
            self._start(path, sheet)
        else:
            if not _holds(unpacked, sheet):
                archives.check(path, name)
                self._unpack(path, sheet, unpacked)
            self.said = unpacked.open(encoding="ascii")
            self.close = weakref.finalize(self, self.said.close)
        told = self._told()
        if not isinstance(told, dict):
            raise self._died()
        self.sheets: list[str] = told["sheets"]
        self.sheet: str = told["sheet"]
        self.since_1904: bool = told.get("since_1904", False)

    def _start(self, path: Path, sheet: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603  # our own program, no shell
            _command(path, sheet),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
        )
        assert self.process.stdout
        self.said = self.process.stdout
        self.close = weakref.finalize(self, _end, self.process)

    def _unpack(self, path: Path, sheet: str, unpacked: Path) -> None:
        """All that the process says into the file, which is there when it is whole."""
        draft = unpacked.with_name(f"{unpacked.name}.{get_random_string(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                done = subprocess.run(  # noqa: S603
                    [*_command(path, sheet), str(LARGER * settings.IMPORT_MEMORY_MB)],
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.DEVNULL,
                    check=False,
                )
            if done.returncode:
                raise self._wrong("memory", "")
            draft.replace(unpacked)
        finally:
            draft.unlink(missing_ok=True)

    def rows(self) -> Iterator[Row]:
        """The rows as they stand."""
        try:
            while told := self._told():
                yield from enumerate(told[1], told[0])
            if self.process and self.process.wait():
                raise self._died()
        finally:
            self.close()

    def _told(self) -> Any:
        """The next thing that the process says; None at its end. What it says is wrong is raised."""
        line = self.said.readline()
        if not line.endswith("\n"):
            return None
        told = json.loads(formulas.restore_unprintable(line) if "_xFFF" in line else line)
        if isinstance(told, dict) and "wrong" in told:
            self.close()
            raise self._wrong(told["wrong"], told["detail"])
        if NUL in line and isinstance(told, list):
            self._refuse_nul(*told)
        return told

    def _refuse_nul(self, first: int, rows: list[list[str]]) -> None:
        """No database takes one in a text; a workbook writes it as _x0000_."""
        for number, cells in enumerate(rows, first):
            for column, cell in enumerate(cells, 1):
                if "\0" in cell:
                    self.close()
                    place = {"line": number, "column": column, "file": self.name}
                    raise FileError(
                        _(
                            "The cell in line %(line)d, column %(column)d of %(file)s holds a NUL character, which no "
                            "text may have. Remove it there."
                        )
                        % place
                    )

    def _died(self) -> FileError:
        """The process said nothing any more: it ran into a limit."""
        self.close()
        return self._wrong("memory", "")

    def _wrong(self, kind: str, detail: str) -> FileError:
        if kind == "password":
            sentence = _("%(file)s is protected by a password. Save it without one.")
        elif kind == "sheet":
            sentence = _("%(file)s has no worksheet of that name. Choose another one.")
        elif kind == "memory":
            if line := line_of_long_cell(self.path):
                return limits.too_long_a_cell(self.name, line)
            sentence = _(
                "%(file)s needs more memory or time than a workbook may take here (%(memory)d MB, %(seconds)d "
                "seconds). Save the sheet as “CSV UTF-8” and choose that file."
            )
        elif kind == "cells":
            return archives.broken(self.name, _("its cells cannot be read"))
        else:
            return archives.broken(self.name, detail)
        most = {"memory": settings.IMPORT_MEMORY_MB, "seconds": settings.IMPORT_SECONDS}
        return FileError(sentence % {"file": self.name, **most})


def _command(path: Path, sheet: str) -> list[str]:
    limits = (str(settings.IMPORT_MEMORY_MB), str(settings.IMPORT_SECONDS))
    return [sys.executable, "-P", str(CHILD), str(path.absolute()), sheet, *limits]


def _holds(unpacked: Path, sheet: str) -> bool:
    """Whether the cells of this worksheet are kept there."""
    with contextlib.suppress(OSError, ValueError), unpacked.open(encoding="ascii") as file:
        return bool(sheet) and json.loads(file.readline()).get("sheet") == sheet
    return False


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    if process.stdout:
        process.stdout.close()
    process.wait()
