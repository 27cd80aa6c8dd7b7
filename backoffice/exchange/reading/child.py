"""A process of its own that reads one worksheet: whatever goes wrong inside the reader, the panel does not go with it.

    python -P child.py PATH SHEET MEGABYTES SECONDS [MEGABYTES]

It may use so much memory and time, and write nothing but its answer, of so many megabytes where that goes to a file:
a line of JSON with the names of the sheets or with what is wrong, then one with some rows each, as
[number of the first row, [[cell, …], …]].
"""

import datetime
import html
import json
import re
import resource
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any
from xml.etree import ElementTree

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
ERROR_MARK = "\u2060"  # as in cells.py: what was typed as text has none
PIECE = 1 << 20  # bytes, or characters
ERRORS = (b't="e"', b"t='e'")
ERROR = re.compile(rb"""t=["']e["']""")
ROW = re.compile(rb"""<(?:\w+:)?row(?=[\s>])(?:[^>]{0,500}?\br=["'](\d{1,7})["'])?""")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])[^>]{0,500}>")
PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
END = re.compile(rb"</(?:\w+:)?c>")
VALUE = re.compile(rb"<(?:\w+:)?v>(#[A-Z][A-Z0-9/!?_]{0,18})<")
FORMULAS = (b"<f", b":f")
WITHOUT_VALUE = re.compile(
    rb"f(?:>|\s[^<>]{0,300}/>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
AS_TEXT = re.compile(rb"""\st=["']str["']""")  # of such a formula nothing is what came out
Errors = dict[int, list[tuple[int, str]]]  # place and text by row
FORMAT = re.compile(rb"<(?:\w+:)?numFmt(?=\s)[^>]{0,500}>")
CODE = re.compile(rb"""\bformatCode=(["'])(.{1,300}?)\1""")
# Zeros, which fill a number up, and in front of them what begins with a letter: 42 is E00042 by "E"00000.
SHAPE = re.compile(r"""((?:"[\w./-]{1,20}"|\\[\w./-]){0,20})(0{1,255})""")
NUMBER = re.compile(rb"""\bnumFmtId=["'](\d+)["']""")
STYLES = re.compile(rb"<(?:\w+:)?cellXfs(?=[\s>]).*?</(?:\w+:)?cellXfs>", re.DOTALL)
STYLE = re.compile(rb"<(?:\w+:)?xf(?=[\s/>])[^>]{0,500}>")
# A cell that holds a number, as every spreadsheet writes it: looser, it would take as long as all the rest.
IN_STYLE = rb"""r=["']([A-Z]{1,3})(\d{1,7})["'](?: t=["']n["'])? s=["'](%s)["'](?: t=["']n["'])?/?>"""
TAG = 1 << 10  # bytes, at most
SHAPES = 255  # of which a byte tells
Shape = tuple[str, int]  # what is shown in front of a number, and how many digits it has at least
Digits = dict[int, bytearray]  # which shape a number has, counted from 1: by column, then by row


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


def named(workbook: CalamineWorkbook) -> list[str]:
    """The worksheets that can be chosen."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return shown or [sheet.name for sheet in sheets]


def chosen(workbook: CalamineWorkbook, names: list[str], said: str) -> CalamineSheet:
    """The worksheet that was said; else the first one of these that holds a table."""
    if not names and not said:
        raise WorksheetNotFound("none")
    first = workbook.get_sheet_by_name(said or names[0])
    if said or is_table(first):
        return first
    others = (workbook.get_sheet_by_name(name) for name in names[1:])
    return next(filter(is_table, others), first)


def is_table(sheet: CalamineSheet) -> bool:
    """A cover has a title, or a note. Both numbers are those of the last row and column, counted from 0."""
    return bool(sheet.total_height > 0 and sheet.total_width > 0)


def part_of(book: zipfile.ZipFile, sheet: str) -> str:
    """The part of the workbook that holds this worksheet."""
    names = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314  # no document types get here
    links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    named = (element for element in names.iter() if element.get("sheetId") and element.get("name") == sheet)
    key = next((value for element in named for name, value in element.items() if name.endswith("}id")), "")
    target = next((str(link.get("Target")) for link in links if link.get("Id") == key), "")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def counts_from_1904(path: str) -> bool:
    """Whether the numbers of days are those of old Excels for the Mac. The reader minds it where a cell is a day."""
    with zipfile.ZipFile(path) as book:
        names = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
    said = (each.get("date1904") for each in names.iter() if each.tag.endswith("}workbookPr"))
    return any(value in ("1", "true") for value in said)


def errors_in(path: str, sheet: str) -> Errors:
    """The cells of a worksheet that hold an error like #N/A, or a formula that nobody worked out: the reader takes them
    for empty.
    """
    found: Errors = {}
    with zipfile.ZipFile(path) as book:
        part = part_of(book, sheet)
        if part not in book.namelist():
            return found
        with book.open(part) as text:
            rest, last = b"", 0
            while piece := text.read(PIECE):
                rest += piece
                end = rest.rfind(b"<row") if len(rest) < 8 * PIECE else len(rest)
                last = note_errors(rest[: max(end, 0)], last, found)
                rest = rest[max(end, 0) :]
            note_errors(rest, last, found)
    return found


def note_errors(text: bytes, last: int, found: Errors) -> int:
    """The number of the last row; that before the text was `last`. A row need not say it, nor a cell its place."""
    held = holds_errors(text)
    final = ROW.match(text, max(text.rfind(b"<row"), 0))
    if final and final[1] and not held:
        return int(final[1])
    start = 0
    for match in ROW.finditer(text):
        note_errors_of_row(text[start : match.start()], last, found)
        start, last = match.end(), int(match[1]) if match[1] else last + 1
    note_errors_of_row(text[start:], last, found)
    return last


def holds_errors(text: bytes) -> bool:
    if any(sign in text for sign in ERRORS):
        return True
    return any(sign in text for sign in FORMULAS) and WITHOUT_VALUE.search(text) is not None


def note_errors_of_row(text: bytes, row: int, found: Errors) -> None:
    if not holds_errors(text):
        return
    place = 0
    for cell in CELL.finditer(text):
        place += 1
        if said := PLACE.search(cell[0]):
            place, row = place_of(said[1]), int(said[2])
        below = None if cell[0].endswith(b"/>") else END.search(text, cell.end())
        inside = text[cell.end() : below.start()] if below else b""
        if ERROR.search(cell[0]):
            value = VALUE.search(inside)
            told = value[1].decode("ascii", "ignore") if value else "#VALUE!"
            found.setdefault(row, []).append((place - 1, ERROR_MARK + told))
        elif below and WITHOUT_VALUE.search(inside + below[0]) and not AS_TEXT.search(cell[0]):
            found.setdefault(row, []).append((place - 1, ERROR_MARK + "#="))


def place_of(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place


def shape_of(code: bytes) -> Shape | None:
    """Of a number format; None for one that shows a number as it is, or as no key looks."""
    if not (match := SHAPE.fullmatch(html.unescape(code.decode("utf-8", "replace")))):
        return None
    before, zeros = re.sub(r'["\\]', "", match[1]), len(match[2])
    return (before, zeros) if zeros > 1 and (not before or before[0].isalpha()) else None


def shapes_of_styles(book: zipfile.ZipFile) -> dict[bytes, Shape]:
    """The shapes of numbers in cells of these styles: 42 is 00042 by 00000."""
    part = "xl/styles.xml"
    text = book.read(part) if part in book.namelist() else b""
    shown: dict[bytes, Shape] = {}
    for each in FORMAT.finditer(text):
        code, number = CODE.search(each[0]), NUMBER.search(each[0])
        if code and number and (shape := shape_of(code[2])):
            shown[number[1]] = shape
    styles = STYLES.search(text) if shown else None
    numbers = [NUMBER.search(style) for style in STYLE.findall(styles[0])] if styles else []
    return {
        b"%d" % place: shown[number[1]]
        for place, number in enumerate(numbers)
        if number and number[1] in shown
    }


def digits_in(path: str, sheet: str) -> tuple[Digits, list[Shape]]:
    """Of the numbers of a worksheet, and their shapes: the reader forgets how they are shown."""
    found: dict[bytes, bytearray] = defaultdict(bytearray)
    with zipfile.ZipFile(path) as book:
        styles, part = shapes_of_styles(book), part_of(book, sheet)
        shapes = list(dict.fromkeys(styles.values()))[:SHAPES]
        places = {style: shapes.index(shape) + 1 for style, shape in styles.items() if shape in shapes}
        if not styles or part not in book.namelist():
            return {}, []
        styled = re.compile(IN_STYLE % b"|".join(styles))
        with book.open(part) as text:
            rest = b""
            while piece := text.read(PIECE):
                rest += piece
                for letters, number, style in styled.findall(rest):
                    rows, row = found[letters], int(number)
                    rows.extend(bytes(max(row + 1 - len(rows), 0)))
                    rows[row] = places.get(style, 0)
                rest = rest[-TAG:]
    return {place_of(letters) - 1: rows for letters, rows in found.items()}, shapes


def fill_up(rows: list[list[str]], number: int, digits: Digits, shapes: list[Shape]) -> None:
    """With zeros and what stands before them, the numbers in these rows, of which the first one has this number."""
    for place, shown in digits.items():
        for row, shape in zip(rows, shown[number : number + len(rows)], strict=False):
            if shape and place < len(row) and row[place].isdecimal():
                before, least = shapes[shape - 1]
                row[place] = before + row[place].zfill(least)


def chunks(
    rows: Iterator[list[Any]], errors: Errors, digits: Digits, shapes: list[Shape]
) -> Iterator[list[Any]]:
    number, size = 1, FIRST
    while some := some_of(rows, size):
        fill_up(some, number, digits, shapes)
        for row in errors.keys() & range(number, number + len(some)) if errors else ():
            for place, text in errors[row]:
                if place < len(some[row - number]):
                    some[row - number][place] = text
        yield [number, some]
        number += len(some)
        size = ROWS


def some_of(rows: Iterator[list[Any]], most: int) -> list[list[str]]:
    """So many rows as texts; fewer where they are long."""
    some: list[list[str]] = []
    size = 0
    for row in islice(rows, most):
        some.append([cell if type(cell) is str else as_text(cell) for cell in row])
        size += sum(map(len, some[-1]))
        if size >= PIECE:
            break
    return some


def forgotten_in(path: str, sheet: str) -> tuple[Errors, Digits, list[Shape]]:
    """What the reader does not tell of the cells of a worksheet."""
    return errors_in(path, sheet), *digits_in(path, sheet)


def main(path: str, said: str) -> None:
    workbook = CalamineWorkbook.from_path(path)
    sheets = named(workbook)
    likely = said or next(iter(sheets), "")
    with ThreadPoolExecutor(1) as beside:  # the reader leaves Python to others while it reads
        forgotten = beside.submit(forgotten_in, path, likely)
        sheet = chosen(workbook, sheets, said)
        facts = {"sheets": sheets, "sheet": sheet.name, "rows": sheet.total_height}
        say({**facts, "since_1904": counts_from_1904(path)})
        if sheet.name != likely:
            forgotten = beside.submit(forgotten_in, path, sheet.name)
        for chunk in chunks(sheet.iter_rows(), *forgotten.result()):
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
    except (
        CalamineError,
        ElementTree.ParseError,
        zipfile.BadZipFile,
        KeyError,
        OSError,
        ValueError,
    ) as error:
        wrong("broken", error)
    except BaseException as error:  # a panic inside the reader is no Exception
        wrong("cells", type(error).__name__)
