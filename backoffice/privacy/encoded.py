"""Texts that hold others: JSON, a form that was sent, what was signed. Their escapes stand where a word begins."""

import json
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.core.signing import b64_decode

# A word of letters that is signed, or JSON as it begins: the place of a page in a list.
_LETTER, _OTHER, _JSON = "[A-Za-z0-9_-]", "[^A-Za-z0-9_-]", "(?:W[1-3yz]|e[3wy])"
_PACKED = re.compile(
    rf"(?<!{_LETTER})(?:(\.?)({_LETTER}{{8,}}):{_LETTER}+:{_LETTER}+|({_JSON}{_LETTER}{{6,}}))(?!{_LETTER})"
)
# For a database, which cannot look around: it finds all of them, and some others; the second finds more, more quickly.
PACKED = rf":{_LETTER}+:{_LETTER}|(?:^|{_OTHER}){_JSON}{_LETTER}{{6}}"
LIKE_PACKED = rf":[^:]*:|(?:^|{_OTHER}){_JSON}"
MOST_UNPACKED = 10_000_000  # bytes


class Held(NamedTuple):
    value: Any
    write: Callable[[Any], str]  # the text that holds another value


def held(text: str) -> Held | None:
    """What the whole text says that it holds. Raises ValueError for what only looks so."""
    if "\\" in text and text.lstrip()[:1] in ("[", "{", '"'):
        return Held(json.loads(text), json.dumps)
    if "%" in text:
        pairs = [list(pair) for pair in parse_qsl(text, keep_blank_values=True)]
        return Held(pairs, _form) if _form(pairs) == text else None
    return None


def without_packed(text: str, is_told: Callable[[Any], bool], removed: str) -> str:
    """The text with `removed` for each word of letters in it that packs what `is_told`: changed, it is nothing."""

    def left(found: re.Match[str]) -> str:
        dot, signed, plain = found.groups()
        with suppress(ValueError, RecursionError):
            if is_told(json.loads(_unpacked(dot or "", signed or plain))):
                return removed
        return found[0]

    return _PACKED.sub(left, text)


def _form(pairs: list[list[str]]) -> str:
    return urlencode([(name, value) for name, value in pairs])


def _unpacked(dot: str, payload: str) -> bytes:
    packed = b64_decode(payload.encode())
    try:
        return zlib.decompressobj().decompress(packed, MOST_UNPACKED) if dot else packed
    except zlib.error as error:
        raise ValueError(payload) from error
