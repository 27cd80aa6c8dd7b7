"""Cells that a spreadsheet would take for a formula.

On the way out a cell that begins with one of SIGNS gets an apostrophe in front; on the way in it loses it again. So
that no value is altered by the two, one that begins with apostrophes and then a sign gets one more.
"""

import re

SIGNS = "=+\\-@\t\r\0"
ESCAPED = re.compile(f"'+[{SIGNS}]")
NAMES = {"\ufffe": "_xFFFE_", "\uffff": "_xFFFF_"}
UNPRINTABLE = re.compile("[\ufffe\uffff]|_xFFF[EF]_")
NAMED = re.compile("(_x005F)?(_xFFF[EF]_)")
DANGEROUS = re.compile(f"'*[{SIGNS}]")


def escape(text: str) -> str:
    """For CSV, where a cell is what its first character makes it."""
    return f"'{text}" if DANGEROUS.match(text) else text


def escape_typed(text: str) -> str:
    """For XLSX, where a text is a text: only what would be restored needs the apostrophe."""
    return f"'{text}" if ESCAPED.match(text) else text


def escape_unprintable(text: str) -> str:
    """For XLSX: its XML cannot hold the two last characters of the plane, and its readers do not restore them."""
    return UNPRINTABLE.sub(lambda found: NAMES.get(found[0], "_x005F" + found[0]), text)


def restore_unprintable(text: str) -> str:
    """In the JSON of what a reader of XLSX says."""
    return NAMED.sub(lambda found: found[2] if found[1] else f"\\u{found[2][2:6].lower()}", text)


def restore(text: str) -> str:
    """What the text was before either of the two."""
    return text[1:] if text[:1] == "'" and ESCAPED.match(text) else text
