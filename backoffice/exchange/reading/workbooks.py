"""The rows of a worksheet of an XLSX file, from a process of its own (child.py)."""

import json
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.exchange.reading import archives
from backoffice.exchange.reading.table import FileError, Row

CHILD = Path(__file__).with_name("child.py")


class Workbook:
    """A workbook that is being read. The process ends with the last row, with `close`, or with this object."""

    def __init__(self, path: Path, name: str, sheet: str) -> None:
        archives.check(path, name)
        self.name = name
        limits = (str(settings.IMPORT_MEMORY_MB), str(settings.IMPORT_SECONDS))
        self.process = subprocess.Popen(  # noqa: S603  # our own program, no shell
            [sys.executable, "-P", str(CHILD), str(path.absolute()), sheet, *limits],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
        )
        self.close = weakref.finalize(self, _end, self.process)
        told = self._told()
        if not isinstance(told, dict):
            raise self._died()
        self.sheets: list[str] = told["sheets"]
        self.sheet: str = told["sheet"]

    def rows(self) -> Iterator[Row]:
        """The rows as they stand."""
        try:
            while told := self._told():
                number, rows = told
                yield from enumerate(rows, number)
            if self.process.wait():
                raise self._died()
        finally:
            self.close()

    def _told(self) -> Any:
        """The next thing that the process says; None at its end. What it says is wrong is raised."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line.endswith("\n"):
            return None
        told = json.loads(line)
        if isinstance(told, dict) and "wrong" in told:
            self.close()
            raise self._wrong(told["wrong"], told["detail"])
        return told

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
            sentence = _(
                "%(file)s needs more memory or time than a workbook may take here (%(memory)d MB, %(seconds)d "
                "seconds). Save the sheet as “CSV UTF-8” and choose that file."
            )
        elif kind == "cells":
            return archives.broken(self.name, _("its cells cannot be read"))
        else:
            return archives.broken(self.name, detail)
        limits = {"memory": settings.IMPORT_MEMORY_MB, "seconds": settings.IMPORT_SECONDS}
        return FileError(sentence % {"file": self.name, **limits})


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    if process.stdout:
        process.stdout.close()
    process.wait()
