"""Which encoding a text file has, and the text in it, line by line in bounded memory."""

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.exchange.reading import limits
from backoffice.exchange.reading.kinds import not_a_table
from backoffice.exchange.reading.table import FileError, Misread

WINDOWS = "windows-1252"
ENCODINGS = {
    "utf-8": gettext_lazy("UTF-8"),
    "utf-16-le": gettext_lazy("UTF-16, little-endian"),
    "utf-16-be": gettext_lazy("UTF-16, big-endian"),
    WINDOWS: gettext_lazy("Windows-1252 (Western European)"),
}
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
CHUNK = 1 << 20
WINDOW = 1 << 16
BLOCK = 1 << 16  # characters

STRAY = 20  # control characters that may be somebody's data where there is little else
CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")

# How a letter of several bytes in UTF-8 looks that was read as Windows-1252: “Ã¼” for “ü”. A word may well end in a
# letter beyond ASCII with such a sign behind it, as in «Qualité» or „Großmaß“; only Â and Ã end none.
SIGNS = "»«”“’‘›‹…–—®™©°ºª²³¹·•´†‡\xa0\xad"
TAIL = bytes(range(0x80, 0xC0)).decode(WINDOWS, "ignore")
ODD = "".join(letter for letter in TAIL if letter not in SIGNS)
MISREAD = re.compile(
    f"[ÂÃ][{TAIL}]|[ÄÅ][{TAIL}](?=[a-z])|[Ä-ß][{ODD}]|[à-ï][{ODD}][{TAIL}]|[ð-ô][{ODD}][{TAIL}]{{2}}"
)


def encoding_of(path: Path, name: str) -> str:
    """The encoding that the file seems to have: by its mark, else by its first letters beyond ASCII."""
    with path.open("rb") as file:
        head = file.read(WINDOW)
        for mark, encoding in MARKS.items():
            if head.startswith(mark):
                return encoding
        if wide := _wide(head):
            return wide
        if len(CONTROL.findall(head)) > max(len(head) // 10, min(STRAY, len(head) // 3)):
            raise not_a_table(name, _("a binary file"))
        window = _around_first_letter(file)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(window)
    except UnicodeDecodeError:
        misread = MISREAD.search(window.decode(WINDOWS, "replace"))
        return "utf-8" if misread else WINDOWS  # both of them: the reader says where they mix
    return "utf-8"


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of plain text is 0."""
    even, odd = head[::2], head[1::2]
    if odd.count(0) > len(odd) * 0.4 and not even.count(0):
        return "utf-16-le"
    if even.count(0) > len(even) * 0.4 and not odd.count(0):
        return "utf-16-be"
    return ""


def _around_first_letter(file: BinaryIO) -> bytes:
    """The bytes from the first one on that is not ASCII; to look for it costs a tenth of a second for 500 MB."""
    file.seek(0)
    while chunk := file.read(CHUNK):
        if not chunk.isascii():
            start = next(index for index, byte in enumerate(chunk) if byte > 0x7F)
            return chunk[start : start + WINDOW] + (b"" if len(chunk) > start + WINDOW else file.read(WINDOW))
    return b""


def lines_of(path: Path, name: str, encoding: str, *, detected: bool) -> Iterator[str]:
    """The lines of a text file with their line breaks. They are cut and looked at a block at a time, not one by one."""
    return chain.from_iterable(
        map(_lines, _blocks(path, name, encoding, mixed=detected and encoding == WINDOWS))
    )


def _lines(block: str) -> Iterator[str]:
    return io.StringIO(block, newline="")


def _blocks(path: Path, name: str, encoding: str, *, mixed: bool) -> Iterator[str]:
    """The text in pieces that end where a line ends."""
    number, rest = 1, ""
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as text:
            while piece := text.read(BLOCK):
                block = rest + piece
                end = 1 + max(block.rfind("\n", 0, -1), block.rfind("\r", 0, -2))
                block, rest = block[:end].removeprefix("\ufeff") if number == 1 else block[:end], block[end:]
                if len(rest) > limits.LINE:
                    raise limits.too_long_a_line(name, number + _breaks(block))
                _refuse_odd(block, name, number, mixed=mixed)
                yield block
                number += _breaks(block)
            rest = rest.removeprefix("\ufeff") if number == 1 else rest
            _refuse_odd(rest, name, number, mixed=mixed)
            yield rest
    except UnicodeDecodeError:
        raise _undecodable(path, name, encoding, number) from None


def _breaks(text: str) -> int:
    lone = text.count("\r") - text.count("\r\n") if "\r" in text else 0
    return text.count("\n") + lone


def _refuse_odd(block: str, name: str, number: int, *, mixed: bool) -> None:
    """Refuse what no text has; `number` is that of the first line of the block."""
    at = block.find("\0")
    if at >= 0:
        raise FileError(
            _("Line %(line)d of %(file)s holds a NUL byte: this is no CSV file. Save it as “CSV UTF-8”.")
            % {"line": number + _breaks(block[:at]), "file": name}
        )
    if mixed and not block.isascii() and (misread := MISREAD.search(block)):
        raise _mixed(name, number + _breaks(block[: misread.start()]))


def _mixed(name: str, number: int) -> Misread:
    return Misread(
        _(
            "%(file)s mixes two encodings: line %(line)d is in another one than those before. "
            "Save it as “CSV UTF-8”, or choose the encoding."
        )
        % {"file": name, "line": number}
    )


def _undecodable(path: Path, name: str, encoding: str, reached: int) -> Misread:
    """Where the first byte stands that is not in this encoding."""
    place = {"file": name, "encoding": ENCODINGS[encoding], "line": reached}
    if encoding in ("utf-8", WINDOWS):
        place["line"], place["byte"] = _first_wrong_byte(path, encoding)
        return Misread(
            _(
                "%(file)s is not %(encoding)s throughout: see line %(line)d, byte %(byte)d. "
                "Choose another encoding, or save it as “CSV UTF-8”."
            )
            % place
        )
    return Misread(
        _("%(file)s is not %(encoding)s after line %(line)d. Save it as “CSV UTF-8”.") % place
    )  # fmt: skip


def _first_wrong_byte(path: Path, encoding: str) -> tuple[int, int]:
    decoder = codecs.getincrementaldecoder(encoding)()
    number, start = 1, 0
    with path.open("rb") as file:
        while chunk := file.readline(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return number, start + error.start + 1
            if chunk.endswith(b"\n"):
                number, start = number + 1, 0
            else:
                start += len(chunk)
    return number, start + 1
