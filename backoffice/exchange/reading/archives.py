"""Whether the ZIP archive that an XLSX file is can be unpacked safely: decided before anything is unpacked.

The directory at the end of the archive says how many parts there are and how large each will be. It may lie, so each
part is then inflated piece by piece into nothing, and never further than the directory says.
"""

import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.exchange.reading.table import FileError

PARTS = 2000
DIRECTORY = 1 << 20  # bytes
RATIO = 200  # a sheet of equal rows is packed 1:100
SMALL = 1 << 20  # whatever its ratio, this is harmless
PROLOG = 1 << 16  # bytes before the first element
PIECE = 1 << 20

END, END64, LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"


def check(path: Path, name: str) -> None:
    """Raise FileError unless the file is an XLSX workbook of bearable size."""
    with path.open("rb") as file:
        _check_directory(file, name)
        try:
            with zipfile.ZipFile(file) as archive:
                _check(archive, file, name)
        except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError) as error:
            raise broken(name, str(error)) from None


def broken(name: str, reason: str) -> FileError:
    return FileError(
        _(
            "%(file)s is broken: %(reason)s. Open it in a spreadsheet program and save it again, or send it anew."
        )
        % {"file": name, "reason": reason.rstrip(".") or "?"}
    )


def _bomb(name: str) -> FileError:
    return FileError(
        _(
            "%(file)s would unpack to more than is read here (%(limit)s MB, or %(ratio)d times its size). "
            "Save it as “CSV UTF-8”."
        )
        % {"file": name, "limit": f"{settings.IMPORT_UNPACKED_BYTES >> 20:,}", "ratio": RATIO}
    )


def _check_directory(file: BinaryIO, name: str) -> None:
    """Count the parts before the directory is read: each costs half a kilobyte of memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557 - 20))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise broken(name, _("its end is missing"))
    parts, length = struct.unpack_from("<HL", tail, at + 10)
    if at >= 20 and tail[at - 20 : at - 16] == LOCATOR64:
        file.seek(min(struct.unpack_from("<Q", tail, at - 12)[0], size))
        end = file.read(56)
        if len(end) < 56 or not end.startswith(END64):
            raise broken(name, _("its directory is missing"))
        parts, length = struct.unpack_from("<Q", end, 32)[0], struct.unpack_from("<Q", end, 40)[0]
    if parts > PARTS or length > DIRECTORY:
        raise FileError(
            _("%(file)s holds more than %(limit)s parts: this is no workbook. Save it as “CSV UTF-8”.")
            % {"file": name, "limit": f"{PARTS:,}"}
        )
    file.seek(0)


def _check(archive: zipfile.ZipFile, file: BinaryIO, name: str) -> None:
    parts = archive.infolist()
    names = {part.filename.lower() for part in parts}
    if "xl/workbook.xml" not in names:
        raise _no_workbook(names, name)
    if len(names) != len(parts):
        raise broken(name, _("two of its parts have the same name"))
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > settings.IMPORT_UNPACKED_BYTES or packed > file.seek(0, 2):
        raise _bomb(name)
    for part in parts:
        if part.file_size > max(SMALL, RATIO * part.compress_size):
            raise _bomb(name)
    for part in parts:
        _check_part(part, file, name)


def _no_workbook(names: set[str], name: str) -> FileError:
    kind = _("an archive (ZIP)")
    if "xl/workbook.bin" in names:
        kind = _("a binary Excel file (.xlsb)")
    elif "word/document.xml" in names:
        kind = _("a text document (Word)")
    elif "ppt/presentation.xml" in names:
        kind = _("a presentation (PowerPoint)")
    elif "content.xml" in names:
        kind = _("an OpenDocument file (.ods)")
    return FileError(
        _("%(file)s is %(kind)s, which is not read here. Save it as XLSX or as “CSV UTF-8”.")
        % {"file": name, "kind": kind}
    )


def _check_part(part: zipfile.ZipInfo, file: BinaryIO, name: str) -> None:
    """Inflate a part into nothing, and no further than was said; look for a DTD before its first element."""
    if part.flag_bits & 1:
        raise broken(name, _("a part of it is encrypted"))
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise broken(name, _("it is packed in an unknown way"))
    file.seek(part.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
        raise broken(name, _("a part of it is missing"))
    file.seek(sum(struct.unpack_from("<HH", header, 26)), 1)
    inflater = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    left, size, prolog, checksum = part.compress_size, 0, b"", 0
    while left > 0 and (piece := file.read(min(left, PIECE >> 4))):
        left -= len(piece)
        while piece:
            inflated = inflater.decompress(piece, PIECE) if inflater else piece
            piece = inflater.unconsumed_tail if inflater else b""
            size += len(inflated)
            checksum = zlib.crc32(inflated, checksum)
            if size > part.file_size:
                raise _bomb(name)
            if len(prolog) < PROLOG:
                prolog += inflated[:PROLOG]
    if size != part.file_size or checksum != part.CRC:
        raise broken(name, _("a part of it is missing or altered"))
    if part.filename.lower().endswith((".xml", ".rels")):
        _refuse_dtd(prolog, name)


class _Reached(Exception):
    """The first element: no DTD can follow."""


def _refuse_dtd(prolog: bytes, name: str) -> None:
    """A DTD can make a few bytes mean gigabytes, or other files; no spreadsheet program writes one."""
    parser = expat.ParserCreate()

    def refuse(*arguments: object) -> None:
        raise FileError(
            _("%(file)s holds a document type declaration, which no spreadsheet has. Save it as “CSV UTF-8”.")
            % {"file": name}
        )

    def reach(*arguments: object) -> None:
        raise _Reached

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = reach
    try:
        parser.Parse(prolog, False)
    except _Reached:
        return
    except expat.ExpatError as error:
        raise broken(name, expat.ErrorString(error.code)) from None
    except (LookupError, ValueError):  # it names one that Python lacks, or that expat cannot take from it
        raise broken(name, _("a part of it is in an unknown encoding")) from None
    raise broken(name, _("a part of it has no content"))
