"""A process of its own that reads one worksheet: whatever goes wrong inside the reader, the panel does not go with it.

    python -P child.py PATH SHEET MEGABYTES SECONDS [MEGABYTES]

It may use so much memory and time, and write nothing but its answer, of so many megabytes where that goes to a file:
a line of JSON with the names of the sheets or with what is wrong, then one with some rows each, as
[number of the first row, [[cell, …], …]].
"""

import datetime
import json
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

FIRST, ROWS = 60, 1000


def limit(megabytes: int, seconds: int, written: int = 0) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written << 20, written << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def as_text(value: Any) -> str:
    """A cell as an import reads it: days and times in ISO, numbers as a spreadsheet shows them."""
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")
    if kind is datetime.timedelta:
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if kind is datetime.datetime and value.time() == datetime.time.min:
        return value.date().isoformat()  # type: ignore[no-any-return]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def chosen(workbook: CalamineWorkbook, said: str) -> tuple[list[str], CalamineSheet]:
    """The worksheets that can be chosen, and the one that was; else the first one that is shown and holds a table."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    names = shown or [sheet.name for sheet in sheets]
    if not names and not said:
        raise WorksheetNotFound("none")
    first = workbook.get_sheet_by_name(said or names[0])
    if said or is_table(first):
        return names, first
    others = (workbook.get_sheet_by_name(name) for name in names[1:])
    return names, next(filter(is_table, others), first)


def is_table(sheet: CalamineSheet) -> bool:
    """A cover has a title, or a note. Both numbers are those of the last row and column, counted from 0."""
    return bool(sheet.total_height > 0 and sheet.total_width > 0)


def chunks(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    number, size = 1, FIRST
    while some := [
        [cell if type(cell) is str else as_text(cell) for cell in row] for row in islice(rows, size)
    ]:
        yield [number, some]
        number += len(some)
        size = ROWS


def main(path: str, said: str) -> None:
    workbook = CalamineWorkbook.from_path(path)
    sheets, sheet = chosen(workbook, said)
    say({"sheets": sheets, "sheet": sheet.name, "rows": sheet.total_height})
    for chunk in chunks(sheet.iter_rows()):
        say(chunk)


def say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")


def wrong(kind: str, detail: object = "") -> None:
    say({"wrong": kind, "detail": str(detail)[:200]})


if __name__ == "__main__":
    limit(*map(int, sys.argv[3:]))
    try:
        main(sys.argv[1], sys.argv[2])
    except PasswordError:
        wrong("password")
    except WorksheetNotFound:
        wrong("sheet")
    except MemoryError:
        wrong("memory")
    except BrokenPipeError:
        sys.stdout = None  # nobody wants the rest
    except (CalamineError, OSError, ValueError) as error:
        wrong("broken", error)
    except BaseException as error:  # a panic inside the reader is no Exception
        wrong("cells", type(error).__name__)
