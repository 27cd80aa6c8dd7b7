"""A ZIP file that is made while it is sent: nothing of it is stored, and never more than a page of it in memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder

AT_A_TIME = 200  # rows


class Table(NamedTuple):
    """Rows for people and for machines: NAME.csv and NAME.json. `rows` gives them anew each time."""

    columns: Sequence[str]
    rows: Callable[[], Iterable[Sequence[Any]]]


class _Out(io.RawIOBase):
    """What was written since one last took it. It cannot be rewound, and zipfile does without."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def zipped(files: Iterable[tuple[str, Iterable[str]]]) -> Iterator[bytes]:
    """(name, pieces of text) of each file → pieces of the ZIP."""
    out = _Out()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, pieces in files:
            with archive.open(name, "w") as file:
                for piece in pieces:
                    file.write(piece.encode())
                    if taken := out.take():
                        yield taken
            yield out.take()
    yield out.take()


def as_json(value: Any) -> list[str]:
    return [json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)]


def csv_of(table: Table) -> Iterator[str]:
    yield from _lines([table.columns])
    for part in _parts(table.rows()):
        yield from _lines([[_safe(value) for value in row] for row in part])


def json_of(table: Table) -> Iterator[str]:
    """A list of objects, written one after another."""
    start = "[\n"
    for part in _parts(table.rows()):
        rows = (dict(zip(table.columns, row, strict=True)) for row in part)
        yield start + ",\n".join(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False) for row in rows)
        start = ",\n"
    yield "[]\n" if start == "[\n" else "\n]\n"


def _parts(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    part: list[Sequence[Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == AT_A_TIME:
            yield part
            part = []
    if part:
        yield part


def _lines(rows: Iterable[Sequence[Any]]) -> list[str]:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return [text.getvalue()]


def _safe(value: Any) -> Any:
    """No spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
