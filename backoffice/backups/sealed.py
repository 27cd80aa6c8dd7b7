"""A file encrypted piece by piece, so that it may be larger than the memory.

A key for this file alone is derived from BACKUP_KEY. Each piece is sealed (AES-256-GCM) with its number and with
whether it is the last one: a piece that was changed, moved, left out or cut off is noticed.
"""

import os
import struct
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backoffice.backups.files import NoBackup

MAGIC = b"backoffice sealed 1\n"
PIECE = 1024 * 1024
SALT = 16
TAG = 16
WRONG = "The backup cannot be opened: BACKUP_KEY is another one, or the file was changed or cut off."


def is_sealed(file: IO[bytes]) -> bool:
    start = file.read(len(MAGIC))
    file.seek(0)
    return start == MAGIC


def seal(plain: IO[bytes], sealed: IO[bytes], key: str) -> None:
    salt = os.urandom(SALT)
    sealed.write(MAGIC + salt)
    cipher = _cipher(key, salt)
    piece, number = plain.read(PIECE), 0
    while True:
        following = plain.read(PIECE)
        sealed.write(cipher.encrypt(_nonce(number, not following), piece, MAGIC))
        if not following:
            return
        piece, number = following, number + 1


def unseal(sealed: IO[bytes], plain: IO[bytes], key: str) -> None:
    """Raises NoBackup where that is not what was sealed with this key."""
    sealed.seek(len(MAGIC))
    cipher = _cipher(key, sealed.read(SALT))
    try:
        for number, piece, is_last in _pieces(sealed):
            plain.write(cipher.decrypt(_nonce(number, is_last), piece, MAGIC))
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
