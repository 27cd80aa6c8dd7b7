"""What the relations of a file meant when somebody looked, kept beside it: a line in which one means something else by
now is refused.

A department is found by its code or by its name, a manager by an address: all of these can move to another row.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from backoffice import private_files
from backoffice.exchange.missing import PROVISIONAL
from backoffice.exchange.noting import note
from backoffice.exchange.plan import Plan
from backoffice.exchange.reading import FileError
from backoffice.exchange.scratch import STAGED, Scratch

ENDING = ".meant"
CHUNK = 10_000  # texts
# Several rows are none, and one that is to be made is not there yet, whichever number it has for now.
KEY = f"CASE WHEN r.fits > 1 THEN NULL WHEN r.key <= -{PROVISIONAL} THEN 0 ELSE r.key END"


class Meant:
    """The file beside `path`; `digest` is of what is in it, and the caller's to keep."""

    def __init__(self, path: Path, digest: str = "") -> None:
        self.path = path.with_name(path.name + ENDING)
        self.digest = digest

    def keep(self, plan: Plan, tables: dict[str, str]) -> None:
        """`tables` hold what the texts of a column mean, by the name of its field."""
        found = hashlib.sha256()
        with private_files.new(self.path) as file:
            for name, table in tables.items():
                for some in _texts(plan.scratch, table):
                    line = json.dumps([name, some]).encode() + b"\n"
                    file.write(line)
                    found.update(line)
        self.digest = found.hexdigest()

    def compare(self, plan: Plan, tables: dict[str, str]) -> None:
        """Note the lines in which something changed. Raises FileError for a file that is not what was kept."""
        scratch = plan.scratch
        before = {
            name: scratch.table(f"{table}_before", [("text", "text"), ("key", "bigint")], sought=["text"])
            for name, table in tables.items()
        }
        for name, some in self._kept():
            scratch.load(before[name], ["text", "key"], some)
        for name, table in tables.items():
            scratch.known(before[name])
            field = plan.sheet.field(name)
            text = f"s.{scratch.quote(field.attname)}"
            chosen = (
                f"FROM {STAGED} s LEFT JOIN {table} r ON r.text = {text} "
                f"LEFT JOIN {before[name]} b ON b.text = {text} "
                f"WHERE {text} <> '' AND {scratch.differs(KEY, 'b.key')}"
            )
            reason = _("Which %(model)s this means was changed by somebody after the preview.")
            names = {"model": field.related_model._meta.verbose_name}
            note(plan, chosen, "s.line", plan.position(name), reason % names)

    def told(self, name: str, texts: set[str]) -> set[str]:
        """Those of the texts that meant a row."""
        return {text for kept, some in self._kept() if kept == name for text, _key in some if text in texts}

    def _kept(self) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        found = hashlib.sha256()
        if self.path.is_file():
            with self.path.open("rb") as file:
                for line in file:
                    found.update(line)
                    yield json.loads(line)
        if found.hexdigest() != self.digest:
            raise FileError(_("What was read of the file is not kept as it was. Preview it again."))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _texts(scratch: Scratch, table: str) -> Iterator[list[tuple[str, int]]]:
    last = ""
    query = f"SELECT r.text, {KEY} FROM {table} r WHERE r.text > %s ORDER BY r.text LIMIT {CHUNK}"  # noqa: S608
    while some := scratch.rows(query, [last]):
        last = some[-1][0]
        yield some
