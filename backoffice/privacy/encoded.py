"""Texts that hold others: JSON, a form that was sent, what was signed. Their escapes stand where a word begins."""

import json
import re
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.core.signing import b64_decode

_SIGNED = re.compile(r"(\.?)([\w-]{8,}):[\w-]+:[\w-]+", re.ASCII)
MOST_UNPACKED = 10_000_000  # bytes


class Held(NamedTuple):
    value: Any
    write: Callable[[Any], str]  # the text that holds another value


def held(text: str, removed: str) -> Held | None:
    """What the whole text says that it holds. What was signed is nothing any more once it is changed: `removed`.

    Raises ValueError for what only looks so.
    """
    if "\\" in text and text.lstrip()[:1] in ("[", "{", '"'):
        return Held(json.loads(text), json.dumps)
    if "%" in text:
        pairs = [list(pair) for pair in parse_qsl(text, keep_blank_values=True)]
        return Held(pairs, _form) if _form(pairs) == text else None
    if signed := _SIGNED.fullmatch(text):
        return Held(json.loads(_unpacked(*signed.groups())), lambda _value: removed)
    return None


def _form(pairs: list[list[str]]) -> str:
    return urlencode([(name, value) for name, value in pairs])


def _unpacked(dot: str, payload: str) -> bytes:
    packed = b64_decode(payload.encode())
    try:
        return zlib.decompressobj().decompress(packed, MOST_UNPACKED) if dot else packed
    except zlib.error as error:
        raise ValueError(payload) from error
