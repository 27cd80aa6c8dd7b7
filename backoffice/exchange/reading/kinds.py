"""What a file is, by its first bytes; whatever is not a table gets the sentence that says so."""

from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.exchange.reading.table import FileError

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Excel files, and new ones behind a password
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
HEAD = 4096

OTHERS = [
    (b"%PDF-", gettext_lazy("a PDF file")),
    (b"\xff\xd8\xff", gettext_lazy("a picture (JPEG)")),
    (b"\x89PNG", gettext_lazy("a picture (PNG)")),
    (b"GIF8", gettext_lazy("a picture (GIF)")),
    (b"BM", gettext_lazy("a picture (BMP)")),
    (b"II*\0", gettext_lazy("a picture (TIFF)")),
    (b"MM\0*", gettext_lazy("a picture (TIFF)")),
    (b"{\\rtf", gettext_lazy("a text document (RTF)")),
    (b"\x1f\x8b", gettext_lazy("an archive (gzip)")),
    (b"7z\xbc\xaf\x27\x1c", gettext_lazy("an archive (7-Zip)")),
    (b"Rar!", gettext_lazy("an archive (RAR)")),
    (b"\x28\xb5\x2f\xfd", gettext_lazy("an archive (Zstandard)")),
    (b"BZh", gettext_lazy("an archive (bzip2)")),
    (b"\xfd7zXZ", gettext_lazy("an archive (xz)")),
    (b"SQLite format 3", gettext_lazy("a database (SQLite)")),
    (b"PAR1", gettext_lazy("a Parquet file")),
    (b"\x7fELF", gettext_lazy("a program")),
    (b"MZ", gettext_lazy("a program")),
]
MARKUP = [
    (b"<!doctype html", gettext_lazy("a web page (HTML)")),
    (b"<html", gettext_lazy("a web page (HTML)")),
    (b"<table", gettext_lazy("a web page (HTML)")),
    (b"<?xml", gettext_lazy("an XML file")),
]


def is_workbook(path: Path, name: str) -> bool:
    """Whether the file is a ZIP archive, as XLSX is; False for what may be CSV. Raises FileError for all else."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith((ZIP, EMPTY_ZIP)):
        return True
    if head.startswith(OLE):
        raise FileError(_behind_a_password(name) if _is_encrypted(path) else _old(name))
    for start, kind in OTHERS:
        if head.startswith(start) and not _is_text(head, start):
            raise not_a_table(name, kind)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    for tag, kind in MARKUP:
        if start.startswith(tag):
            raise not_a_table(name, kind)
    return False


def _is_text(head: bytes, start: bytes) -> bool:
    """Whether a mark of two letters is the beginning of words: “BMW;…” is no picture, “MZ” no program."""
    return start in (b"BM", b"MZ", b"BZh", b"PAR1", b"Rar!", b"GIF8") and b"\0" not in head


def not_a_table(name: str, kind: object) -> FileError:
    return FileError(
        _("%(file)s is %(kind)s, not a table. Save it as XLSX or as “CSV UTF-8” and choose that file.")
        % {"file": name, "kind": kind}
    )


def _is_encrypted(path: Path) -> bool:
    """Whether the directory of the container names the stream that a password hides; it stands near either end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for start in {0, max(0, size - (1 << 20))}:
            file.seek(start)
            if ENCRYPTED in file.read(1 << 20):
                return True
    return False


def _behind_a_password(name: str) -> str:
    return (
        _("%(file)s is protected by a password. Save it without one (Excel: File, Info, Protect Workbook).")
        % {"file": name}
    )  # fmt: skip


def _old(name: str) -> str:
    return (
        _("%(file)s is an Excel file of the old kind (.xls). Save it as XLSX or as “CSV UTF-8”.")
        % {"file": name}
    )  # fmt: skip
