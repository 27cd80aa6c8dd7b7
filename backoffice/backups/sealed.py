"""A file encrypted piece by piece, so that it may be larger than the memory.

A key for this file alone is derived from BACKUP_KEY. Each piece is sealed (AES-256-GCM) with its number and with
whether it is the last one: a piece that was changed, moved, left out or cut off is noticed.
"""

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backoffice.backups.files import NoBackup, private

MAGIC = b"backoffice sealed 1\n"
PIECE = 1024 * 1024
SALT = 16
TAG = 16
WRONG = "The backup cannot be opened: BACKUP_KEY is another one, or the file was changed or cut off."


@contextmanager
def written(path: Path, key: str) -> Iterator[IO[bytes]]:
    """A new file, of which nothing is written to the disk as it is where there is a key."""
    with private(path).open("wb") as file:
        if not key:
            yield file
            return
        sealer = Sealer(file, key)
        yield cast(IO[bytes], sealer)
        sealer.finish()


@contextmanager
def opened(path: Path, key: str) -> Iterator[IO[bytes]]:
    """What is in the file. Reading raises NoBackup where that is not what was sealed with this key."""
    with path.open("rb") as file:
        if not is_sealed(file):
            if key:
                raise NoBackup(
                    "The backup is not encrypted, and BACKUP_KEY is set: anybody could have written it. Leave "
                    "BACKUP_KEY out if you know where it is from."
                )
            yield file
            return
        if not key:
            raise NoBackup("The backup is encrypted: set BACKUP_KEY to the key that it was made with.")
        yield cast(IO[bytes], io.BufferedReader(Unsealed(file, key)))


def is_sealed(file: IO[bytes]) -> bool:
    start = file.read(len(MAGIC))
    file.seek(0)
    return start == MAGIC


class Sealer:
    """To be written to; the file is whole after `finish`."""

    def __init__(self, sealed: IO[bytes], key: str) -> None:
        salt = os.urandom(SALT)
        sealed.write(MAGIC + salt)
        self._sealed, self._cipher = sealed, _cipher(key, salt)
        self._held, self._number, self._size = bytearray(), 0, 0

    def write(self, content: bytes) -> int:
        self._held += content
        self._size += len(content)
        while len(self._held) > PIECE:  # what is held may be the last piece
            self._seal(is_last=False)
        return len(content)

    def tell(self) -> int:
        return self._size

    def finish(self) -> None:
        self._seal(is_last=True)

    def _seal(self, is_last: bool) -> None:
        piece = bytes(self._held[:PIECE])
        del self._held[:PIECE]
        self._sealed.write(self._cipher.encrypt(_nonce(self._number, is_last), piece, MAGIC))
        self._number += 1


class Unsealed(io.RawIOBase):
    """To be read from."""

    def __init__(self, sealed: IO[bytes], key: str) -> None:
        sealed.seek(len(MAGIC))
        self._cipher = _cipher(key, sealed.read(SALT))
        self._pieces, self._left = _pieces(sealed), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and (found := next(self._pieces, None)):
            self._left = memoryview(self._open(*found))
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _open(self, number: int, piece: bytes, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number, is_last), piece, MAGIC)
        except InvalidTag:
            raise NoBackup(WRONG) from None


def _pieces(sealed: IO[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    piece, number = sealed.read(PIECE + TAG), 0
    while True:
        following = sealed.read(PIECE + TAG)
        yield number, piece, not following
        if not following:
            return
        piece, number = following, number + 1


def _cipher(key: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=MAGIC).derive(key.encode()))


def _nonce(number: int, is_last: bool) -> bytes:
    return struct.pack(">QI", number, is_last)
